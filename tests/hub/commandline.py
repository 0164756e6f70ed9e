"""Parse a command line as the program does, without running it."""

import argparse

from cleannet.cli.main import build_parser


def parse(*arguments: str) -> argparse.Namespace:
    """Return the options of a command line."""
    return build_parser()[0].parse_args(arguments)

"""Find the installed programs, parse the command line and run the chosen command."""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points, version

GROUP = "cleannet.programs"
DONE, REFUSED, WRONG_USE = 0, 1, 2


def build_parser() -> tuple[argparse.ArgumentParser, dict[str, str]]:
    """Return the parser of every program whose requirements are installed, and why each other one is absent."""
    parser = argparse.ArgumentParser(prog="cleannet", description="清网 CleanNet: from logs to a verified takedown.")
    parser.add_argument("--version", action="version", version=f"cleannet {version('cleannet')}")
    programs = parser.add_subparsers(dest="program", metavar="PROGRAM", required=True)
    absent: dict[str, str] = {}
    for entry_point in sorted(entry_points(group=GROUP), key=lambda found: found.name):
        try:
            register = entry_point.load()
        except ModuleNotFoundError as missing:
            if (missing.name or "").startswith("cleannet"):
                raise
            absent[entry_point.name] = missing.name or str(missing)
            continue
        register(programs)
    return parser, absent


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 the rules say no, 2 wrong use."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser, absent = build_parser()
    if arguments and arguments[0] in absent:
        name = arguments[0]
        print(
            f"cleannet {name}: the Python package “{absent[name]}” is missing; install cleannet[{name}].",
            file=sys.stderr,
        )
        return WRONG_USE
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options)
    except BrokenPipeError:
        sys.stderr.close()
        return DONE
    return status

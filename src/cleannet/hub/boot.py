"""Start Django only when a command that needs it runs, so that every other command starts fast and without it."""

import argparse
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

REFUSED, WRONG_USE = 1, 2


def found(target: str) -> Any:
    """Set Django up and return what `target`, given as “module:name”, names; models are imported only after that."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cleannet.hub.settings")
    import_module("django").setup()
    module, name = target.split(":")
    return getattr(import_module(module), name)


def later(target: str) -> Callable[[argparse.Namespace], int]:
    """Return a command that sets Django up and calls `target`, given as “module:function”, with the options.

    Settings that cannot be used end in a sentence each and status 1,
    packages of the hub that are not installed in a sentence and status 2.
    """

    def run(options: argparse.Namespace) -> int:
        try:
            exceptions = import_module("django.core.exceptions")
        except ModuleNotFoundError as missing:
            print(f"The Python package “{missing.name}” is missing; install cleannet[hub].", file=sys.stderr)
            return WRONG_USE
        try:
            command = found(target)
        except exceptions.ImproperlyConfigured as error:
            print(error, file=sys.stderr)
            return REFUSED
        status: int = command(options)
        return status

    return run

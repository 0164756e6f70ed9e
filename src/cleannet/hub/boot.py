"""Start Django only when a command that needs it runs, so that every other command starts fast and without it."""

import argparse
import os
import sys
from collections.abc import Callable
from importlib import import_module

WRONG_USE = 2


def later(target: str) -> Callable[[argparse.Namespace], int]:
    """Return a command that sets Django up and calls `target`, given as “module:function”, with the options.

    Models cannot be imported before Django is set up, hence the target by name. Settings that cannot be read, or
    packages of the hub that are not installed, end in a sentence and status 2.
    """

    def run(options: argparse.Namespace) -> int:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cleannet.hub.settings")
        try:
            django = import_module("django")
            exceptions = import_module("django.core.exceptions")
        except ModuleNotFoundError as missing:
            print(f"The Python package “{missing.name}” is missing; install cleannet[hub].", file=sys.stderr)
            return WRONG_USE
        try:
            django.setup()
        except exceptions.ImproperlyConfigured as error:
            print(error, file=sys.stderr)
            return WRONG_USE
        module, function = target.split(":")
        status: int = getattr(import_module(module), function)(options)
        return status

    return run

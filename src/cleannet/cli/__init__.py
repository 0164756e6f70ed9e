"""The one command: `cleannet PROGRAM …`, each program found through its entry point."""

from cleannet.cli.main import main

__all__ = ["main"]

"""Offer `cleannet demo`: the whole chain on data that it makes itself, then the hub to look at."""

import argparse
import os
import signal
import socket
import sys
from importlib import import_module
from pathlib import Path
from types import FrameType

from cleannet.cli import demo_folder
from cleannet.cli.demo_folder import FolderRefused
from cleannet.hub.boot import later

DONE, FAILED, WRONG_USE = 0, 1, 2
PREFIX = "CLEANNET_"
_play, _serve = later("cleannet.cli.demo_play:play"), later("cleannet.cli.demo_play:serve")


def register(programs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the program `demo`."""
    text = "play the whole chain on data that it makes itself, then serve the hub"
    parser = programs.add_parser("demo", help=text, description=text)
    parser.add_argument(
        "--folder", type=Path, default=Path("demo"), metavar="FOLDER", help="where everything is put (default demo)"
    )
    parser.add_argument("--no-serve", action="store_true", help="stop after the demonstration")
    parser.add_argument(
        "--port", type=_port, default=8000, metavar="PORT", help="where the hub is served on 127.0.0.1 (default 8000)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Play the demonstration in a folder of its own and serve until interrupted; return the exit status."""
    options.folder = options.folder.absolute()
    if not options.no_serve and not _free(options.port):
        print(f"Port {options.port} of 127.0.0.1 is taken; choose another with --port.", file=sys.stderr)
        return WRONG_USE
    try:
        # Loaded here because every other command starts without what the demonstration needs.
        demo_network = import_module("cleannet.cli.demo_network")
    except ModuleNotFoundError as missing:
        print(f"The Python package “{missing.name}” is missing; install cleannet[hub,edge].", file=sys.stderr)
        return WRONG_USE
    try:
        demo_folder.take(options.folder)
    except FolderRefused as refusal:
        print(f"{refusal}.", file=sys.stderr)
        return WRONG_USE
    # Told to end, it ends what it started: its network and the web server.
    before = signal.signal(signal.SIGTERM, _end)
    network = parent = None
    try:
        parent = options.parent = demo_network.Parent()
        network = options.network = demo_network.start(options.folder / "network")
        _set_environment(options, demo_network.settings(network, parent))
        status = _play(options)
        return status if status != DONE or options.no_serve else _serve(options)
    except KeyboardInterrupt:
        print("The demonstration was interrupted.", file=sys.stderr)
        return FAILED
    finally:
        for started in (network, parent):
            if started is not None:
                started.stop()
        signal.signal(signal.SIGTERM, before)


def _set_environment(options: argparse.Namespace, network: dict[str, str]) -> None:
    """Let the hub of this process and its children be the demonstration's and no other."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    os.environ.update(
        {
            **network,
            "CLEANNET_DATA": str(options.folder / "hub"),
            "CLEANNET_BIND": f"127.0.0.1:{options.port}",
            "CLEANNET_CODE": "demo",
            "CLEANNET_LOG_LEVEL": "WARNING",
        }
    )


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"“{text}” is no port; write a number from 1 to 65535")
    return int(text)

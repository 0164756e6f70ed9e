"""Offer the program `hub`: set it up, check it, serve it."""

import argparse

from cleannet.hub.boot import later


def register(programs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the program `hub` and its commands."""
    program = programs.add_parser("hub", help="run the hub: the cases, the ledger and the desk")
    commands = program.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, text: str) -> argparse.ArgumentParser:
        parser = commands.add_parser(name, help=text, description=text)
        parser.set_defaults(run=later(f"cleannet.hub.operations:{name.replace('-', '_')}"))
        return parser

    add("setup", "make data folder, keys and database, and what a first login needs; may be repeated")
    add("migrate", "bring the database to this version and guard the ledger's tables")
    add("check", "name everything that is not as it should be; exit status 1 if anything")
    add("serve", "serve the hub and let its time pass until interrupted")
    tick = add("tick", "seal, remind and do all other work that waits, until interrupted")
    tick.add_argument(
        "--once", action="store_true", help="do what is ready now, then end; exit status 1 if a lane fails"
    )
    tick.add_argument("--with-parent", action="store_true", help="end when the process that started this one ends")
    add("rotate-master", "wrap the keys of all blobs under a new master key and destroy the old one")
    add("rotate-signer", "sign heads with a new key from now on; older heads stay verifiable")

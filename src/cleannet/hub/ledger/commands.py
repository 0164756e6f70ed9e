"""Offer `cleannet ledger verify` and `cleannet ledger export`."""

import argparse
import json
import sys
from pathlib import Path

from cleannet.formats import envelope
from cleannet.formats.ledger_export import Finding, read
from cleannet.formats.ledger_verification import Verdict, verify
from cleannet.hub.boot import later

DONE, REFUSED, WRONG_USE = 0, 1, 2
_on_database = later("cleannet.hub.ledger.operations:verify")


def register(programs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the program `ledger` and its commands."""
    program = programs.add_parser("ledger", help="prove that the ledger is whole")
    commands = program.add_subparsers(dest="command", metavar="COMMAND", required=True)
    verify_parser = commands.add_parser("verify", help="find every changed byte; exit status 1 when there is one")
    verify_parser.add_argument("--export", type=Path, metavar="FILE", help="verify an export, without hub or database")
    verify_parser.add_argument(
        "--key", action="append", default=[], metavar="KEY", help="trust only this public key, “ed25519:…”; repeatable"
    )
    verify_parser.add_argument("--json", action="store_true", help="answer in JSON")
    verify_parser.set_defaults(run=_verify)
    export_parser = commands.add_parser("export", help="write the ledger with its proofs for others to verify")
    export_parser.add_argument("file", type=Path, metavar="FILE")
    export_parser.add_argument("--case", metavar="CASE", help="only the entries of one case, each with its proof")
    export_parser.set_defaults(run=later("cleannet.hub.ledger.operations:export"))


def tell(verdict: Verdict, findings: list[Finding], as_json: bool) -> int:
    """Print a verdict and return the exit status."""
    whole = verdict.whole and not findings
    if as_json:
        answer = verdict.as_json()
        answer["whole"] = whole
        answer["findings"] = [found.as_json() for found in findings] + answer["findings"]
        print(json.dumps(answer, ensure_ascii=False, indent=2))
        return DONE if whole else REFUSED
    for found in (*findings, *verdict.findings):
        print(found)
    counts = f"{verdict.entries} entries, {verdict.sealed} sealed, {verdict.heads} heads, {verdict.duties} duties"
    print(f"{'The ledger is whole' if whole else 'The ledger was changed'}: {counts}.")
    if verdict.last:
        print(f"Last head: {verdict.last.size} entries, {verdict.last.root.hex()}, {verdict.last.at.isoformat()}.")
    return DONE if whole else REFUSED


def _verify(options: argparse.Namespace) -> int:
    try:
        trusted = {envelope.key_id(key): key for key in map(envelope.read_public, options.key)}
    except ValueError as error:
        print(f"--key: {error}", file=sys.stderr)
        return WRONG_USE
    if options.export is None:
        options.trusted = trusted
        return _on_database(options)
    try:
        with options.export.open("rb") as file:
            export = read(file)
    except OSError as error:
        print(f"{options.export} cannot be read: {error.strerror}", file=sys.stderr)
        return WRONG_USE
    if not trusted and not options.json:
        print("Checked against the keys that the export itself names; give --key to trust only the one you know.")
    verdict = verify(export.records, trusted or export.keys, complete=export.complete)
    return tell(verdict, export.findings, options.json)

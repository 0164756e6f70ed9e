"""Carry out the commands of the ledger that need the database."""

import argparse
import os
import sys

from django.conf import settings
from django.db import connection

from cleannet.formats.ledger_export import Finding, lines
from cleannet.formats.ledger_verification import verify as verify_records
from cleannet.hub.keyring import Keyring, NoKey
from cleannet.hub.ledger import commands, stored, triggers

_UNGUARDED = "the trigger is missing or altered, so the database itself lets rows be changed"


def verify(options: argparse.Namespace) -> int:
    """Verify the database's ledger and its triggers; see `cleannet ledger verify --help`."""
    try:
        keys = options.trusted or Keyring(settings.CLEANNET_DATA).verifiers()
    except NoKey as error:
        print(error, file=sys.stderr)
        return commands.WRONG_USE
    with stored.snapshot():
        verdict = verify_records(stored.records(), keys)
    unguarded = [Finding("database", name, "trigger", _UNGUARDED) for name in triggers.missing(connection)]
    return commands.tell(verdict, unguarded, options.json)


def export(options: argparse.Namespace) -> int:
    """Write the ledger, or one case of it, to a file that must not exist yet."""
    keys = Keyring(settings.CLEANNET_DATA).verifiers()
    try:
        file = os.fdopen(os.open(options.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except OSError as error:
        print(f"{options.file} cannot be written: {error.strerror}", file=sys.stderr)
        return commands.WRONG_USE
    with file, stored.snapshot():
        records = stored.proven(options.case)
        for line in lines(settings.CLEANNET_CODE, keys, records, complete=options.case is None):
            file.write(line)
    return commands.DONE

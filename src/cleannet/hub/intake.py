"""Carry out the commands by which an administrator takes in what the hub goes by: allow-lists, tables of holders."""

import argparse
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from cleannet.hub.administration import DONE, WRONG_USE, allow_lists, worded
from cleannet.hub.disposal import tables
from cleannet.hub.ledger.actions import Actor


@worded
def allow(options: argparse.Namespace) -> int:
    """Keep allow-lists; say what was not understood."""
    counts: Counter[str] = Counter()
    allow_lists(options.lists, counts)
    for outcome, count in sorted(counts.items()):
        print(f"{count:>9,} {outcome}")
    return DONE


@worded
def routes(options: argparse.Namespace) -> int:
    """Take in a table of who holds what; say every line that is wrong."""
    try:
        data = Path(options.file).read_bytes()
    except OSError as error:
        print(f"{options.file}: cannot be read: {error}", file=sys.stderr)
        return WRONG_USE
    actor = Actor(settings.CLEANNET_PARTY, settings.CLEANNET_ROLE)
    now = datetime.now(UTC)  # noqa: TID251 - this is the interface
    taken = tables.take(actor=actor, source=options.source or Path(options.file).name, data=data, now=now)
    print(f"{taken.rows:,} rows of {taken.source} ({taken.kind}) are gone by from now on.")
    return DONE

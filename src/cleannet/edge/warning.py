"""Warn who is infected (545号 十一(一)): whom the operator's message gateway is to write to, and whom it reached.

The list is the one file that holds phone numbers. It stays at the operator; only the count of those told leaves.
"""

import csv
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cleannet.edge.names import shown
from cleannet.edge.subscribers import normalise
from cleannet.edge.wrong_use import WrongUse

HEADER = ("number", "program", "advice")
# The final states of a message in SMPP 3.4, 5.2.28, as gateways write them in receipts.
STATES = {
    "DELIVRD": "told",
    "ENROUTE": "sent",
    "ACCEPTD": "sent",
    "EXPIRED": "failed",
    "DELETED": "failed",
    "UNDELIV": "failed",
    "UNKNOWN": "failed",
    "REJECTD": "refused",
}
OUTCOMES = ("told", "sent", "failed", "refused")


@dataclass(frozen=True, slots=True)
class Reached:
    """Say of distinct numbers of a list what became of the messages to them, the best for each, and what did not fit.

    `without` have no receipt. `strange` numbers are in receipts and not on the list, `unread` rows tell no number or
    no known state.
    """

    told: int = 0
    sent: int = 0
    failed: int = 0
    refused: int = 0
    without: int = 0
    strange: int = 0
    unread: int = 0


def write_list(path: Path, numbers: Iterable[str], program: str, advice: str) -> int:
    """Write a new list, for its owner's eyes only, and return how many are on it; raise WrongUse where it cannot be."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise WrongUse(f"{shown(path)}: a list is written to a new file: {error.strerror}") from None
    rows = [(f"+{number}", program, advice) for number in sorted(numbers)]
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows)
    return len(rows)


def reached(listed: Path, receipts: Iterable[Path], columns: tuple[str, str], states: Mapping[str, str]) -> Reached:
    """Return whom the messages reached, by receipts whose `columns` are the number and the state.

    `states` maps a state to one of `OUTCOMES`. Raises WrongUse for a file that cannot be read or lacks a column.
    """
    numbers = {normalise(number) for number, *_ in _rows(listed, HEADER[:1])}
    outcomes: dict[str, str] = {}
    strange: set[str] = set()
    unread = 0
    for path in receipts:
        for number, state in _rows(path, columns):
            known, outcome = normalise(number), states.get(state.strip().upper(), "")
            if not known or not outcome:
                unread += 1
            elif known not in numbers:
                strange.add(known)
            else:
                outcomes[known] = min(outcome, outcomes.get(known, outcome), key=OUTCOMES.index)
    counts = {outcome: sum(own == outcome for own in outcomes.values()) for outcome in OUTCOMES}
    return Reached(**counts, without=len(numbers) - len(outcomes), strange=len(strange), unread=unread)


def _rows(path: Path, columns: Collection[str]) -> Iterable[list[str]]:
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            rows = csv.DictReader(file)
            missing = [column for column in columns if column not in (rows.fieldnames or ())]
            if missing:
                raise WrongUse(f"{shown(path)}: the column “{missing[0]}” is not in its first line")
            for row in rows:
                yield [row[column] or "" for column in columns]
    except OSError as error:
        raise WrongUse(f"{shown(path)}: cannot be read: {error.strerror}") from None
    except csv.Error as error:
        raise WrongUse(f"{shown(path)}: not CSV after line {rows.line_num}: {error}") from None

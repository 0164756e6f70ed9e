"""Collect what the matched rows of logs say: who was in contact with what, how often, and which fees were charged."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from cleannet.core.tally import Loss
from cleannet.core.terms import COUNTED
from cleannet.edge import contacts
from cleannet.edge.contacts import SUBSCRIBER_BYTES, Contacts, Counts
from cleannet.edge.days import day_of
from cleannet.edge.matching import Watched
from cleannet.edge.rows import Row
from cleannet.formats import tally


class Fee(NamedTuple):
    """Hold a billing record of a program: what stands for its id, integer fen (a refund is below zero), and when."""

    program: str
    record: bytes
    fen: int
    at: int


class Lost(NamedTuple):
    """Hold what fees come to: integer fen, of how many records, how many of which contradicted themselves."""

    fen: int = 0
    records: int = 0
    contradictions: int = 0


class Findings:
    """Collect matched rows: `hits` counts those that count by program and day (days.day_of), `seen` all by indicator.

    `name` gives the 16 bytes that stand for the id of a record.
    """

    def __init__(self, name: Callable[[str], bytes]) -> None:
        self._name = name
        self.contacts = Contacts()
        self.hits: Counter[tuple[str, int]] = Counter()
        self.fees: list[Fee] = []
        self.seen: Counter[tuple[Watched, int]] = Counter()

    def take(self, row: Row, found: Iterable[Watched], subscriber: bytes) -> None:
        """Note a row that matched; what an allow-list holds back is only counted in `seen`."""
        day, hit = day_of(row.at), set()
        for entry in found:
            self.seen[entry, day] += 1
            if entry.decision.holds:
                continue
            indicator = entry.indicator
            self.contacts.add((indicator.program, indicator.counts_as, row.province), subscriber, row.at)
            hit.add(indicator.program)
        for program in hit:
            self.hits[program, day] += 1
            if row.fen is not None:
                self.fees.append(Fee(program, self._name(row.record), row.fen, row.at))

    def programs(self, thresholds: Iterable[int] = ()) -> list[tally.ProgramTally]:
        """Return what was found of each program, the most infected first."""
        hits: Counter[str] = Counter()
        for (program, _), count in self.hits.items():
            hits[program] += count
        losses: dict[str, Loss] = {}
        for fee in self.fees:
            losses.setdefault(fee.program, Loss()).add(fee.record, fee.fen)
        lost = {program: Lost(loss.total, loss.records, loss.contradictions) for program, loss in losses.items()}
        return tallied(hits, self.contacts.counts(thresholds), lost)


def digest(text: str) -> bytes:
    """Return 16 bytes for a text that names one thing in a log."""
    # A JSON log may hold half a surrogate pair, which is no text but tells one row from another.
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=SUBSCRIBER_BYTES).digest()


def tallied(hits: Mapping[str, int], counts: Counts, lost: Mapping[str, Lost]) -> list[tally.ProgramTally]:
    """Return each program of `hits` with its counts and loss, the most infected first."""
    programs = []
    for name, count in hits.items():
        scales = {}
        for kind in COUNTED:
            whole, shares = counts.get((name, kind), contacts.NOBODY)
            scales[kind] = tally.scale_of(whole, shares if list(shares) != [""] else {})
        loss = lost.get(name, Lost())
        programs.append(tally.ProgramTally(name, count, scales["infected"], scales["exposed"], *loss))
    return sorted(programs, key=lambda one: (-one.infected.maximum, -one.exposed.maximum, one.program))

"""Keep what was counted between runs, in one SQLite file: spans cut by day, hits, fees, and how far each log was read.

What a log said and how far it was read come in one transaction: a run that is killed counts nothing twice and loses
nothing. Each day of Beijing (edge.days) holds the spans of who ran in it, so that it is counted by itself; a day is
kept as long as rows may still change it, and then forgotten, with every pseudonym in it. So what is kept is bounded by
the days and by the programs' subscribers in each: 36 bytes for a program, a subscriber and a province.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cleannet.edge.contacts import Counter, counted
from cleannet.edge.days import DAY, day_of, start_of
from cleannet.edge.findings import Fee, Findings, Lost, tallied
from cleannet.edge.positions import Log, Position
from cleannet.edge.rows import BrokenRow, Source
from cleannet.edge.spans import (
    BYTES,
    Spans,
    from_bytes,
    regrouped,
    subscribers,
    to_bytes,
    union,
    with_subscribers,
    within,
)
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats.tally import ProgramTally

VERSION = 1
# Larger segments are not merged: SQLite holds no value of a gigabyte.
_MOST = 1 << 23
_TABLES = """
CREATE TABLE counter (
    number INTEGER PRIMARY KEY, program TEXT, kind TEXT, province TEXT, UNIQUE (program, kind, province)
);
CREATE TABLE segment (number INTEGER PRIMARY KEY, day INTEGER, spans BLOB);
CREATE INDEX segment_day ON segment (day);
CREATE TABLE hits (program TEXT, day INTEGER, hits INTEGER, PRIMARY KEY (program, day)) WITHOUT ROWID;
CREATE TABLE fee (
    program TEXT, record BLOB, refund INTEGER, fen INTEGER, contradictions INTEGER, day INTEGER,
    PRIMARY KEY (program, record, refund)
) WITHOUT ROWID;
CREATE INDEX fee_day ON fee (day);
CREATE TABLE lost (program TEXT PRIMARY KEY, fen INTEGER) WITHOUT ROWID;
CREATE TABLE key (check_value TEXT);
CREATE TABLE changed (day INTEGER PRIMARY KEY);
CREATE TABLE passed (
    program TEXT, fact TEXT, figure INTEGER, day INTEGER, PRIMARY KEY (program, fact, figure, day)
) WITHOUT ROWID;
CREATE TABLE log (number INTEGER PRIMARY KEY, position TEXT, source TEXT);
"""


class Kept:
    """Open the file, made where there is none; raise WrongUse where it is of another version or cannot be opened."""

    def __init__(self, path: Path) -> None:
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA secure_delete = ON")
            with self._whole():
                (version,) = self._db.execute("PRAGMA user_version").fetchone()
                if not version:
                    for statement in filter(str.strip, _TABLES.split(";")):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version = {VERSION}")
        except (OSError, sqlite3.DatabaseError) as error:
            raise WrongUse(f"{path}: cannot be opened as what was counted: {error}") from None
        if version not in (0, VERSION):
            raise WrongUse(f"{path}: is of version {version}, and this program keeps version {VERSION}")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def _whole(self) -> Iterator[None]:
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield

    def bind(self, check_value: str) -> None:
        """Note under which key pseudonyms are made; raise WrongUse where they were made under another."""
        self._db.execute("INSERT INTO key SELECT ? WHERE NOT EXISTS (SELECT 1 FROM key)", (check_value,))
        self.check(check_value)

    def check(self, check_value: str) -> None:
        """Raise WrongUse where pseudonyms were not made under the key of that check value."""
        if self._db.execute("SELECT check_value FROM key").fetchone() != (check_value,):
            raise WrongUse(
                "what was counted so far was not so under this key; give that one, or change it by: cleannet edge rekey"
            )

    def rekey(self, old: str, new: str, renew: Callable[[bytes], bytes]) -> None:
        """Have `renew` change all pseudonyms of the key with the check value `old` to those of the key `new`."""
        self.check(old)
        with self._whole():
            for (number,) in self._db.execute("SELECT number FROM segment").fetchall():
                (data,) = self._db.execute("SELECT spans FROM segment WHERE number = ?", (number,)).fetchone()
                renewed = to_bytes(with_subscribers(from_bytes(data), renew))
                self._db.execute("UPDATE segment SET spans = ? WHERE number = ?", (renewed, number))
            self._db.execute("UPDATE key SET check_value = ?", (new,))

    def logs(self) -> list[Log]:
        """Return the logs that are followed."""
        rows = self._db.execute("SELECT number, position, source FROM log ORDER BY number")
        return [Log(Position(**json.loads(position)), _source(json.loads(source)), n) for n, position, source in rows]

    def commit(self, findings: Findings, log: Log) -> None:
        """Take in what was found in a part of a log, together with how far it is read now."""
        spans, counters = findings.contacts.spans(), findings.contacts.counters
        with self._whole():
            self._put(log)
            changed = {day for _, day in findings.hits}
            if len(spans.start):
                numbers = np.array([self._number(counter) for counter in counters], np.int32)
                changed |= self._add(regrouped(spans, numbers))
            for (program, day), hits in findings.hits.items():
                self._db.execute(
                    "INSERT INTO hits VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET hits = hits + excluded.hits",
                    (program, day, hits),
                )
            for fee in findings.fees:
                changed.add(self._charge(fee))
            self._db.executemany("INSERT OR IGNORE INTO changed VALUES (?)", [(day,) for day in changed])

    def changed(self) -> list[int]:
        """Return the days that changed since they were `told`, the oldest first."""
        return [day for (day,) in self._db.execute("SELECT day FROM changed ORDER BY day")]

    def told(self, day: int) -> None:
        """Note that the hub will hear of a day as it is now."""
        self._db.execute("DELETE FROM changed WHERE day = ?", (day,))

    def programs(
        self, day: int, thresholds: Iterable[int] = (), aliases: Mapping[str, str] | None = None
    ) -> list[ProgramTally]:
        """Return what a day holds of each program; who ran at its beginning counts from then on.

        `aliases` maps a name that rows were counted under to the program that it counts as now.
        """
        aliases = aliases or {}
        counters = [
            Counter(aliases.get(program, program), kind, province)
            for program, kind, province in self._db.execute(
                "SELECT program, kind, province FROM counter ORDER BY number"
            )
        ]
        spans = union(self._segments(day))
        numbers = {counter: number for number, counter in enumerate(dict.fromkeys(counters))}
        if len(numbers) < len(counters):
            spans = regrouped(spans, np.array([numbers[counter] for counter in counters], np.int32))
        counts = counted(tuple(numbers), spans, thresholds)
        hits = dict.fromkeys((program for program, _ in counts), 0)
        for program, count in self._db.execute("SELECT program, hits FROM hits WHERE day = ?", (day,)):
            hits[aliases.get(program, program)] = hits.get(aliases.get(program, program), 0) + count
        return tallied(hits, counts, self._lost(day, aliases))

    def infected(self, programs: Collection[str], first: int) -> bytes:
        """Return who was infected with one of the programs on the day `first` or later: 16 bytes each, nobody twice."""
        query = "SELECT number FROM counter WHERE kind = 'infected' AND program = ?"
        numbers = [number for program in programs for (number,) in self._db.execute(query, (program,))]
        found: set[bytes] = set()
        for (data,) in self._db.execute("SELECT spans FROM segment WHERE day >= ?", (first,)):
            found |= subscribers(from_bytes(data), numbers)
        return b"".join(sorted(found))

    def _lost(self, day: int, aliases: Mapping[str, str]) -> dict[str, Lost]:
        lost: dict[str, Lost] = {}
        query = "SELECT program, sum(fen), count(*), sum(contradictions) FROM fee WHERE day = ? GROUP BY program"
        for program, *figures in self._db.execute(query, (day,)):
            name = aliases.get(program, program)
            lost[name] = Lost(*map(sum, zip(lost.get(name, Lost()), figures, strict=True)))
        return lost

    def passes(self, program: str, fact: str, figure: int, day: int, *, goes_on: bool) -> bool:
        """Note that a program is above a threshold of the law on a day, and say whether that is news.

        It is none where that `goes_on` from the last time it was noted.
        """
        known = self._db.execute(
            "SELECT max(day) FROM passed WHERE program = ? AND fact = ? AND figure = ?", (program, fact, figure)
        ).fetchone()[0]
        self._db.execute("INSERT OR IGNORE INTO passed VALUES (?, ?, ?, ?)", (program, fact, figure, day))
        return known is None or (day > known and not goes_on)

    def loss(self, aliases: Mapping[str, str]) -> dict[str, int]:
        """Return what each program ever cost, in fen; for `aliases` see `programs`."""
        loss: dict[str, int] = {}
        for program, fen in self._db.execute("SELECT program, fen FROM fee UNION ALL SELECT program, fen FROM lost"):
            loss[aliases.get(program, program)] = loss.get(aliases.get(program, program), 0) + fen
        return loss

    def forget(self, day: int, logs: Iterable[Log] = ()) -> None:
        """Forget all days before this one but what they cost, and the logs that are not followed any more."""
        with self._whole():
            self._db.execute(
                "INSERT INTO lost SELECT program, sum(fen) FROM fee WHERE day < ? GROUP BY program "
                "ON CONFLICT DO UPDATE SET fen = fen + excluded.fen",
                (day,),
            )
            for table in ("segment", "hits", "fee", "changed"):
                self._db.execute(f"DELETE FROM {table} WHERE day < ?", (day,))
            self._db.executemany("DELETE FROM log WHERE number = ?", [(log.number,) for log in logs])

    def _put(self, log: Log) -> None:
        position, source = json.dumps(asdict(log.position)), json.dumps(asdict(log.source))
        if log.number is None:
            log.number = self._db.execute("INSERT INTO log VALUES (NULL, ?, ?)", (position, source)).lastrowid
        else:
            self._db.execute("UPDATE log SET position = ?, source = ? WHERE number = ?", (position, source, log.number))

    def _number(self, counter: Counter) -> int:
        """Return the number of a counter: they are counted from 0 on, none is ever let go."""
        self._db.execute("INSERT OR IGNORE INTO counter SELECT count(*), ?, ?, ? FROM counter", tuple(counter))
        found = self._db.execute(
            "SELECT number FROM counter WHERE program = ? AND kind = ? AND province = ?", tuple(counter)
        )
        return int(found.fetchone()[0])

    def _add(self, spans: Spans) -> set[int]:
        days = range(day_of(int(spans.start.min())), day_of(int(spans.end.max()) - 1) + 1)
        changed = set()
        for day in days:
            part = within(spans, start_of(day), start_of(day) + DAY)
            if len(part.start):
                self._append(day, part)
                changed.add(day)
        return changed

    def _append(self, day: int, spans: Spans) -> None:
        """Add a segment, united with those before it as long as they are not much larger than it is."""
        held = self._db.execute("SELECT number, length(spans) FROM segment WHERE day = ? ORDER BY number DESC", (day,))
        merged, size = [], len(spans.start)
        for number, length in held.fetchall():
            if length // BYTES > min(2 * size, _MOST - size):
                break
            merged.append((number,))
            size += length // BYTES
        older = [self._db.execute("SELECT spans FROM segment WHERE number = ?", one).fetchone() for one in merged]
        whole = union([*(from_bytes(data) for (data,) in older), spans])
        self._db.executemany("DELETE FROM segment WHERE number = ?", merged)
        self._db.execute("INSERT INTO segment VALUES (NULL, ?, ?)", (day, to_bytes(whole)))

    def _segments(self, day: int) -> list[Spans]:
        return [from_bytes(data) for (data,) in self._db.execute("SELECT spans FROM segment WHERE day = ?", (day,))]

    def _charge(self, fee: Fee) -> int:
        """Note a fee as core.tally.Loss does, and return the day it counts for."""
        key = fee.program, fee.record, fee.fen < 0
        self._db.execute(
            "INSERT INTO fee VALUES (?, ?, ?, ?, 0, ?) ON CONFLICT DO UPDATE SET "
            "contradictions = contradictions + (fen <> excluded.fen), fen = min(fen, excluded.fen)",
            (*key, fee.fen, day_of(fee.at)),
        )
        found = self._db.execute("SELECT day FROM fee WHERE program = ? AND record = ? AND refund = ?", key)
        return int(found.fetchone()[0])


def _source(data: dict[str, Any]) -> Source:
    return Source(**data | {"shown": [BrokenRow(**row) for row in data["shown"]]})

"""Keep what was counted between runs, in one SQLite file: spans cut by day, hits, fees, and how far each log was read.

What a log said and how far it was read come in one transaction: a run that is killed counts nothing twice and loses
nothing. Each day of Beijing (edge.days) holds the spans of who ran in it, so that it is counted by itself; a day is
kept as long as rows may still change it, and then forgotten, with every pseudonym in it. So what is kept is bounded by
the days and by the programs' subscribers in each: 36 bytes for a program, a subscriber and a province.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from cleannet.edge import tallies
from cleannet.edge.contacts import Counter, counted
from cleannet.edge.days import DAY, day_of, start_of
from cleannet.edge.findings import Fee, Findings, Lost, tallied
from cleannet.edge.positions import Log, Position
from cleannet.edge.rows import read_source, rows_by_day
from cleannet.edge.spans import (
    BYTES,
    NO_SPANS,
    Spans,
    from_bytes,
    regrouped,
    subscribers,
    to_bytes,
    union,
    with_subscribers,
    within,
)
from cleannet.edge.store import Store
from cleannet.edge.tallies import Seen, with_days
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats.tally import ProgramTally

# Larger segments are not merged: SQLite holds no value of a gigabyte.
_MOST = 1 << 23
KEY, BATCH, _ALIASES, _FIRST = "key", "batch", "aliases", "first"
_OTHER = {
    KEY: "what was counted so far was not so under this key; give that one, or change it by: cleannet edge rekey",
    BATCH: "what was counted so far went by another --batch name, and would be counted twice under two",
}
# A record that was charged under two names of one program is one record, of the day on which it was first seen.
_FEES = """
SELECT unit(program) AS name, record, refund, min(fen) AS fen, min(day) AS day,
    sum(contradictions) + count(DISTINCT fen) - 1 AS contradictions
FROM fee GROUP BY unit(program), record, refund
"""


class Kept:
    """Hold the file open; raise WrongUse where edge.store refuses it, or where it was bound to something else."""

    def __init__(self, path: Path) -> None:
        self._store = Store(path)
        self._db, self._whole, self.reading = self._store.db, self._store.whole, self._store.reading
        self._aliases: Mapping[str, str] = json.loads(self._noted(_ALIASES, "{}"))
        self._db.create_function("unit", 1, self._name)

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()

    def bind(self, name: str, value: str) -> None:
        """Note the check value of the key (KEY) or the batches' name (BATCH); raise WrongUse where it was another."""
        self._db.execute("INSERT OR IGNORE INTO noted VALUES (?, ?)", (name, value))
        self.check(name, value)

    def check(self, name: str, value: str) -> None:
        """Raise WrongUse where that was not noted."""
        if self._noted(name) != value:
            raise WrongUse(_OTHER[name])

    def rekey(self, old: str, new: str, renew: Callable[[bytes], bytes]) -> None:
        """Have `renew` change all pseudonyms of the key with the check value `old` to those of the key `new`."""
        self.check(KEY, old)
        with self._whole():
            for (number,) in self._db.execute("SELECT number FROM segment").fetchall():
                (data,) = self._db.execute("SELECT spans FROM segment WHERE number = ?", (number,)).fetchone()
                renewed = to_bytes(with_subscribers(from_bytes(data), renew))
                self._db.execute("UPDATE segment SET spans = ? WHERE number = ?", (renewed, number))
            self._db.create_function("renewed", 1, renew, deterministic=True)
            self._db.execute("UPDATE fee SET record = renewed(record)")
            self._db.execute("UPDATE noted SET value = ? WHERE name = ?", (new, KEY))
        self._store.wipe()

    def count_as(self, aliases: Mapping[str, str]) -> None:
        """Count from now on, in all days, a name that rows were counted under as the program that it is an alias of."""
        if self._aliases != aliases:
            with self._whole():
                written = json.dumps(dict(sorted(aliases.items())))
                self._db.execute("INSERT OR REPLACE INTO noted VALUES (?, ?)", (_ALIASES, written))
                self._db.execute("INSERT OR IGNORE INTO changed SELECT DISTINCT day FROM segment")
            self._aliases = dict(aliases)

    def _noted(self, name: str, otherwise: str = "") -> str:
        found = self._db.execute("SELECT value FROM noted WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else otherwise

    def _name(self, program: str) -> str:
        return self._aliases.get(program, program)

    def logs(self) -> list[Log]:
        """Return the logs that are followed."""
        rows = self._db.execute("SELECT number, position, source FROM log ORDER BY number")
        return [
            Log(Position(**json.loads(position)), read_source(json.loads(source)), n) for n, position, source in rows
        ]

    def commit(self, findings: Findings, log: Log) -> Log:
        """Take in what was found in a part of a log, together with how far it is read now, and return it as kept."""
        spans, counters = findings.contacts.spans(), findings.contacts.counters
        with self._whole():
            log = self._put(log)
            changed = {day for _, day in findings.hits}
            if len(spans.start):
                numbers = np.array([self._number(counter) for counter in counters], np.int32)
                changed |= self._add(regrouped(spans, numbers))
            for (program, day), hits in findings.hits.items():
                self._db.execute(
                    "INSERT INTO hits VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET hits = hits + excluded.hits",
                    (program, day, hits),
                )
            for (entry, day), hits in findings.seen.items():
                self._db.execute(
                    "INSERT INTO seen VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET hits = hits + excluded.hits",
                    (json.dumps(tallies.told(entry), ensure_ascii=False, sort_keys=True), day, hits),
                )
                changed.add(day)
            for fee in findings.fees:
                changed.add(self._charge(fee))
            self._db.executemany("INSERT OR IGNORE INTO changed VALUES (?)", [(day,) for day in changed])
        return log

    def changed(self) -> list[int]:
        """Return the days that changed since they were `told`, the oldest first."""
        return [day for (day,) in self._db.execute("SELECT day FROM changed ORDER BY day")]

    def told(self, day: int, passed: Iterable[tuple[str, str, int]]) -> None:
        """Note that others know of a day as it is now, and which program passed which figure of which fact in it."""
        with self._whole():
            self._db.execute("DELETE FROM changed WHERE day = ?", (day,))
            rows = [(*one, day) for one in passed]
            self._db.executemany("INSERT OR IGNORE INTO passed VALUES (?, ?, ?, ?)", rows)

    def sent(self, day: int) -> dict[str, bytes]:
        """Return the digest of what the hub was last sent of a day, by program."""
        return dict(self._db.execute("SELECT program, digest FROM sent WHERE day = ?", (day,)))

    def send(self, day: int, digests: Mapping[str, bytes]) -> None:
        """Note what the hub was sent of a day: this of these programs, and of no others."""
        with self._whole():
            self._db.execute("DELETE FROM sent WHERE day = ?", (day,))
            self._db.executemany("INSERT INTO sent VALUES (?, ?, ?)", [(day, *one) for one in digests.items()])

    def passed(self, program: str, fact: str, figure: int) -> set[int]:
        """Return the days on which it was told that a program passed a figure."""
        query = "SELECT day FROM passed WHERE unit(program) = ? AND fact = ? AND figure = ?"
        return {day for (day,) in self._db.execute(query, (program, fact, figure))}

    def programs(
        self, first: int, last: int | None = None, *, thresholds: Iterable[int] = (), curves: bool = True
    ) -> list[ProgramTally]:
        """Return what a day holds of each program, or all days up to `last`; who ran at its beginning counts from then.

        Curves of many days would fill the memory: they are left out without `curves`.
        """
        days = first, first if last is None else last
        counts = counted(*self.spans(*days), thresholds, curves=curves)
        query = "SELECT unit(program), sum(hits) FROM hits WHERE day BETWEEN ? AND ? GROUP BY 1"
        hits = dict.fromkeys((program for program, _ in counts), 0) | dict(self._db.execute(query, days))
        lost = {
            program: Lost(*figures)
            for program, *figures in self._db.execute(
                "SELECT name, sum(fen), count(*), sum(contradictions) "
                f"FROM ({_FEES}) WHERE day BETWEEN ? AND ? GROUP BY name",
                days,
            )
        }
        return tallied(hits, counts, lost)

    def spans(self, first: int, last: int, program: str = "") -> tuple[tuple[Counter, ...], Spans]:
        """Return the counters of the days from `first` to `last` and their spans, of one program where it is named."""
        rows = self._db.execute("SELECT program, kind, province FROM counter ORDER BY number")
        counters = [Counter(self._name(name), kind, province) for name, kind, province in rows]
        wanted = dict.fromkeys(one for one in counters if not program or one.program == self._name(program))
        numbers = {one: place for place, one in enumerate(wanted)}
        own, spans = np.array([numbers.get(counter, -1) for counter in counters], np.int32), NO_SPANS
        for day in range(first, last + 1):
            parts = self._segments(day)
            if len(numbers) < len(counters):
                parts = [regrouped(part.at(np.flatnonzero(own[part.counter] >= 0)), own) for part in parts]
            spans = union([spans, *parts])
        return tuple(numbers), spans

    def seen(self, first: int, last: int | None = None) -> list[Seen]:
        """Return the indicators that rows of a day matched, or of any day up to `last`."""
        found: dict[tuple[str, ...], tuple[Seen, list[tuple[int, int]]]] = {}
        query = "SELECT entry, day, hits FROM seen WHERE day BETWEEN ? AND ? ORDER BY day"
        for entry, day, hits in self._db.execute(query, (first, first if last is None else last)):
            one = json.loads(entry)
            one["program"] = self._name(one["program"])
            # A list that is read anew may name it in another line: that of the last day is told.
            key = tuple(str(one.get(name)) for name in ("indicator", "role", "program", "reason"))
            _, days = found.get(key, (one, []))
            found[key] = one, [*days, (day, hits)]
        return [with_days(one, days) for one, days in found.values()]

    def loss(self) -> dict[str, int]:
        """Return what each program ever cost, in fen."""
        both = f"SELECT name, fen FROM ({_FEES}) UNION ALL SELECT unit(program), fen FROM lost"
        return dict(self._db.execute(f"SELECT name, sum(fen) FROM ({both}) GROUP BY name"))

    def infected(self, programs: Collection[str], first: int) -> bytes:
        """Return who was infected with one of the programs on the day `first` or later: 16 bytes each, nobody twice."""
        query = "SELECT number FROM counter WHERE kind = 'infected' AND program = ?"
        numbers = [number for program in programs for (number,) in self._db.execute(query, (program,))]
        found: set[bytes] = set()
        for (data,) in self._db.execute("SELECT spans FROM segment WHERE day >= ?", (first,)):
            found |= subscribers(from_bytes(data), numbers)
        return b"".join(sorted(found))

    def rows_by_day(self) -> dict[int, int]:
        """Return how many rows the logs hold of each day that is kept."""
        rows = rows_by_day(log.source for log in self.logs())
        return {day: count for day, count in rows.items() if day >= int(self._noted(_FIRST, "0"))}

    def forget(self, day: int, logs: Iterable[Log] = ()) -> None:
        """Forget all days before this one but what they cost, and the logs that are not followed any more."""
        with self._whole():
            self._db.execute("INSERT OR REPLACE INTO noted VALUES (?, ?)", (_FIRST, str(day)))
            self._db.execute(
                f"INSERT INTO lost SELECT name, sum(fen) FROM ({_FEES}) WHERE day < ? GROUP BY name "
                "ON CONFLICT DO UPDATE SET fen = fen + excluded.fen",
                (day,),
            )
            past = f"SELECT name, record, refund FROM ({_FEES}) WHERE day < ?"
            self._db.execute(f"DELETE FROM fee WHERE (unit(program), record, refund) IN ({past})", (day,))
            for table in ("segment", "hits", "seen", "changed", "sent"):
                self._db.execute(f"DELETE FROM {table} WHERE day < ?", (day,))
            self._db.executemany("DELETE FROM log WHERE number = ?", [(log.number,) for log in logs])
        self._store.wipe()

    def _put(self, log: Log) -> Log:
        position, source = json.dumps(asdict(log.position)), json.dumps(asdict(log.source))
        if log.number is None:
            return replace(
                log, number=self._db.execute("INSERT INTO log VALUES (NULL, ?, ?)", (position, source)).lastrowid
            )
        self._db.execute("UPDATE log SET position = ?, source = ? WHERE number = ?", (position, source, log.number))
        return log

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

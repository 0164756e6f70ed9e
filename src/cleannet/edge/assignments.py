"""Say who had an address: read an operator's records of assignments, and find the one that held at a moment.

Records come from RADIUS accounting, DHCP leases or the port blocks of a translator (CGN): an address or a /64 of IPv6,
a block of its ports or all of them, from when until when, and the phone number. Nothing is guessed: where the records
name nobody or two, the answer says so. No error shows a word of a record.
"""

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cleannet.core.addresses import address_or_none
from cleannet.core.tally import MICROSECOND
from cleannet.edge.files import LogFile, is_parquet
from cleannet.edge.mapping import ASSIGNMENTS, Mapping
from cleannet.edge.names import shown
from cleannet.edge.parquet import read_rows
from cleannet.edge.rows import BadRow, Row, Source
from cleannet.edge.subscribers import normalise
from cleannet.edge.tables import CsvReader, Make
from cleannet.edge.tallies import account
from cleannet.edge.wrong_use import WrongUse

JOINED = "joined"
SHOWN = 10
_OPEN = (1 << 63) - 1
_HALF, _LOW = 64, (1 << 64) - 1
# Port 0 is nobody's, so a block may begin with either.
_EVERY_PORT, _LAST = (0, 65535), 65535
# The tables, and by which words each is in order.
_IPV4, _IPV6, _PREFIX = range(3)
_WORDS = ("I", "QQ", "Q")
# A record is the table and the words of its address; when it begins and ends, the number, its first and its last port.
_Record = tuple[int, ...]
_AFTER = "qqqHH"
_PORT = re.compile("[0-9]{1,5}")


class Miss(StrEnum):
    """Say why nobody can be named: no assignment held, the log tells no port, or two numbers held the same."""

    UNKNOWN = "unknown"
    NO_PORT = "no_port"
    AMBIGUOUS = "ambiguous"


class Assignments:
    """Hold the assignments of some files, each of which holds for from <= moment < to.

    A record takes 32 bytes (36 for a /64, 44 for an address of IPv6), less than twice that while they are put in order.
    A look-up passes over what one address was ever assigned to, a nanosecond each. `slack` lets an assignment begin so
    much earlier and end so much later where none held, if that names one number. `latest` is as of rows.Source.

    Raises WrongUse for a file that cannot be read or that no mapping of the kind "assignments" fits.
    """

    def __init__(
        self, paths: Iterable[Path], mappings: Sequence[Mapping], latest: int, slack: timedelta = timedelta(0)
    ) -> None:
        self._slack = slack // MICROSECOND
        self._files: list[Source] = []
        gathered = [[array(code) for code in words + _AFTER] for words in _WORDS]
        for path in paths:
            source = Source(shown(path), latest)
            self._files.append(source)
            for record in _records(path, source, mappings):
                for column, value in zip(gathered[record[0]], record[1:], strict=True):
                    column.append(value)
        self._tables = tuple(_Table(columns) for columns in gathered)

    def find(self, address: str, port: int, at: int) -> str | Miss:
        """Return the normalised number that had an address and port (0: not told) at a moment, in microseconds."""
        place = _place(address)
        if not place or place[0] == _PREFIX:
            return Miss.UNKNOWN
        found = self._find(place, port, at, 0)
        if found is Miss.UNKNOWN and self._slack:
            near = self._find(place, port, at, self._slack)
            return found if isinstance(near, Miss) else near
        return found

    def _find(self, place: Sequence[int], port: int, at: int, slack: int) -> str | Miss:
        table, *words = place
        held = self._tables[table].held(words, at + slack, at - slack)
        if table == _IPV6:
            whole = self._tables[_PREFIX].held(words[:1], at + slack, at - slack)
            held = tuple(np.concatenate(column) for column in zip(held, whole, strict=True))
        numbers, first, last = held
        if port:
            certain = set(numbers[(first <= port) & (port <= last)].tolist())
        else:
            is_whole = (first == _EVERY_PORT[0]) & (last == _EVERY_PORT[1])
            certain = set(numbers[is_whole].tolist())
            # Whoever had a block may be meant, or whoever had the whole address.
            if len(certain) < 2 and set(numbers[~is_whole].tolist()) - certain:
                return Miss.NO_PORT
        if len(certain) > 1:
            return Miss.AMBIGUOUS
        return str(certain.pop()) if certain else Miss.UNKNOWN

    def join(self, source: Source) -> Callable[[Row], str]:
        """Return what gives the number of a row of `source`, "" for nobody, and accounts for the row in `assigned`."""
        became = source.assigned = _none_yet()

        def number_of(row: Row) -> str:
            found = self.find(row.subscriber, row.source_port, row.at)
            if isinstance(found, Miss):
                became[found.value] += 1
                return ""
            became[JOINED] += 1
            return found

        return number_of

    def account(self, sources: Iterable[Source]) -> dict[str, Any]:
        """Return what the tally says of the assignments and of what became of the matched rows of `sources`."""
        became = _none_yet()
        for source in sources:
            became.update(source.assigned or {})
        broken = [row for file in self._files for row in file.shown]
        return {
            "slack": self._slack // 1_000_000,
            "rows": dict(became),
            "files": [account(source) for source in self._files],
            "broken": [asdict(row) for row in broken[:SHOWN]],
        }


class _Table:
    """Hold assignments in order of address, of one word or two, and of when they began."""

    def __init__(self, columns: "list[array[int]]") -> None:
        *words, begins, _, _, _, _ = columns
        order = np.lexsort([np.asarray(column) for column in (begins, *reversed(words))])
        ordered = []
        del words, begins
        while columns:
            # Each column goes as its ordered copy comes: all of both would be twice the memory.
            ordered.append(np.asarray(columns.pop(0))[order])
        *self._words, self._begins, self._ends, self._numbers, self._first, self._last = ordered

    def held(self, words: Iterable[int], latest_begin: int, after: int) -> tuple[npt.NDArray[Any], ...]:
        """Return numbers, first and last ports of what began up to one moment and ended after the other."""
        low, high = 0, len(self._begins)
        for column, word in zip(self._words, words, strict=True):
            sought, part = column.dtype.type(word), column[low:high]
            low, high = low + int(part.searchsorted(sought)), low + int(part.searchsorted(sought, "right"))
        high = low + int(self._begins[low:high].searchsorted(latest_begin, "right"))
        # They nest and overlap, so where one ended says nothing of those that began before it.
        held = low + np.flatnonzero(self._ends[low:high] > after)
        return self._numbers[held], self._first[held], self._last[held]


def _none_yet() -> Counter[str]:
    return Counter(dict.fromkeys((JOINED, *(miss.value for miss in Miss)), 0))


@lru_cache(1 << 16)
def _place(text: str) -> tuple[int, ...]:
    """Return the table and the words of an address or a /64, nothing for what is neither."""
    base, slash, length = text.strip().partition("/")
    address = address_or_none(base)
    if address is None or (slash and (address.version == 4 or length != "64")):
        return ()
    if address.version == 4:
        return _IPV4, int(address)
    high, low = int(address) >> _HALF, int(address) & _LOW
    if slash:
        return () if low else (_PREFIX, high)
    return _IPV6, high, low


def _records(path: Path, source: Source, mappings: Iterable[Mapping]) -> Iterator[_Record]:
    """Yield the records of a file, accounting for every row in `source`."""
    mapping = next((mapping for mapping in mappings if mapping.fits(path.name, ASSIGNMENTS)), None)
    if mapping is None:
        raise WrongUse(f'{source.file}: no --mapping of kind = "{ASSIGNMENTS}" fits this file of assignments')
    try:
        file = LogFile(path)
        if is_parquet(path, file.start()):
            yield from read_rows(file, source, mapping, lambda columns, rows: np.arange(rows), _form(mapping))
            return
        yield from CsvReader(source, mapping, _form(mapping)).rows(file.lines())
    except OSError as error:
        raise WrongUse(f"{source.file}: cannot be read: {error.strerror}") from None
    source.sha256, source.cut_off = file.sha256, file.cut_off


def _form(mapping: Mapping) -> Make[_Record]:
    """Return what turns the fields of a row, in the order of the mapping's places, into a record."""

    def rows(fields: Sequence[Any], line: int, source: Source) -> Iterator[_Record]:
        try:
            record = _record(fields, mapping)
        except BadRow as error:
            source.break_row(line, str(error))
            return
        if source.takes(record[-len(_AFTER)], line):
            yield record

    return rows


def _record(fields: Sequence[Any], mapping: Mapping) -> _Record:
    if None in fields:
        raise BadRow("a value cannot be read")
    begins, ends, address, number, first, last = fields
    place, digits = _place(address), normalise(number)
    if not place:
        raise BadRow("the address cannot be read")
    if not digits:
        raise BadRow("the subscriber is not a phone number")
    begun = mapping.moment(begins)
    ended = _OPEN if isinstance(ends, str) and not ends.strip() else min(mapping.moment(ends), _OPEN)
    if ended < begun:
        raise BadRow("the assignment ends before it begins")
    return (*place, begun, ended, int(digits), *_block(first, last))


def _block(first: str, last: str) -> tuple[int, int]:
    """Return the first and the last port; every port where none is told."""
    first, last = first.strip(), last.strip()
    if not first and not last:
        return _EVERY_PORT
    if not (_PORT.fullmatch(first) and _PORT.fullmatch(last)):
        raise BadRow("the block of ports cannot be read")
    block = int(first), int(last)
    if not block[0] <= block[1] <= _LAST or not block[1]:
        raise BadRow("the block of ports is none")
    return _EVERY_PORT if block[0] <= 1 and block[1] == _LAST else block

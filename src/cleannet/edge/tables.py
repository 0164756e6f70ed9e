"""Read the rows of tables by a mapping. No error shows a word of a row."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from cleannet.edge.files import LogFile
from cleannet.edge.mapping import Mapping
from cleannet.edge.provinces import province_code
from cleannet.edge.rows import TOO_LONG, BadRow, Row, Source, port_or_zero, requested
from cleannet.edge.subscribers import normalise
from cleannet.edge.wrong_use import WrongUse

NOT_CSV = "not CSV: a quote is out of place or never closed, or a field is longer than 128 KiB"
_MANY_DIGITS = re.compile(r"\d{5}")
T = TypeVar("T")
# Makes of the mapped fields of a row, its line and its source what is wanted, and accounts for the row.
Make = Callable[[Sequence[Any], int, Source], Iterator[T]]


def read_csv(file: LogFile, source: Source, mapping: Mapping) -> Iterator[Row]:
    """Yield the rows of a CSV file, accounting for every one in `source`; raise WrongUse when a column is missing."""
    yield from CsvReader(source, mapping, Form(mapping).rows).rows(file.lines())


class CsvReader(Generic[T]):
    """Read lines of CSV row by row, each as `make` makes it.

    `positions` and `width` come from the mapping or are known after the header.
    Raises WrongUse when a column is missing.
    """

    def __init__(self, source: Source, mapping: Mapping, make: Make[T]) -> None:
        source.format = "csv"
        source.subscribers = subscribers_of(mapping)
        self._source, self._mapping, self._make = source, mapping, make
        self.width = len(mapping.header)
        self.positions = positions_of(mapping, mapping.header, source.file) if mapping.header else None

    def rows(self, lines: Iterable[bytes | None], before: int = 0) -> Iterator[T]:
        """Yield the rows of these lines, None for one that is too long, of which the first is number `before` + 1."""
        fed = _Lines(lines, self._source, self._mapping.encoding, before)
        reader = csv.reader(fed, delimiter=self._mapping.delimiter, strict=True)
        while True:
            fed.taken = 0
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error:
                self._source.break_row(fed.began, NOT_CSV, fed.taken)
                continue
            if not fields:
                continue
            if self.positions is None:
                self.positions, self.width = positions_of(self._mapping, fields, self._source.file), len(fields)
            elif len(fields) != self.width:
                reason = f"{self.width} fields were expected and {len(fields)} found"
                self._source.break_row(fed.began, reason)
            else:
                values = [fields[at] if at >= 0 else "" for at in self.positions]
                yield from self._make(values, fed.began, self._source)


class _Lines:
    """Feed the CSV reader decoded lines; know how many were `taken` for its row and which of all `began` it."""

    def __init__(self, lines: Iterable[bytes | None], source: Source, encoding: str, before: int) -> None:
        self._lines = iter(lines)
        self._source, self._encoding = source, encoding
        self._number = before
        self.taken = self.began = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        while True:
            line = next(self._lines)
            self._number += 1
            if line is None:
                self._source.break_row(self._number, TOO_LONG)
                continue
            self.taken += 1
            if self.taken == 1:
                self.began = self._number
            text = line.decode(self._encoding, errors="replace")
            return (text.removeprefix("\ufeff") if self._number == 1 else text) + "\n"


class Form:
    """Turn the mapped fields of a row, in the order of `COLUMNS`, into the one form of a row."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._numbers = "number" in mapping.columns
        self._fee = "fee" in mapping.columns

    def rows(self, fields: Sequence[Any], line: int, source: Source) -> Iterator[Row]:
        """Yield the row of the fields if it is to be matched, and account for it; None is a field nobody can read."""
        try:
            row = self._row(fields)
        except BadRow as error:
            source.break_row(line, str(error))
            return
        if row is None:
            source.pass_over()
        elif source.takes(row.at, line):
            yield row

    def _row(self, fields: Sequence[Any]) -> Row | None:
        if None in fields:
            raise BadRow("a value cannot be read")
        time, number, address, src_port, host, uri, dst_ip, dst_port, province, fee, record, billing = fields
        mapping = self._mapping
        at = mapping.moment(time)
        subscriber = normalise(number) if self._numbers else address.strip()
        if not subscriber:
            raise BadRow("the subscriber is not a phone number" if self._numbers else "the subscriber is missing")
        fen = mapping.fen(fee, billing) if self._fee else None
        if fen is not None and not record:
            raise BadRow("a billing row without a record id")
        host, port, target = requested(host.strip(), uri.strip(), dst_port.strip())
        if not host and not dst_ip:
            return None
        # Most logs lack most columns.
        code = province_code(province) if province else ""
        source_port = port_or_zero(src_port.strip()) if src_port else 0
        return Row(at, subscriber, host, dst_ip.strip(), port, target, code, fen, record, source_port)


def subscribers_of(mapping: Mapping) -> str:
    """Return what the mapping names subscribers by."""
    return "numbers" if "number" in mapping.columns else "addresses"


def positions_of(mapping: Mapping, names: Sequence[str], file: str) -> list[int]:
    """Return where each of the mapping's places is among the named columns, -1 where it is not mapped.

    Raises WrongUse for a mapped column that is not there.
    """
    at = {name.strip(): position for position, name in enumerate(names)}
    for meaning, name in mapping.columns.items():
        if name not in at:
            raise WrongUse(
                f"{mapping.path}: the column “{name}” (columns.{meaning}) is not in {file}, whose columns are: "
                + _shown(names)
            )
    return [at[mapping.columns[place]] if place in mapping.columns else -1 for place in mapping.places]


def _shown(names: Sequence[str]) -> str:
    """Return column names for a person, unless the first line is no header but a row, which must not be shown."""
    if any(_MANY_DIGITS.search(name) for name in names):
        return "(not shown: the first line looks like a row; name the columns by csv.header)"
    return ", ".join(name.strip() for name in names)

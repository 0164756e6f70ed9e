"""Read CSV (plain or gzip) and Parquet logs by a mapping. No error shows a word of a row."""

import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cleannet.edge.files import LogFile
from cleannet.edge.mapping import COLUMNS, Mapping
from cleannet.edge.provinces import province_code
from cleannet.edge.rows import BadRow, Row, Source, requested
from cleannet.edge.subscribers import normalise
from cleannet.edge.times import from_local, from_text
from cleannet.edge.wrong_use import WrongUse
from cleannet.edge.zeek import TOO_LONG

PARQUET = b"PAR1"
NOT_CSV = "not CSV: a quote is out of place or never closed, or a field is longer than 128 KiB"
_BATCH = 65_536
_MANY_DIGITS = re.compile(r"\d{5}")
_PER_MICROSECOND = {"s": (1_000_000, 1), "ms": (1000, 1), "us": (1, 1), "ns": (1, 1000)}
_PLACES = tuple(COLUMNS)


def read_csv(file: LogFile, source: Source, mapping: Mapping) -> Iterator[Row]:
    """Yield the rows of a CSV file, accounting for every one in `source`; raise WrongUse when a column is missing."""
    source.format = "csv"
    source.subscribers = _who(mapping)
    lines = _Lines(file, source, mapping.encoding)
    reader = csv.reader(lines, delimiter=mapping.delimiter, strict=True)
    positions = _positions(mapping, mapping.header, source.file) if mapping.header else None
    width = len(mapping.header)
    form = _Form(mapping)
    while True:
        began = lines.number + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            source.break_row(began, NOT_CSV, lines.number - began + 1)
            continue
        if not fields:
            continue
        if positions is None:
            positions, width = _positions(mapping, fields, source.file), len(fields)
            continue
        if len(fields) != width:
            source.break_row(began, f"{width} fields were expected and {len(fields)} found")
            continue
        yield from form.rows([fields[at] if at >= 0 else "" for at in positions], began, source)


def read_parquet(path: Path, source: Source, mapping: Mapping) -> Iterator[Row]:
    """Yield the rows of a Parquet file, accounting for all in `source`; raise WrongUse when a column is missing."""
    source.format = "parquet"
    source.subscribers = _who(mapping)
    with path.open("rb") as file:
        source.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    form = _Form(mapping)
    number = 0
    try:
        with pq.ParquetFile(path) as parquet:
            names = parquet.schema_arrow.names
            positions = _positions(mapping, names, source.file)
            wanted = sorted({names[at] for at in positions if at >= 0})
            for batch in parquet.iter_batches(_BATCH, columns=wanted):
                columns = [_values(batch, names[at] if at >= 0 else "", mapping) for at in positions]
                for fields in zip(*columns, strict=True):
                    number += 1
                    yield from form.rows(fields, number, source)
    except (pa.ArrowException, OSError):
        source.cut_off = "the Parquet file is damaged or ends too early; what could be read was read"


class _Lines:
    """Feed the CSV reader decoded lines and know the number of the last one fed."""

    def __init__(self, file: LogFile, source: Source, encoding: str) -> None:
        self._lines = file.lines()
        self._source, self._encoding = source, encoding
        self._first = True
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        while True:
            line = next(self._lines)
            self.number += 1
            if line is None:
                self._source.break_row(self.number, TOO_LONG)
                continue
            text = line.decode(self._encoding, errors="replace")
            if self._first:
                text = text.removeprefix("\ufeff")
                self._first = False
            return text + "\n"


class _Form:
    """Turn the mapped fields of a row, in the order of `COLUMNS`, into the one form of a row."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._numbers = "number" in mapping.columns
        self._fee = "fee" in mapping.columns

    def rows(self, fields: Sequence[Any], line: int, source: Source) -> Iterator[Row]:
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
        time, number, address, host, uri, dst_ip, dst_port, province, fee, record, billing = fields
        mapping = self._mapping
        at = time if isinstance(time, int) else from_text(time, mapping.time_form, mapping.zone)
        subscriber = normalise(number) if self._numbers else address.strip()
        if not subscriber:
            raise BadRow("the subscriber is not a phone number" if self._numbers else "the subscriber is missing")
        fen = mapping.fen(fee, billing) if self._fee else None
        if fen is not None and not record:
            raise BadRow("a billing row without a record id")
        host, port, target = requested(host.strip(), uri.strip(), dst_port.strip())
        if not host and not dst_ip:
            return None
        return Row(at, subscriber, host, dst_ip.strip(), port, target, province_code(province), fen, record)


def _who(mapping: Mapping) -> str:
    return "numbers" if "number" in mapping.columns else "addresses"


def _positions(mapping: Mapping, names: Sequence[str], file: str) -> list[int]:
    at = {name.strip(): position for position, name in enumerate(names)}
    for meaning, name in mapping.columns.items():
        if name not in at:
            raise WrongUse(
                f"{mapping.path}: the column “{name}” (columns.{meaning}) is not in {file}, whose columns are: "
                + _shown(names)
            )
    return [at[mapping.columns[place]] if place in mapping.columns else -1 for place in _PLACES]


def _shown(names: Sequence[str]) -> str:
    """Return column names for a person, unless the first line is no header but a row, which must not be shown."""
    if any(_MANY_DIGITS.search(name) for name in names):
        return "(not shown: the first line looks like a row; name the columns by csv.header)"
    return ", ".join(name.strip() for name in names)


def _values(batch: pa.RecordBatch, name: str, mapping: Mapping) -> list[Any]:
    """Return a column as a CSV would hold it, moments as microseconds; None stands for a value that cannot be read."""
    if not name:
        return [""] * batch.num_rows
    column = batch.column(name)
    if pa.types.is_timestamp(column.type):
        return _moments(column, mapping)
    return [_written(value) for value in _py(column)]


def _written(value: object) -> object:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    # A whole number that was stored as a float is whole.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _moments(column: pa.Array, mapping: Mapping) -> list[Any]:
    times, by = _PER_MICROSECOND[column.type.unit]
    micros = [value if value == "" else value * times // by for value in _py(column.cast(pa.int64()))]
    if column.type.tz is not None:
        return micros
    return [value if value == "" else _local(value, mapping) for value in micros]


def _local(micros: int, mapping: Mapping) -> int | None:
    try:
        return from_local(micros, mapping.zone)
    except BadRow:
        return None


def _py(column: pa.Array) -> list[Any]:
    """Return the values, "" where there is none; None stands for one that Python cannot hold."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        # Parquet does not check that a text is one.
        column = column.cast(pa.large_binary() if pa.types.is_large_string(column.type) else pa.binary())
    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        return [_one(value) for value in column]
    return ["" if value is None else value for value in values]


def _one(value: pa.Scalar) -> Any:
    try:
        return value.as_py() if value.is_valid else ""
    except (ValueError, OverflowError):
        return None

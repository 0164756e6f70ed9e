"""Read Parquet logs by a mapping, many rows at a time."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Table
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from cleannet.edge.columns import PER_MICROSECOND, batch_of
from cleannet.edge.files import LogFile
from cleannet.edge.mapping import Mapping
from cleannet.edge.rows import BadRow, Row, Source
from cleannet.edge.sieve import Rest
from cleannet.edge.tables import Form, Make, T, positions_of, subscribers_of
from cleannet.edge.times import from_local
from cleannet.edge.wrong_use import WrongUse

_BATCH = 131_072
Columns = Table[str, pa.Array]
Indices = npt.NDArray[np.intp]
Left = Callable[[Columns, int], Indices]


def read_parquet(log: LogFile, source: Source, mapping: Mapping, rest: Rest) -> Iterator[Row]:
    """Yield the rows of a Parquet file that `rest` does not settle, accounting for all in `source`.

    Raises WrongUse when a column is missing.
    """
    return read_rows(log, source, mapping, _left(source, mapping, rest), Form(mapping).rows)


def read_batches(batches: Iterable[pa.RecordBatch], source: Source, mapping: Mapping, rest: Rest) -> Iterator[Row]:
    """Yield the rows of Arrow batches that `rest` does not settle, accounting for all in `source`.

    Raises WrongUse when a column is missing.
    """
    source.format = "arrow"
    source.subscribers = subscribers_of(mapping)
    left, make, before = _left(source, mapping, rest), Form(mapping).rows, 0
    for batch in batches:
        yield from _rows(batch, before, source, mapping, left, make)
        before += batch.num_rows


def read_rows(log: LogFile, source: Source, mapping: Mapping, left: Left, make: Make[T]) -> Iterator[T]:
    """Yield what `make` makes of the rows that `left` leaves of each batch's columns; the others are accounted for.

    Raises WrongUse when a column is missing.
    """
    source.format = "parquet"
    source.subscribers = subscribers_of(mapping)
    groups = log.row_groups
    if groups is None or 0 in groups:
        with log.path.open("rb") as file:
            source.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    size = log.path.stat().st_size
    try:
        # Buffered ahead, a file would end up in memory whole.
        with pq.ParquetFile(log.path, pre_buffer=False) as parquet:
            names = parquet.schema_arrow.names
            wanted = sorted({names[at] for at in positions_of(mapping, names, source.file) if at >= 0})
            before = sum(parquet.metadata.row_group(number).num_rows for number in range(min(groups or [0])))
            for batch in parquet.iter_batches(_BATCH, columns=wanted, row_groups=groups):
                yield from _rows(batch, before, source, mapping, left, make)
                before += batch.num_rows
                log.passed(size * batch.num_rows // parquet.metadata.num_rows)
    except pa.ArrowNotImplementedError as error:
        raise WrongUse(f"{source.file}: a column is of a type that cannot be read: {error}") from None
    except (pa.ArrowException, OSError):
        source.cut_off = "the Parquet file is damaged or ends too early; what could be read was read"


def _left(source: Source, mapping: Mapping, rest: Rest) -> Left:
    return lambda columns, rows: rest(batch_of(columns, rows, mapping), source)


def _rows(
    batch: pa.RecordBatch, before: int, source: Source, mapping: Mapping, left: Left, make: Make[T]
) -> Iterator[T]:
    names = batch.schema.names
    positions = positions_of(mapping, names, source.file)
    columns = {place: _column(batch, names[at]) for place, at in zip(mapping.places, positions, strict=True) if at >= 0}
    read = left(columns, batch.num_rows)
    taken = pa.array(read)
    values = [
        _values(columns[place].take(taken), mapping) if place in columns else [""] * len(read)
        for place in mapping.places
    ]
    for row, *fields in zip(read.tolist(), *values, strict=True):
        yield from make(fields, before + row + 1, source)


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    """Return the last column of a name, as a CSV's would be taken; what is only viewed comes whole."""
    column = batch.column(batch.schema.get_all_field_indices(name)[-1])
    kind = column.type
    return column.cast(pa.large_binary()) if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind) else column


def _values(column: pa.Array, mapping: Mapping) -> list[Any]:
    """Return a column as a CSV would hold it, moments as microseconds; None stands for a value that cannot be read."""
    if pa.types.is_timestamp(column.type):
        return _moments(column, mapping)
    return [value if isinstance(value, str) else _written(value) for value in _py(column)]


def _written(value: object) -> object:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    # A whole number that was stored as a float is whole.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _moments(column: pa.Array, mapping: Mapping) -> list[Any]:
    times, by = PER_MICROSECOND[column.type.unit]
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
    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            # Parquet does not check that a text is one.
            return _py(column.cast(pa.large_binary() if pa.types.is_large_string(column.type) else pa.binary()))
        return [_one(value) for value in column]
    return ["" if value is None else value for value in values]


def _one(value: pa.Scalar) -> Any:
    try:
        return value.as_py() if value.is_valid else ""
    except (ValueError, OverflowError):
        return None

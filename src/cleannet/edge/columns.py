"""Take the columns of an Arrow batch, as a mapping names them, for many rows at once."""

from collections.abc import Mapping as Table

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cleannet.edge import plain
from cleannet.edge.hashing import Bytes, Texts
from cleannet.edge.mapping import Mapping
from cleannet.edge.plain import Moments
from cleannet.edge.sieve import Batch

PER_MICROSECOND = {"s": (1_000_000, 1), "ms": (1000, 1), "us": (1, 1), "ns": (1, 1000)}
_PER_UNIT = {"epoch_s": 1_000_000, "epoch_ms": 1000, "epoch_us": 1}
_FAR = 1 << 53
_NUMBERS, _FEES = (13_000_000_000, 20_000_000_000), (0, 10_000_000)


def batch_of(columns: Table[str, pa.Array], rows: int, mapping: Mapping) -> Batch:
    """Return the columns by their meaning as a batch; a column of an unusual type makes every row odd."""
    odd = np.zeros(rows, np.uint8)
    at = _moments(columns["time"], mapping, odd)
    if "number" in columns:
        _mark_numbers(columns["number"], odd)
    else:
        plain.mark_empty(_texts(columns["address"], odd), odd)
    if "fee" in columns:
        _mark_fees(columns["fee"], columns["record"], mapping.unit, odd)
    places = {name: _texts(columns[name], odd) for name in ("host", "uri", "dst_ip") if name in columns}
    return Batch(at, odd, places.get("host"), places.get("dst_ip"), places.get("uri"))


def _texts(column: pa.Array, odd: Bytes) -> Texts:
    """Return a column of texts, "" where there is none."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_large_string(kind) or pa.types.is_large_binary(kind):
        column = column.cast(pa.binary())
    elif not (pa.types.is_string(kind) or pa.types.is_binary(kind)):
        odd[:] = 1
        return Texts(np.zeros(1, np.uint8), np.zeros(len(odd), np.int32), np.zeros(len(odd), np.int32))
    if column.null_count:
        column = column.fill_null("" if pa.types.is_string(column.type) else b"")
    _, offsets, data = column.buffers()
    bounds = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    held = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    return Texts(held, bounds[:-1], bounds[1:])


def _whole(column: pa.Array, odd: Bytes) -> npt.NDArray[np.int64]:
    """Return a column of whole numbers; rows without one are odd."""
    if column.null_count:
        odd |= _nulls(column)
        column = column.fill_null(0)
    values: npt.NDArray[np.int64] = column.to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    return values


def _moments(column: pa.Array, mapping: Mapping, odd: Bytes) -> Moments:
    kind = column.type
    if pa.types.is_timestamp(kind):
        times, by = PER_MICROSECOND[kind.unit]
        at = _whole(column.cast(pa.int64()), odd)
        if len(at) and max(-int(at.min()), int(at.max())) > _FAR // times * by:
            far = _FAR // times * by
            odd |= (at > far) | (at < -far)
        if times != by:
            at = at * times // by
        return at if kind.tz is not None else plain.to_utc(at, mapping.zone, odd)
    if pa.types.is_signed_integer(kind) and mapping.time_form in _PER_UNIT:
        values, unit = _whole(column, odd), _PER_UNIT[mapping.time_form]
        odd |= (values < 0) | (values > _FAR // unit)
        return np.where(odd, 0, values) * unit
    return plain.moments(_texts(column, odd), mapping.time_form, mapping.zone, odd)


def _mark_numbers(column: pa.Array, odd: Bytes) -> None:
    if pa.types.is_signed_integer(column.type):
        values = _whole(column, odd)
        odd |= (values < _NUMBERS[0]) | (values >= _NUMBERS[1])
    else:
        plain.mark_unless_numbers(_texts(column, odd), odd)


def _mark_fees(fees: pa.Array, records: pa.Array, unit: str, odd: Bytes) -> None:
    missing = _nulls(records)
    if not pa.types.is_signed_integer(records.type):
        bounds = _texts(records, odd)
        missing |= bounds.starts == bounds.ends
    if pa.types.is_signed_integer(fees.type) or pa.types.is_floating(fees.type):
        values = fees.fill_null(0).to_numpy(zero_copy_only=False).astype(np.float64)
        is_plain = (values >= _FEES[0]) & (values < _FEES[1]) & (values == np.floor(values))
        odd |= ~_nulls(fees) & ~(is_plain & ~missing)
    else:
        plain.mark_unless_fees(_texts(fees, odd), unit, missing, odd)


def _nulls(column: pa.Array) -> npt.NDArray[np.bool_]:
    if not column.null_count:
        return np.zeros(len(column), bool)
    mask: npt.NDArray[np.bool_] = column.is_null().to_numpy(zero_copy_only=False)
    return mask

"""Read many fields at once where they are written the plain way, and mark the rows where one is not.

Every function takes `odd`, one byte a row, and sets it where its field needs the careful reading of the row by itself;
what is not marked means exactly what the careful reading would say.
"""

from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np
import numpy.typing as npt

from cleannet.core.tally import MICROSECOND, from_micros, to_micros
from cleannet.edge.hashing import Bytes, Ints, Texts, compiled

Moments = npt.NDArray[np.int64]
_FIELDS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_ISO = "%Y-%m-%dT%H:%M:%S"
_DAY = timedelta(days=1) // MICROSECOND
_MOST_DAYS = 400
_FAR = to_micros(datetime(9000, 1, 1, tzinfo=UTC))
_DOT, _ZERO, _NINE, _BACKSLASH = 46, 48, 57, 92
_LITERAL, _YEAR, _SECOND = 0, 1, 6


def mark_unless_numbers(texts: Texts, odd: Bytes) -> None:
    """Mark what is not a mobile number of 11 digits, with or without 86 before it."""
    held = texts.data[texts.starts[0] : texts.ends[-1]] if len(texts.starts) else texts.data[:0]
    # Where the numbers lie side by side one sweep over all bytes is nearly free, and mostly finds nothing but digits.
    is_apart = len(held) > 13 * len(texts.starts)
    _numbers(*texts, is_apart or bool((held - np.uint8(_ZERO) > 9).any()), odd)


def without(texts: Texts, unset: bytes, empty: bytes, odd: Bytes) -> Texts:
    """Return texts of which those that mean nothing are empty, and mark those with an escape."""
    ends = texts.ends.copy()
    _without(*texts, np.frombuffer(unset, np.uint8), np.frombuffer(empty, np.uint8), ends, odd)
    return texts._replace(ends=ends)


def mark_unless_fees(texts: Texts, unit: str, no_record: npt.NDArray[np.bool_], odd: Bytes) -> None:
    """Mark a fee that is not up to seven digits (with up to two after the point in yuan), or is without a record id."""
    _fees(*texts, unit == "yuan", no_record, odd)


def mark_empty(texts: Texts, odd: Bytes) -> None:
    """Mark a field that is empty or begins with a space or a control character."""
    _present(*texts, odd)


def moments(texts: Texts, form: str, zone: tzinfo | None, odd: Bytes) -> Moments:
    """Return the microseconds of times written in `form` (see times.from_text)."""
    at = np.zeros(len(texts.starts), np.int64)
    if form.startswith("epoch_"):
        _epochs(*texts, {"epoch_s": 1_000_000, "epoch_ms": 1000, "epoch_us": 1}[form], at, odd)
        return at
    layout = _layout(_ISO if form == "iso" else form)
    if layout is None:
        odd[:] = 1
        return at
    local = np.zeros(len(at), np.uint8)
    _laid_out(*texts, *layout, form == "iso", at, local, odd)
    if local.any():
        _to_utc(at, local.astype(bool) & (odd == 0), zone, odd)
    return at


def to_utc(local: Moments, zone: tzinfo | None, odd: Bytes) -> Moments:
    """Return microseconds counted as if the clock of `zone` were UTC's as those of UTC."""
    at = local.copy()
    _to_utc(at, odd == 0, zone, odd)
    return at


def _to_utc(at: Moments, local: npt.NDArray[np.bool_], zone: tzinfo | None, odd: Bytes) -> None:
    """Shift the local ones by the offset of their zone, if it is the same on all their days; mark them otherwise."""
    if not local.any():
        return
    chosen = at[local]
    earliest, latest = int(chosen.min()), int(chosen.max())
    days = range(earliest - _DAY, latest + 2 * _DAY, _DAY)
    offsets = set()
    if zone is not None and earliest > 2 * _DAY and latest < _FAR and len(days) <= _MOST_DAYS:
        offsets = {from_micros(day).replace(tzinfo=zone).utcoffset() for day in days}
    offset = offsets.pop() if len(offsets) == 1 else None
    if offset is None:
        odd[local] = 1
    else:
        at[local] -= offset // MICROSECOND


def _layout(pattern: str) -> tuple[Bytes, Bytes] | None:
    """Return for each place of a text the field it belongs to and the literal it must be; None where it may vary."""
    if pattern != pattern.strip():
        return None
    fields: list[int] = []
    literals: list[int] = []
    rest = iter(pattern)
    for character in rest:
        if character == "%":
            name = next(rest, "")
            if name not in _FIELDS:
                return None
            fields += [list(_FIELDS).index(name) + _YEAR] * _FIELDS[name]
            literals += [0] * _FIELDS[name]
        elif not character.isascii() or (character.isalnum() and pattern is not _ISO):
            return None
        else:
            fields.append(_LITERAL)
            literals.append(ord(character))
    known = sorted(set(fields) - {_LITERAL})
    whole = known == list(range(_YEAR, _YEAR + len(_FIELDS))) and len([f for f in fields if f != _LITERAL]) == 14
    return (np.array(fields, np.uint8), np.array(literals, np.uint8)) if whole else None


@compiled
def _numbers(data: Bytes, starts: Ints, ends: Ints, others: bool, odd: Bytes) -> None:
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        if end - start == 13 and data[start] == 56 and data[start + 1] == 54:
            start += 2
        wrong = end - start != 11 or data[start] != 49 or not 51 <= data[start + 1] <= _NINE
        if others and not wrong:
            for position in range(start + 2, end):
                wrong |= not _ZERO <= data[position] <= _NINE
        odd[row] |= np.uint8(wrong)


@compiled
def _without(data: Bytes, starts: Ints, ends: Ints, unset: Bytes, empty: Bytes, cut: Ints, odd: Bytes) -> None:
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        is_unset, is_empty = end - start == len(unset), end - start == len(empty)
        for position in range(start, end):
            byte = data[position]
            is_unset = is_unset and byte == unset[position - start]
            is_empty = is_empty and byte == empty[position - start]
            if byte == _BACKSLASH:
                odd[row] = 1
        if is_unset or is_empty:
            cut[row] = start


@compiled
def _present(data: Bytes, starts: Ints, ends: Ints, odd: Bytes) -> None:
    for row in range(len(starts)):
        if starts[row] == ends[row] or not 0x20 < data[starts[row]] < 0x7F:
            odd[row] = 1


@compiled
def _fees(data: Bytes, starts: Ints, ends: Ints, parted: bool, no_record: npt.NDArray[np.bool_], odd: Bytes) -> None:
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        if start == end:
            continue
        whole, after, dots, wrong = 0, 0, 0, False
        for position in range(start, end):
            byte = data[position]
            if byte == _DOT:
                dots += 1
            elif _ZERO <= byte <= _NINE:
                whole += dots == 0
                after += dots > 0
            else:
                wrong = True
        wrong |= not 1 <= whole <= 7 or dots > parted or (dots == 1 and not 1 <= after <= 2)
        odd[row] |= np.uint8(wrong or no_record[row])


@compiled
def _epochs(data: Bytes, starts: Ints, ends: Ints, unit: int, at: Moments, odd: Bytes) -> None:
    most = 11 if unit == 1_000_000 else 16
    for row in range(len(starts)):
        value, fraction, weight, digits = 0, 0, unit, 0
        wrong, dotted = False, False
        for position in range(starts[row], ends[row]):
            byte = data[position]
            if byte == _DOT and unit == 1_000_000 and not dotted and digits > 0:
                dotted = True
            elif not _ZERO <= byte <= _NINE:
                wrong = True
                break
            elif dotted:
                weight //= 10
                fraction += (byte - _ZERO) * weight
            else:
                value = value * 10 + (byte - _ZERO)
                digits += 1
                if digits > most:
                    wrong = True
                    break
        if wrong or digits == 0:
            odd[row] = 1
        else:
            at[row] = value * unit + fraction


@compiled
def _laid_out(
    data: Bytes,
    starts: Ints,
    ends: Ints,
    fields: Bytes,
    literals: Bytes,
    with_tail: bool,
    at: Moments,
    local: Bytes,
    odd: Bytes,
) -> None:
    values = np.zeros(7, np.int64)
    # Where the seconds come last, rows of one minute begin alike, and mostly follow each other.
    minute, before = 0, -1
    while fields[minute] != _SECOND:
        minute += 1
    days = 0
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        if end - start < len(fields):
            odd[row] = 1
            continue
        alike = before >= 0
        for place in range(minute):
            if not alike:
                break
            alike = data[start + place] == data[before + place]
        if not alike:
            values[:] = 0
        values[_SECOND] = 0
        wrong = False
        for place in range(minute if alike else 0, len(fields)):
            byte = data[start + place]
            if fields[place] == _LITERAL:
                # ISO 8601 as people write it has a space for its T.
                wrong |= byte != literals[place] and not (with_tail and literals[place] == 84 and byte == 32)
            else:
                wrong |= not _ZERO <= byte <= _NINE
                values[fields[place]] = values[fields[place]] * 10 + byte - _ZERO
        year, month, day = values[1], values[2], values[3]
        if not alike:
            wrong |= not (year >= 1970 and 1 <= month <= 12 and 1 <= day <= _days(year, month))
            days = 0 if wrong else _since_epoch(year, month, day)
        wrong |= values[4] > 23 or values[5] > 59 or values[6] > 59
        position = start + len(fields)
        micros, offset = 0, 0
        local[row] = 1
        if position < end and not with_tail:
            wrong = True
        if with_tail and not wrong:
            if position < end and data[position] == _DOT:
                position += 1
                digits = 0
                while position < end and _ZERO <= data[position] <= _NINE:
                    micros = micros * 10 + data[position] - _ZERO
                    digits += 1
                    position += 1
                if digits == 3:
                    micros *= 1000
                elif digits != 6:
                    wrong = True
            if position < end:
                local[row] = 0
                sign = data[position]
                if sign == 90 and position + 1 == end:
                    offset = 0
                elif (sign == 43 or sign == 45) and end - position in (5, 6):
                    colon = end - position == 6
                    wrong |= colon and data[position + 3] != 58
                    figures = 0
                    for place in range(1, end - position):
                        byte = data[position + place]
                        if colon and place == 3:
                            continue
                        wrong |= not _ZERO <= byte <= _NINE
                        figures = figures * 10 + byte - _ZERO
                    wrong |= figures // 100 > 23 or figures % 100 > 59
                    offset = (figures // 100 * 60 + figures % 100) * (60 if sign == 43 else -60)
                else:
                    wrong = True
        before = -1 if wrong or len(fields) - minute != 2 else start
        if wrong:
            odd[row] = 1
            continue
        seconds = values[4] * 3600 + values[5] * 60 + values[6] - offset
        at[row] = (days * 86400 + seconds) * 1_000_000 + micros


@compiled
def _days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@compiled
def _since_epoch(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 in the Gregorian calendar, whose years are taken to begin in March."""
    if month <= 2:
        year -= 1
        month += 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719469

"""Look one text up in Android's table of resources (resources.arsc), by its number, in every language."""

import struct
from collections.abc import Iterator, Mapping

from cleannet.apk.pool import Pool

_TABLE, _PACKAGE, _TYPE = 0x0002, 0x0200, 0x0201
_CHUNK = struct.Struct("<HHI")
_TYPE_HEADER = struct.Struct("<BBHIII")
_SPARSE, _OFFSETS_OF_16 = 1, 2
_COMPLEX, _COMPACT = 1, 8
_REFERENCE, _TEXT = 0x01, 0x03
_DEEPEST = 5


def texts(data: bytes, number: int) -> Mapping[str, str]:
    """Return the texts of resource `number` (0xPPTTEEEE) by language: zh, zh-CN, "" by default; {} without any."""
    found: dict[str, str] = {}
    wanted = [("", number)]
    pool = Pool(data, 12)
    for _ in range(_DEEPEST):
        further: list[tuple[str, int]] = []
        for language, one in wanted:
            for own, kind, value in _values(data, one):
                if kind == _TEXT:
                    found.setdefault(own or language, pool.text(value))
                elif kind == _REFERENCE and value != one:
                    further.append((own or language, value))
        wanted = further
    return found


def _chunks(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield kind, place, header size and end of each chunk between `at` and `end`; a broken one ends it."""
    while at + _CHUNK.size <= end:
        kind, header, size = _CHUNK.unpack_from(data, at)
        if size < _CHUNK.size or header < _CHUNK.size:
            return
        yield kind, at, header, min(at + size, end)
        at += size


def _values(data: bytes, number: int) -> Iterator[tuple[str, int, int]]:
    """Yield language, kind and data of each value of a resource."""
    package, type_number, entry = number >> 24, number >> 16 & 0xFF, number & 0xFFFF
    for table, at, header, end in _chunks(data, 0, len(data)):
        if table != _TABLE:
            return
        for kind, inner, inner_header, inner_end in _chunks(data, at + header, end):
            if kind != _PACKAGE or inner_end - inner < 12 or data[inner + 8] != package:
                continue
            for own, place, own_header, own_end in _chunks(data, inner + inner_header, inner_end):
                if own == _TYPE and own_end - place >= 32 and data[place + 8] == type_number:
                    value = _value(data, place, own_header, own_end, entry)
                    if value is not None:
                        yield _language(data, place), *value


def _value(data: bytes, at: int, header: int, end: int, entry: int) -> tuple[int, int] | None:
    """Return kind and data of an entry of the type chunk at `at`; None where it is not there or is no simple value."""
    _, flags, _, count, start, _ = _TYPE_HEADER.unpack_from(data, at + _CHUNK.size)
    offset = _offset(data, at + header, flags, count, entry, end)
    if offset is None or at + start + offset + 8 > end:
        return None
    place = at + start + offset
    size, how, key = struct.unpack_from("<HHI", data, place)
    if how & _COMPACT:
        return how >> 8, key
    if how & _COMPLEX or place + size + 8 > end:
        return None
    kind, value = struct.unpack_from("<3xBI", data, place + size)
    return kind, value


def _offset(data: bytes, at: int, flags: int, count: int, entry: int, end: int) -> int | None:
    if flags & _SPARSE:
        rows = data[at : min(at + 4 * count, end)]
        pairs = struct.iter_unpack("<HH", rows[: len(rows) // 4 * 4])
        return next((4 * offset for index, offset in pairs if index == entry), None)
    width, none = (2, 0xFFFF) if flags & _OFFSETS_OF_16 else (4, 0xFFFFFFFF)
    place = at + width * entry
    if entry >= count or place + width > end:
        return None
    offset = int.from_bytes(data[place : place + width], "little")
    return None if offset == none else offset * (4 if width == 2 else 1)


def _language(data: bytes, at: int) -> str:
    """Return the language and country of a type's configuration: zh, zh-CN, or ""."""
    language, country = data[at + 28 : at + 30], data[at + 30 : at + 32]
    parts = [part.decode() for part in (language, country) if part.isalpha() and part.isascii()]
    return "-".join(parts)

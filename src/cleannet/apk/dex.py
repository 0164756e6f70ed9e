"""Read the strings and the references of a DEX file, whatever its headers claim.

The layout is that of the Dalvik executable format, versions 035 to 041. A table that lies outside the file is cut
off, an index that leads nowhere is left empty, and both are said. No more text is kept than the file has bytes, so that
no file makes reading it cost more than its size.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zlib import adler32

HEADER = 112
LONGEST = 1 << 20
MOST_PARTS = 16
_MAGIC, _OPTIMISED, _CONTAINER = b"dex\n", b"dey\n", b"dex\n041"
_ENDIAN_AT, _TABLES_AT, _MAP_AT = 40, 56, 52
_LITTLE, _BIG = b"\x78\x56\x34\x12", b"\x12\x34\x56\x78"
# The tables of the header in its order, with their codes in the map and the bytes of a row; prototypes are not read.
_TABLES = (("strings", 1, 4), ("types", 2, 4), ("", 3, 12), ("fields", 4, 8), ("methods", 5, 8), ("classes", 6, 32))

Reference = tuple[str, str]


class NotDex(ValueError):
    """Say why bytes are no DEX file at all."""


@dataclass(frozen=True, slots=True)
class Dex:
    """Hold what one DEX file names.

    `methods` and `fields` are (class, name), in the order of their tables, with empty texts where an index leads
    nowhere; `classes` are the types it defines. Types are written as descriptors: `Lcom/example/A;`.
    """

    version: str
    strings: Sequence[str]
    methods: Sequence[Reference]
    fields: Sequence[Reference]
    classes: Sequence[str]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    count: int
    at: int
    row: int

    def fits(self, size: int) -> bool:
        return not self.count or (self.at >= HEADER and self.at + self.count * self.row <= size)


def read(data: bytes) -> Dex:
    """Return what the DEX file in `data` names; raise NotDex when it has neither the magic nor the shape of one."""
    problems: list[str] = []
    data = _inside(data, problems)
    if len(data) < HEADER:
        raise NotDex(f"{len(data)} bytes are less than a DEX header")
    order = ">" if data[_ENDIAN_AT : _ENDIAN_AT + 4] == _BIG else "<"
    known = data[_ENDIAN_AT : _ENDIAN_AT + 4] in (_LITTLE, _BIG)
    if data[:4] != _MAGIC:
        if not known:
            raise NotDex("neither the magic nor the byte order mark of DEX")
        problems.append("the magic is not that of DEX")
    elif not known:
        problems.append("the byte order mark is not that of DEX")
    version = data[4:7].decode("ascii", "replace")
    _look_at_header(data, order, version, problems)
    tables = dict(_tables(data, order, problems))
    strings = _strings(data, _offsets(data, tables["strings"], order), problems)
    types = _named(_offsets(data, tables["types"], order), strings, "type", problems)
    methods = _references(data, tables["methods"], order, types, strings, problems)
    fields = _references(data, tables["fields"], order, types, strings, problems)
    rows = _rows(data, tables["classes"])
    classes = _named([row[0] for row in struct.iter_unpack(f"{order}I28x", rows)], types, "class", problems)
    return Dex(version, strings, methods, fields, [name for name in classes if name], tuple(problems))


def parts(data: bytes) -> Iterator[bytes]:
    """Yield the DEX files of a container (version 041), or `data` itself.

    All offsets of a container count from its start, so each later part is its own header before the bytes of the whole.
    """
    yield data
    at, most = int.from_bytes(data[32:36], "little"), MOST_PARTS
    while data[:7] == _CONTAINER and at >= HEADER and data[at : at + 4] == _MAGIC and most:
        yield data[at : at + HEADER] + data[HEADER:]
        at += max(int.from_bytes(data[at + 32 : at + 36], "little"), HEADER)
        most -= 1


def _inside(data: bytes, problems: list[str]) -> bytes:
    """Return the DEX file inside an optimised one, or the bytes themselves."""
    if data[:4] != _OPTIMISED or len(data) < 40:
        return data
    at = int.from_bytes(data[8:12], "little")
    problems.append("an optimised DEX file: only the file inside is read")
    return data[at:]


def _look_at_header(data: bytes, order: str, version: str, problems: list[str]) -> None:
    checksum, size, header = (struct.unpack_from(f"{order}I", data, at)[0] for at in (8, 32, 36))
    if not version.isdecimal() or not 35 <= int(version) <= 41:
        problems.append("the version is none of 035 to 041")
    if header != HEADER and not (version == "041" and header == 120):
        problems.append(f"the header says it has {header} bytes")
    if size != len(data) and version != "041":
        problems.append(f"the header says the file has {size} bytes, it has {len(data)}")
    elif checksum != adler32(memoryview(data)[12:]) and version != "041":
        problems.append("the checksum is wrong")


def _tables(data: bytes, order: str, problems: list[str]) -> Iterator[tuple[str, _Table]]:
    """Yield each table by its name: as the header says, or else the map, or else what of it lies in the file."""
    told = struct.unpack_from(f"{order}12I", data, _TABLES_AT)
    mapped = _map(data, order)
    for position, (name, code, row) in enumerate(_TABLES):
        table = _Table(told[2 * position], told[2 * position + 1], row)
        other = _Table(*mapped.get(code, (0, 0)), row)
        if not name:
            continue
        if not table.fits(len(data)):
            if other.count and other.fits(len(data)):
                problems.append(f"the table of {name} is where the map says, not the header")
                table = other
            else:
                inside = max(len(data) - table.at, 0) // row if table.at >= HEADER else 0
                problems.append(
                    f"the table of {name} has {table.count} rows, {min(inside, table.count)} are in the file"
                )
                table = _Table(min(inside, table.count), table.at, row)
        elif mapped and (table.count, table.at if table.count else 0) != (other.count, other.at):
            problems.append(f"header and map differ about the table of {name}")
        yield name, table


def _map(data: bytes, order: str) -> dict[int, tuple[int, int]]:
    """Return count and place of each kind of item, by its code; nothing where there is no map."""
    (at,) = struct.unpack_from(f"{order}I", data, _MAP_AT)
    if not HEADER <= at <= len(data) - 4:
        return {}
    (count,) = struct.unpack_from(f"{order}I", data, at)
    rows = data[at + 4 : at + 4 + 12 * min(count, 64)]
    rows = rows[: len(rows) // 12 * 12]
    return {code: (size, place) for code, size, place in struct.iter_unpack(f"{order}H2xII", rows)}


def _rows(data: bytes, table: _Table) -> bytes:
    return data[table.at : table.at + table.count * table.row]


def _offsets(data: bytes, table: _Table, order: str) -> Sequence[int]:
    return struct.unpack(f"{order}{table.count}I", _rows(data, table))


def _strings(data: bytes, offsets: Sequence[int], problems: list[str]) -> list[str]:
    """Return the texts at `offsets`: a length that is not trusted, then modified UTF-8 up to a zero byte."""
    strings: list[str] = []
    left, astray, cut = len(data), 0, 0
    for at in offsets:
        start = at + 1
        while start - at < 5 and start <= len(data) and data[start - 1] >= 0x80:
            start += 1
        if at < HEADER or start > len(data):
            astray += 1
            strings.append("")
            continue
        end = data.find(0, start, start + LONGEST)
        if end < 0:
            cut += 1
            end = min(start + LONGEST, len(data))
        left -= end - start
        if left < 0:
            problems.append(f"the strings overlap: only the first {len(strings)} of {len(offsets)} were read")
            break
        raw = data[start:end]
        try:
            strings.append(raw.decode())
        except UnicodeDecodeError:
            strings.append(_modified(raw))
    if astray:
        problems.append(f"{astray} strings lie outside the file")
    if cut:
        problems.append(f"{cut} strings have no end or are longer than {LONGEST} bytes")
    return strings


def _modified(raw: bytes) -> str:
    """Decode modified UTF-8: the zero character in two bytes, surrogates one by one; what is neither is replaced."""
    try:
        text = raw.replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _named(indices: Sequence[int], names: Sequence[str], what: str, problems: list[str]) -> list[str]:
    known = len(names)
    found = [names[index] if index < known else "" for index in indices]
    if astray := sum(1 for index in indices if index >= known):
        problems.append(f"{astray} of {len(found)} {what} indices lead nowhere")
    return found


def _references(
    data: bytes, table: _Table, order: str, types: Sequence[str], strings: Sequence[str], problems: list[str]
) -> list[Reference]:
    rows = list(struct.iter_unpack(f"{order}H2xI", _rows(data, table)))
    try:
        return [(types[of], strings[name]) for of, name in rows]
    except IndexError:
        of_types, of_strings = len(types), len(strings)
        astray = sum(1 for of, name in rows if of >= of_types or name >= of_strings)
        problems.append(f"{astray} of {len(rows)} references lead nowhere")
        return [(types[of] if of < of_types else "", strings[name] if name < of_strings else "") for of, name in rows]

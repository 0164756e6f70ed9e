"""Read the strings and the references of a DEX file, whatever its headers claim.

The layout is that of the Dalvik executable format, versions 035 to 041. A table that lies outside the file is cut
off, an index that leads nowhere is left empty, and both are said. No more text is kept than the file has bytes, so that
no file makes reading it cost more than its size.
"""

import struct
import sys
from array import array
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
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


class References:
    """Hold the methods or fields that a file refers to, as (class, name), in the order of their table.

    A part is an empty text where an index leads nowhere.
    """

    def __init__(self, classes: Sequence[int], names: Sequence[int], types: Sequence[int], strings: Sequence[bytes]):
        self._classes, self._names, self._types, self._strings = classes, names, types, strings

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, position: int) -> Reference:
        return self._text(self._of(position)), self._text(self._names[position])

    def named(self, names: Collection[int], of: Collection[int] | None = None) -> Iterator[int]:
        """Yield the positions of those whose name, and whose class where `of` is given, are among these strings.

        Strings are told by their positions.
        """
        for position, name in enumerate(self._names):
            if name in names and (of is None or self._of(position) in of):
                yield position

    def _of(self, position: int) -> int:
        of = self._classes[position]
        return self._types[of] if of < len(self._types) else -1

    def astray(self) -> int:
        """Return how many lead nowhere."""
        types, strings = len(self._types), len(self._strings)
        if max(self._names, default=-1) < strings and max(self._classes, default=-1) < types:
            return 0
        return sum(of >= types or name >= strings for of, name in zip(self._classes, self._names, strict=True))

    def _text(self, string: int) -> str:
        return decoded(self._strings[string]) if 0 <= string < len(self._strings) else ""


@dataclass(frozen=True, slots=True)
class Dex:
    """Hold what one DEX file names.

    `strings` are in modified UTF-8 (see `decoded`), as a file has tens of thousands and hardly one is looked at.
    `classes` are the types it defines. Types are written as descriptors: `Lcom/example/A;`.
    """

    version: str
    strings: Sequence[bytes]
    methods: References
    fields: References
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
    types = _within(_offsets(data, tables["types"], order), len(strings), "type", problems)
    methods = _references(data, tables["methods"], order, types, strings, problems)
    fields = _references(data, tables["fields"], order, types, strings, problems)
    rows = _offsets(data, tables["classes"], order)[::8]
    defined = _within(rows, len(types), "class", problems)
    classes = [decoded(strings[types[one]]) for one in defined if one < len(types) and types[one] < len(strings)]
    return Dex(version, strings, methods, fields, classes, tuple(problems))


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
    """Return the numbers of 32 bits that a table consists of."""
    return _numbers("I", _rows(data, table), order)


def _numbers(code: str, rows: bytes, order: str) -> "array[int]":
    numbers = array(code, rows)
    if (order == "<") != (sys.byteorder == "little"):
        numbers.byteswap()
    return numbers


def _strings(data: bytes, offsets: Sequence[int], problems: list[str]) -> Sequence[bytes]:
    """Return the texts at `offsets`: a length that is not trusted, then modified UTF-8 up to a zero byte."""
    return _in_a_row(data, offsets) or _one_by_one(data, offsets, problems)


def _in_a_row(data: bytes, offsets: Sequence[int]) -> Sequence[bytes]:
    """Return the texts where they follow one another, as every ordinary tool writes them; nothing where they do not."""
    first = 1 if offsets and data[offsets[0] : offsets[0] + 2] == b"\0\0" else 0
    if len(offsets) <= first or not HEADER <= offsets[0] <= offsets[-1] < len(data):
        return []
    start, end = offsets[first], data.find(0, offsets[-1] + 1)
    if end < 0 or data.count(0, start, end) != len(offsets) - first - 1:
        return []
    chunks = data[start:end].split(b"\0")
    if b"" in chunks:
        return []
    starts = accumulate((len(chunk) + 1 for chunk in chunks[:-1]), initial=start)
    if array("I", starts) != offsets[first:]:
        return []
    # In place, as a second list of them would be the most memory that an assessment takes.
    for position, chunk in enumerate(chunks):
        chunks[position] = chunk[1:] if chunk[0] < 0x80 else _behind_length(chunk)
    return [b"", *chunks] if first else chunks


def _behind_length(chunk: bytes) -> bytes:
    start = 1
    while start < 5 and chunk[start - 1 : start] >= b"\x80":
        start += 1
    return chunk[start:]


def _one_by_one(data: bytes, offsets: Sequence[int], problems: list[str]) -> list[bytes]:
    strings: list[bytes] = []
    left, astray, cut = len(data), 0, 0
    for at in offsets:
        start = at + 1
        while start - at < 5 and start <= len(data) and data[start - 1] >= 0x80:
            start += 1
        if at < HEADER or start > len(data):
            astray += 1
            strings.append(b"")
            continue
        end = data.find(0, start, start + LONGEST)
        if end < 0:
            cut += 1
            end = min(start + LONGEST, len(data))
        left -= end - start
        if left < 0:
            problems.append(f"the strings overlap: only the first {len(strings)} of {len(offsets)} were read")
            break
        strings.append(data[start:end])
    if astray:
        problems.append(f"{astray} strings lie outside the file")
    if cut:
        problems.append(f"{cut} strings have no end or are longer than {LONGEST} bytes")
    return strings


def decoded(raw: bytes) -> str:
    """Decode modified UTF-8: the zero character in two bytes, surrogates one by one; what is neither is replaced."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return _modified(raw)


def _modified(raw: bytes) -> str:
    try:
        text = raw.replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _within(indices: Sequence[int], count: int, what: str, problems: list[str]) -> Sequence[int]:
    """Return indices as they are, and say how many lead nowhere."""
    if max(indices, default=-1) >= count:
        astray = sum(index >= count for index in indices)
        problems.append(f"{astray} of {len(indices)} {what} indices lead nowhere")
    return indices


def _references(
    data: bytes, table: _Table, order: str, types: Sequence[int], strings: Sequence[bytes], problems: list[str]
) -> References:
    # A row is a class and a prototype or type, of 16 bits each, and a name of 32.
    halves = _numbers("H", _rows(data, table), order)
    found = References(halves[::4], _offsets(data, table, order)[1::2], types, strings)
    if astray := found.astray():
        problems.append(f"{astray} of {len(found)} references lead nowhere")
    return found

"""Write small DEX files."""

import hashlib
import struct
import zlib
from collections.abc import Iterable

HEADER = 112


def modified_utf8(text: str) -> bytes:
    """Return modified UTF-8: the zero character in two bytes, other planes as two surrogates of three bytes each."""
    units = struct.unpack(f"<{len(text.encode('utf-16-le')) // 2}H", text.encode("utf-16-le"))
    return b"".join(b"\xc0\x80" if unit == 0 else chr(unit).encode("utf-8", "surrogatepass") for unit in units)


def uleb(number: int) -> bytes:
    written = b""
    while number > 127:
        written += bytes([number & 127 | 128])
        number >>= 7
    return written + bytes([number])


def write_dex(
    strings: Iterable[str] = (),
    methods: Iterable[tuple[str, str]] = (),
    fields: Iterable[tuple[str, str]] = (),
    classes: Iterable[str] = (),
    version: str = "035",
    order: str = "<",
) -> bytes:
    """Return a DEX file that holds these strings, references of (class, name) and classes; nothing in it is odd."""
    methods, fields, classes = list(methods), list(fields), list(classes)
    types = sorted({of for of, _ in (*methods, *fields)} | set(classes) | {"V"})
    pool = sorted({*strings, *types, *(name for _, name in (*methods, *fields))})
    at_string = {text: position for position, text in enumerate(pool)}
    at_type = {text: position for position, text in enumerate(types)}

    tables = [
        (1, [b"" for _ in pool], 4),
        (2, [struct.pack(f"{order}I", at_string[text]) for text in types], 4),
        (3, [struct.pack(f"{order}III", at_string["V"], at_type["V"], 0)], 12),
        (4, [struct.pack(f"{order}HHI", at_type[of], at_type["V"], at_string[name]) for of, name in fields], 8),
        (5, [struct.pack(f"{order}HHI", at_type[of], 0, at_string[name]) for of, name in methods], 8),
        (6, [struct.pack(f"{order}8I", at_type[of], 1, 0xFFFFFFFF, 0, 0xFFFFFFFF, 0, 0, 0) for of in classes], 32),
    ]
    at = HEADER
    places = []
    for _, rows, size in tables:
        places.append((len(rows), at if rows else 0))
        at += len(rows) * size
    offsets, texts = [], b""
    for text in pool:
        offsets.append(at + len(texts))
        texts += uleb(len(text.encode("utf-16-le")) // 2) + modified_utf8(text) + b"\0"
    tables[0][1][:] = [struct.pack(f"{order}I", offset) for offset in offsets]
    data_at = at
    at += len(texts)
    padding = -at % 4
    map_at = at + padding
    items = [(0, 1, 0), *((code, *place) for (code, _, _), place in zip(tables, places, strict=True) if place[0])]
    items += [(0x2002, len(pool), data_at), (0x1000, 1, map_at)]
    mapped = struct.pack(f"{order}I", len(items)) + b"".join(
        struct.pack(f"{order}HHII", c, 0, n, o) for c, n, o in items
    )
    size = map_at + len(mapped)
    after = struct.pack(f"{order}II", size, HEADER) + struct.pack(f"{order}I", 0x12345678)
    after += struct.pack(f"{order}III", 0, 0, map_at)
    after += b"".join(struct.pack(f"{order}II", *place) for place in places)
    after += struct.pack(f"{order}II", size - data_at, data_at)
    body = b"".join(row for _, rows, _ in tables for row in rows) + texts + b"\0" * padding + mapped
    return sealed(b"dex\n" + version.encode() + b"\0" + bytes(24) + after + body, order)


def sealed(data: bytes, order: str = "<") -> bytes:
    """Return a DEX file with its signature and checksum made anew."""
    data = data[:12] + hashlib.sha1(data[32:]).digest() + data[32:]
    return data[:8] + struct.pack(f"{order}I", zlib.adler32(data[12:])) + data[12:]


def patched(data: bytes, at: int, *numbers: int, order: str = "<") -> bytes:
    """Return a DEX file with 32-bit numbers written over what is at `at`, and sealed again."""
    return sealed(data[:at] + struct.pack(f"{order}{len(numbers)}I", *numbers) + data[at + 4 * len(numbers) :], order)

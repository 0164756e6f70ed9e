"""Write Android's binary XML and a small table of resources."""

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

NUMBERS = {
    "label": 0x01010001,
    "name": 0x01010003,
    "permission": 0x01010006,
    "exported": 0x01010010,
    "debuggable": 0x0101000F,
    "enabled": 0x0101000E,
    "priority": 0x0101001C,
    "value": 0x01010024,
    "targetActivity": 0x01010202,
    "minSdkVersion": 0x0101020C,
    "versionCode": 0x0101021B,
    "versionName": 0x0101021C,
    "targetSdkVersion": 0x01010270,
}
NONE = 0xFFFFFFFF
URI = "http://schemas.android.com/apk/res/android"


class Reference(NamedTuple):
    """A reference to a resource."""

    number: int


Value = str | int | bool | Reference


class Node(NamedTuple):
    """One element; an attribute of Android's begins with `android:`."""

    tag: str
    attributes: Mapping[str, Value] = {}
    children: Sequence["Node"] = ()


def write_pool(texts: Sequence[str], *, utf8: bool = False, count: int | None = None) -> bytes:
    """Return a chunk of texts; `count` is a lie about how many there are."""
    offsets, body = [], b""
    for text in texts:
        offsets.append(len(body))
        if utf8:
            raw = text.encode()
            body += _length8(len(text.encode("utf-16-le")) // 2) + _length8(len(raw)) + raw + b"\0"
        else:
            raw = text.encode("utf-16-le")
            units = len(raw) // 2
            wide = (
                struct.pack("<H", units) if units < 0x8000 else struct.pack("<HH", units >> 16 | 0x8000, units & 0xFFFF)
            )
            body += wide + raw + b"\0\0"
    body += bytes(-len(body) % 4)
    start = 28 + 4 * len(texts)
    told = len(texts) if count is None else count
    header = struct.pack("<HHIIIIII", 1, 28, start + len(body), told, 0, 256 if utf8 else 0, start, 0)
    return header + struct.pack(f"<{len(offsets)}I", *offsets) + body


def _length8(length: int) -> bytes:
    return bytes([length]) if length < 0x80 else bytes([length >> 8 | 0x80, length & 0xFF])


def write_axml(
    root: Node, *, utf8: bool = False, names: bool = True, kind: int = 3, count: int | None = None, junk: bytes = b""
) -> bytes:
    """Return binary XML. Without `names` attributes have only their number; `junk` stands before the elements."""
    known = sorted(
        {key.removeprefix("android:") for node in _all(root) for key in node.attributes if key.startswith("android:")}
    )
    others = sorted(
        {node.tag for node in _all(root)}
        | {key for node in _all(root) for key in node.attributes if not key.startswith("android:")}
        | {value for node in _all(root) for value in node.attributes.values() if isinstance(value, str)}
        | {"android", URI}
    )
    pool = [*(name if names else "" for name in known), *others]
    at_known = {name: position for position, name in enumerate(known)}
    at_other = {text: position + len(known) for position, text in enumerate(others)}

    def element(node: Node) -> bytes:
        attributes = b""
        ordered = sorted(node.attributes.items(), key=lambda item: NUMBERS.get(item[0].removeprefix("android:"), NONE))
        for key, value in ordered:
            own = key.startswith("android:")
            name = at_known[key.removeprefix("android:")] if own else at_other[key]
            raw, type_, data = NONE, 0x10, 0
            if isinstance(value, str):
                raw, type_, data = at_other[value], 3, at_other[value]
            elif isinstance(value, Reference):
                type_, data = 1, value.number
            elif isinstance(value, bool):
                type_, data = 0x12, NONE if value else 0
            else:
                data = value & NONE
            attributes += struct.pack("<IIIHBBI", at_other[URI] if own else NONE, name, raw, 8, 0, type_, data)
        head = struct.pack("<IIHHHHHH", NONE, at_other[node.tag], 20, 20, len(node.attributes), 0, 0, 0)
        start = struct.pack("<HHIII", 0x102, 16, 16 + len(head) + len(attributes), 1, NONE) + head + attributes
        end = struct.pack("<HHIIIII", 0x103, 16, 24, 1, NONE, NONE, at_other[node.tag])
        return start + b"".join(element(child) for child in node.children) + end

    numbers = struct.pack(f"<HHI{len(known)}I", 0x180, 8, 8 + 4 * len(known), *(NUMBERS[name] for name in known))
    space = struct.pack("<HHIIIII", 0x100, 16, 24, 1, NONE, at_other["android"], at_other[URI])
    over = struct.pack("<HHIIIII", 0x101, 16, 24, 1, NONE, at_other["android"], at_other[URI])
    body = write_pool(pool, utf8=utf8, count=count) + numbers + junk + space + element(root) + over
    return struct.pack("<HHI", kind, 8, 8 + len(body)) + body


def _all(node: Node) -> list[Node]:
    return [node, *(below for child in node.children for below in _all(child))]


def write_table(texts: Mapping[str, str], *, number: int = 0x7F010000, through: int = 0) -> bytes:
    """Return a table of resources with one text, by language; `through` is another resource that refers to it."""
    pool = write_pool(list(texts.values()), utf8=True)
    package, kind = number >> 24, number >> 16 & 0xFF
    types = b""
    for position, language in enumerate(texts):
        written = language.encode().ljust(2, b"\0")[:2] + language[3:5].encode().ljust(2, b"\0")
        config = struct.pack("<II", 64, 0) + written + bytes(52)
        entries = struct.pack("<HHI", 8, 0, 0) + struct.pack("<HBBI", 8, 0, 3, position)
        offsets = [0]
        if through:
            offsets.append(len(entries))
            entries += struct.pack("<HHI", 8, 0, 0) + struct.pack("<HBBI", 8, 0, 1, number)
        header = 20 + len(config)
        start = header + 4 * len(offsets)
        types += struct.pack("<HHIBBHII", 0x201, header, start + len(entries), kind, 0, 0, len(offsets), start)
        types += config + struct.pack(f"<{len(offsets)}I", *offsets) + entries
    head = struct.pack("<HHII256sIIIII", 0x200, 288, 288 + len(types), package, bytes(256), 0, 0, 0, 0, 0)
    body = pool + head + types
    return struct.pack("<HHII", 2, 12, 12 + len(body), 1) + body

"""Write ZIP files, odd ones too: every field of a header can be told to lie."""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

STORED, DEFLATED = 0, 8


@dataclass(frozen=True)
class Member:
    """One entry; a field that is None is as it should be. `local` is the name in the local header."""

    name: str
    data: bytes = b""
    method: int = DEFLATED
    told_method: int | None = None
    flags: int = 0
    size: int | None = None
    packed: int | None = None
    crc: int | None = None
    local: str | None = None
    at: int | None = None


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def write_zip(members: Iterable[Member], *, before: bytes = b"", comment: bytes = b"", block: bytes = b"") -> bytes:
    """Return a ZIP file; `block` stands between the entries and the directory, where a signing block belongs."""
    body, directory, count = bytearray(before), bytearray(), 0
    for member in members:
        packed = deflated(member.data) if member.method == DEFLATED else member.data
        method = member.method if member.told_method is None else member.told_method
        sums = (
            zlib.crc32(member.data) if member.crc is None else member.crc,
            len(packed) if member.packed is None else member.packed,
            len(member.data) if member.size is None else member.size,
        )
        name = member.name.encode()
        local = name if member.local is None else member.local.encode()
        at = len(body) if member.at is None else member.at
        body += (
            struct.pack("<4s5H3I2H", b"PK\3\4", 20, member.flags, method, 0, 0x21, *sums, len(local), 0)
            + local
            + packed
        )
        directory += struct.pack(
            "<4s6H3I5H2I", b"PK\1\2", 20, 20, member.flags, method, 0, 0x21, *sums, len(name), 0, 0, 0, 0, 0, at
        )
        directory += name
        count += 1
    body += block
    counted = min(count, 0xFFFF)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, counted, counted, len(directory), len(body), len(comment))
    return bytes(body + directory + end + comment)

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


def encrypted(member: Member, password: bytes) -> bytes:
    """Return a ZIP file with one entry, encrypted in the traditional way (APPNOTE 6.1) that every tool opens."""
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
        table.append(value)
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte: int) -> None:
        keys[0] = keys[0] >> 8 ^ table[(keys[0] ^ byte) & 0xFF]
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = keys[2] >> 8 ^ table[(keys[2] ^ keys[1] >> 24) & 0xFF]

    for byte in password:
        update(byte)
    crc = zlib.crc32(member.data)
    out = bytearray()
    for byte in bytes(11) + bytes([crc >> 24]) + deflated(member.data):
        mixed = keys[2] | 2
        out.append(byte ^ ((mixed * (mixed ^ 1)) >> 8 & 0xFF))
        update(byte)
    told = Member(member.name, bytes(out), STORED, DEFLATED, flags=1, size=len(member.data), packed=len(out), crc=crc)
    return write_zip([told])

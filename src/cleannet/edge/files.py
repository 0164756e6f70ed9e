"""Read a log file line by line, plain or gzip (RFC 1952) by its content, in constant memory, hashing it as it passes.

Damage is not fatal: what was read before it counts, and `cut_off` says what happened.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

CHUNK = 1 << 20
LONGEST_LINE = 1 << 20
_GZIP = b"\x1f\x8b"


class LogFile:
    """Give the lines of one file; `sha256` (of the file as it lies) and `cut_off` hold once all lines were taken."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cut_off = ""
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def lines(self, chunks: Iterable[bytes] | None = None) -> Iterator[bytes | None]:
        """Yield each line without its end; None stands for a line longer than 1 MiB or cut off by damage.

        `chunks` is what is left of the content where some of it was taken already.
        """
        carry = b""
        skipping = False
        for chunk in self.chunks() if chunks is None else chunks:
            first, *rest = chunk.split(b"\n")
            carry += first
            for line in rest:
                yield None if skipping else carry
                carry, skipping = line, False
            if len(carry) > LONGEST_LINE:
                carry, skipping = b"", True
        if skipping or (carry and self.cut_off):
            yield None
        elif carry:
            yield carry

    def start(self) -> bytes:
        """Return the first bytes of the content, without a trace on digest and damage."""
        with self.path.open("rb") as file:
            data = file.read(CHUNK)
        if not data.startswith(_GZIP):
            return data
        try:
            return zlib.decompressobj(31).decompress(data, CHUNK)
        except zlib.error:
            return b""

    def chunks(self) -> Iterator[bytes]:
        """Yield the content in pieces of at most 1 MiB."""
        with self.path.open("rb") as file:
            data = file.read(CHUNK)
            if data.startswith(_GZIP):
                yield from self._inflated(data, file)
                return
            while data:
                self._digest.update(data)
                yield data
                data = file.read(CHUNK)

    def _inflated(self, data: bytes, file: object) -> Iterator[bytes]:
        read = file.read  # type: ignore[attr-defined] # any binary file
        member: zlib._Decompress | None = None
        while data:
            self._digest.update(data)
            while data and not self.cut_off:
                if member is None:
                    data = data.lstrip(b"\0")
                    if not data:
                        break
                    member = zlib.decompressobj(31)
                before = member.copy()
                try:
                    out = member.decompress(data, CHUNK)
                except zlib.error:
                    yield from _up_to_damage(before, data)
                    self.cut_off = "the compressed data is damaged; what came before was read"
                    break
                if out:
                    yield out
                data = member.unused_data if member.eof else member.unconsumed_tail
                if member.eof:
                    member = None
            data = read(CHUNK)
        if member is not None and not self.cut_off:
            self.cut_off = "the compressed data ends too early; what was there was read"


def _up_to_damage(member: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """Yield, byte by byte, what comes out of damaged data before the damage."""
    while True:
        try:
            out = member.decompress(data, 1)
        except zlib.error:
            return
        yield out
        data = member.unconsumed_tail

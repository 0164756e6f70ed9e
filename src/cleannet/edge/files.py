"""Read a log file, plain, gzip or Zstandard by its content, in constant memory, hashing it as it passes.

Damage is not fatal: what was read before it counts, and `cut_off` says what happened.
"""

import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import zstandard
from isal import isal_zlib
from isal.igzip_lib import IsalError

CHUNK = 1 << 20
LONGEST_LINE = 1 << 20
_START = 1 << 14
DAMAGED = "the compressed data is damaged; what came before was read"
TOO_SHORT = "the compressed data ends too early; what was there was read"
_GZIP, _GZIP_PIECE = b"\x1f\x8b", 1 << 12
_ZSTD, _ZSTD_PIECE, _WIDEST_WINDOW = b"\x28\xb5\x2f\xfd", 512, 1 << 27
# Which lines of a log say how to read the others: all that are marked, or the first that is not empty.
MARKED_LINES, FIRST_LINE = (
    re.compile(rb"^#[^\n]*\n", re.MULTILINE),
    re.compile(rb"^[^\n]*[^\r\n][^\n]*\n", re.MULTILINE),
)
_PARQUET = b"PAR1"
_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")


class LogFile:
    """Give the lines of one file; `sha256` (of the file as it lies) and `cut_off` hold once all lines were taken.

    `passed` hears of each piece of the file how many bytes it has. Of a Parquet file only `row_groups` are to be read,
    where they are named.
    """

    def __init__(
        self,
        path: Path,
        passed: Callable[[int], object] = lambda count: None,
        row_groups: Sequence[int] | None = None,
    ) -> None:
        self.path, self.passed, self.row_groups = path, passed, row_groups
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
        """Return the first bytes of the content, some KiB at least, without a trace on digest and damage."""
        start = b""
        for chunk in LogFile(self.path).chunks():
            start += chunk
            if len(start) >= _START:
                break
        return start

    def chunks(self) -> Iterator[bytes]:
        """Yield the content in pieces of some MiB at most, and take the digest of the file."""
        with self.path.open("rb") as file:
            data = file.read(CHUNK)
            if data.startswith(_GZIP):
                yield from self._unpacked(data, file, self._inflated)
            elif data.startswith(_ZSTD) or _SKIPPABLE.match(data):
                yield from self._unpacked(data, file, self._decompressed)
            else:
                while data:
                    self._note(data)
                    yield data
                    data = file.read(CHUNK)

    def _unpacked(
        self, data: bytes, file: BinaryIO, unpack: Callable[[Iterator[bytes]], Iterator[bytes]]
    ) -> Iterator[bytes]:
        """Yield what `unpack` makes of a file that begins with `data`, and hash also what it leaves."""

        def pieces() -> Iterator[bytes]:
            piece = data
            while piece:
                self._note(piece)
                yield piece
                piece = file.read(CHUNK)

        packed = pieces()
        yield from unpack(packed)
        for _ in packed:
            pass

    def _note(self, piece: bytes) -> None:
        self._digest.update(piece)
        self.passed(len(piece))

    def _inflated(self, packed: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the content of gzip members (RFC 1952), between and after which zeros may lie."""
        member: isal_zlib.Decompress | None = None
        passed = begun = given = 0
        for piece in packed:
            data, passed = piece, passed + len(piece)
            while data:
                if member is None:
                    data = data.lstrip(b"\0")
                    if not data:
                        break
                    member, begun, given = isal_zlib.decompressobj(31), passed - len(data), 0
                try:
                    out = member.decompress(data, CHUNK)
                except IsalError:  # type: ignore[misc] # its stubs do not say that it is an exception
                    yield from _up_to_damage(self.path, begun, given)
                    self.cut_off = DAMAGED
                    return
                if out:
                    given += len(out)
                    yield out
                data = member.unused_data if member.eof else member.unconsumed_tail
                if member.eof:
                    member = None
        if member is not None:
            self.cut_off = TOO_SHORT

    def _decompressed(self, packed: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the content of Zstandard frames (RFC 8878)."""
        frame: zstandard.ZstdDecompressionObj | None = None
        gathered = bytearray()
        for piece in packed:
            position = 0
            while position < len(piece):
                # The format packs 128 KiB into four bytes: only a small piece bounds what comes out of it.
                data = piece[position : position + _ZSTD_PIECE]
                if frame is None:
                    frame = zstandard.ZstdDecompressor(max_window_size=_WIDEST_WINDOW).decompressobj()
                try:
                    out = frame.decompress(data)
                except zstandard.ZstdError:
                    self.cut_off = DAMAGED
                    yield bytes(gathered)
                    return
                gathered += out
                while len(gathered) >= CHUNK:
                    yield bytes(gathered[:CHUNK])
                    del gathered[:CHUNK]
                position += len(data)
                if frame.eof:
                    position -= len(frame.unused_data)
                    frame = None
        if frame is not None:
            self.cut_off = TOO_SHORT
        yield bytes(gathered)


class LogPart(LogFile):
    """Give the lines of a file from byte `offset` of its content on, after `header`: lines that say how to read them.

    The rest of a line that was begun before is passed over. `end` bounds what is read of a file that is not packed,
    `heading` says which of its lines are of the header. Once all lines were taken, `offset` is how far they went,
    `count` how many they were without the header, `header` holds the lines for the next part, and `ahead` is how many
    lines, less the header's, come before the first that was given.
    """

    def __init__(
        self, path: Path, offset: int, end: int, header: bytes = b"", heading: re.Pattern[bytes] | None = None
    ) -> None:
        super().__init__(path)
        self.offset, self.count, self.header = offset, 0, header
        self.ahead = -header.count(b"\n")
        self._end, self._heading = end, heading

    def chunks(self) -> Iterator[bytes]:
        """Yield the header and the part in pieces of some MiB at most."""
        if self.header:
            yield self.header
        carry = b""
        for chunk in self._lines():
            if self._heading is not None:
                carry += chunk
                cut = carry.rfind(b"\n") + 1
                self._keep(carry[:cut], self._heading)
                carry = carry[cut:] if len(carry) - cut <= LONGEST_LINE else b""
            yield chunk

    def content(self) -> Iterator[bytes]:
        """Yield what lies from `offset` to `end`, and of a packed file whatever lies behind `offset`."""
        yield from self._from(self.offset)

    def _lines(self) -> Iterator[bytes]:
        before = min(self.offset, 1)
        is_inside = None if before else False
        for piece in self._from(self.offset - before):
            chunk = piece
            if is_inside is None:
                is_inside, chunk = not piece.startswith(b"\n"), piece[1:]
            self.offset += len(chunk)
            self.count += chunk.count(b"\n")
            if is_inside:
                _, end, chunk = chunk.partition(b"\n")
                is_inside = not end
                self.ahead += len(end)
            if chunk:
                yield chunk

    def _keep(self, lines: bytes, heading: re.Pattern[bytes]) -> None:
        if heading is FIRST_LINE:
            if not self.header and (first := heading.search(lines)):
                self.header = first[0]
            return
        for line in heading.findall(lines):
            # A header begins with its separator; what it says goes before all that was said.
            self.header = line if line.startswith(b"#separator") else self.header + line

    def _from(self, offset: int) -> Iterator[bytes]:
        if not is_packed(self.path):
            with self.path.open("rb") as file:
                file.seek(offset)
                while data := file.read(max(0, min(CHUNK, self._end - file.tell()))):
                    yield data
            return
        skipped = offset
        for chunk in super().chunks():
            if len(chunk) > skipped:
                yield chunk[skipped:]
            skipped = max(0, skipped - len(chunk))


def is_packed(path: Path) -> bool:
    """Say whether a file is gzip or Zstandard, by its content."""
    with path.open("rb") as file:
        start = file.read(len(_ZSTD))
    return start.startswith((_GZIP, _ZSTD)) or bool(_SKIPPABLE.match(start))


def is_parquet(path: Path, start: bytes) -> bool:
    """Say whether a file that begins so, or is called so, is Parquet."""
    return start.startswith(_PARQUET) or path.suffix.lower() == ".parquet"


def _up_to_damage(path: Path, begun: int, given: int) -> Iterator[bytes]:
    """Yield what comes out of a damaged gzip member before the damage, after so many bytes that were given already."""
    skipped = given
    with path.open("rb") as file:
        file.seek(begun)
        member = zlib.decompressobj(31)
        while data := file.read(_GZIP_PIECE):
            before = member.copy()
            try:
                pieces = [member.decompress(data)]
            except zlib.error:
                pieces = list(_byte_by_byte(before, data))
                data = b""
            for piece in pieces:
                yield piece[skipped:]
                skipped = max(0, skipped - len(piece))
            if not data:
                return


def _byte_by_byte(member: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    for position in range(len(data)):
        try:
            yield member.decompress(data[position : position + 1])
        except zlib.error:
            return

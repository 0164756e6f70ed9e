"""Read the entries of a ZIP file as Android does, and say where it deviates from what others read.

The central directory is read by `zipfile` and, where that refuses, by apkInspector. The entries themselves are always
taken from their local headers by the rules of Android: a method that is neither 0 nor 8 means stored (or deflated,
where that is what it is), the flag of encryption is not heeded, names are UTF-8, sizes of the central directory hold.
Nothing is unpacked beyond a given number of bytes.
"""

import io
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from apkInspector.headers import CentralDirectory, EndOfCentralDirectoryRecord

STORED, DEFLATED, AES = 0, 8, 99
MOST_ENTRIES = 65_536
MOST_RATIO = 1_000
_LOCAL = struct.Struct("<4s5H3I2H")
_LOCAL_MAGIC, _END_MAGIC, _SPANNED = b"PK\3\4", b"PK\5\6", (b"PK00PK\3\4", b"PK\7\x08PK\3\4")
_ENCRYPTED, _UTF8 = 1, 0x800
_END_SIZE, _MOST_ENDS = 22, 8
_SAMPLE_PATHS = 3
_SLACK, _SUMMED = 4096, 1 << 20
_BROKEN_DIRECTORY = (
    zipfile.BadZipFile,
    ValueError,
    struct.error,
    NotImplementedError,
    OverflowError,
    LookupError,
    OSError,
)


class NotArchive(ValueError):
    """Say why bytes are no ZIP file at all."""


class NotRead(ValueError):
    """Say why one entry cannot be read; `code` groups the reasons: too_large, broken, encrypted, missing."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold what the central directory says of one entry; `at` is where its local header stands."""

    name: str
    packed: int
    size: int
    method: int
    flags: int
    crc: int
    at: int


class Archive:
    """Hold one ZIP file: its entries in order, what is odd about it, and the bytes of each entry on demand."""

    def __init__(self, data: bytes, password: bytes = b"") -> None:
        """Read the directory; raise NotArchive where there is none. The password is for entries that are encrypted."""
        self._data, self._password = data, password
        self.signs: list[str] = []
        self.entries: Sequence[Entry] = self._directory()
        self.by_name: Mapping[str, Entry] = {entry.name: entry for entry in self.entries}
        self.signs += self._odd()

    def read(self, name: str, most: int) -> bytes:
        """Return an entry's bytes, the last of that name; raise NotRead, also where it has more than `most` bytes."""
        try:
            entry = self.by_name[name]
        except KeyError:
            raise NotRead("missing", f"there is no entry {name}") from None
        return self.unpack(entry, most)

    def unpack(self, entry: Entry, most: int) -> bytes:
        """Return the bytes of an entry; raise NotRead, also where it has more than `most` bytes."""
        data = self._unpack(entry, most + 1)
        if len(data) > most:
            raise NotRead("too_large", f"{entry.name} has more than {most} bytes")
        return data

    def head(self, entry: Entry, count: int) -> bytes:
        """Return the first bytes of an entry, fewer where it is shorter; raise NotRead."""
        return self._unpack(entry, count)[:count]

    def _directory(self) -> Sequence[Entry]:
        try:
            told = _listed(self._data)
        except _BROKEN_DIRECTORY as error:
            told = self._directory_as_android(error)
        end, ends = len(self._data), 0
        while not told and ends < _MOST_ENDS and (end := self._data.rfind(_END_MAGIC, 0, end)) > 0:
            ends += 1
            with suppress(*_BROKEN_DIRECTORY):
                told = _listed(self._data[: end + _END_SIZE])
        if len(told) > MOST_ENTRIES:
            self.signs.append(f"more than {MOST_ENTRIES} entries: only the first are read")
        return told[:MOST_ENTRIES]

    def _directory_as_android(self, refused: Exception) -> list[Entry]:
        file = io.BytesIO(self._data)
        try:
            end = EndOfCentralDirectoryRecord.parse(file)
            listed = CentralDirectory.parse(file, end).entries.values()
        except _BROKEN_DIRECTORY:
            raise NotArchive(f"no directory of a ZIP file can be read: {refused}") from None
        if not listed:
            raise NotArchive(f"the directory of the ZIP file is empty or astray: {refused}")
        self.signs.append(f"an ordinary ZIP reader refuses it: {refused}")
        return [
            Entry(
                one.filename,
                one.compressed_size,
                one.uncompressed_size,
                one.compression_method,
                one.general_purpose_bit_flag,
                one.crc32_of_uncompressed_data,
                one.relative_offset_of_local_file_header,
            )
            for one in listed
        ]

    def _local(self, entry: Entry) -> tuple[int, str]:
        """Return where the data of an entry begin and its name in the local header; raise NotRead."""
        header = self._data[entry.at : entry.at + _LOCAL.size] if entry.at >= 0 else b""
        if len(header) < _LOCAL.size or header[:4] != _LOCAL_MAGIC:
            raise NotRead("broken", f"{entry.name} has no local header")
        *_, name, extra = _LOCAL.unpack(header)
        start = entry.at + _LOCAL.size
        return start + name + extra, self._data[start : start + name].decode("utf-8", "replace")

    def _unpack(self, entry: Entry, most: int) -> bytes:
        """Return at most the first `most` bytes of an entry; raise NotRead."""
        if entry.method == AES:
            raise NotRead("encrypted", f"{entry.name} is encrypted (AES)")
        if self._password and entry.flags & _ENCRYPTED:
            return self._decrypted(entry, most)
        start, _ = self._local(entry)
        stored = self._data[start : start + min(entry.size, most)]
        if entry.method == STORED or (entry.method != DEFLATED and entry.packed == entry.size):
            return stored
        # What is unpacked is hardly ever smaller than what was packed, so more need not be looked at.
        packed = memoryview(self._data)[start : start + min(entry.packed, most + most // 8 + _SLACK)]
        try:
            return zlib.decompressobj(-15).decompress(packed, most)
        except zlib.error as error:
            if entry.method != DEFLATED:
                return stored
            code = "encrypted" if entry.flags & _ENCRYPTED else "broken"
            raise NotRead(code, f"{entry.name} cannot be unpacked: {error}") from None

    def _decrypted(self, entry: Entry, most: int) -> bytes:
        try:
            with zipfile.ZipFile(io.BytesIO(self._data)) as file, file.open(entry.name, pwd=self._password) as opened:
                return opened.read(most)
        except (RuntimeError, KeyError, zlib.error, *_BROKEN_DIRECTORY) as error:
            raise NotRead("encrypted", f"{entry.name} cannot be decrypted: {error}") from None

    @cached_property
    def encrypted(self) -> bool:
        """Say whether entries are encrypted in truth: the smallest that has the flag is not what its sum says."""
        flagged = [entry for entry in self.entries if entry.flags & _ENCRYPTED and entry.size]
        if not flagged:
            return False
        smallest = min(flagged, key=lambda entry: entry.size)
        try:
            return zlib.crc32(self._unpack(smallest, min(smallest.size, _SUMMED))) != smallest.crc
        except NotRead:
            return True

    def _odd(self) -> Iterator[str]:
        """Yield a sentence for each way in which the file deviates from what an ordinary tool writes."""
        yield from _odd_names(self.entries)
        methods = Counter(entry.method for entry in self.entries if entry.method not in (STORED, DEFLATED))
        yield from (f"compression method {method} of {count} entries" for method, count in methods.most_common(3))
        if flagged := sum(entry.flags & _ENCRYPTED for entry in self.entries):
            yield f"{flagged} entries have the flag of encryption"
        if bombs := [entry for entry in self.entries if entry.size > MOST_RATIO * max(entry.packed, 1)]:
            yield f"{len(bombs)} entries claim more than {MOST_RATIO} times their packed size: {bombs[0].name}"
        if not self._data.startswith((_LOCAL_MAGIC, _END_MAGIC)):
            kind = "a span mark" if self._data.startswith(_SPANNED) else "other bytes"
            yield f"{kind} before the first entry"
        ends = self._data.count(_END_MAGIC)
        if ends > 1:
            yield f"{ends} ends of a central directory"
        astray = differing = 0
        for entry in self.entries:
            try:
                _, name = self._local(entry)
            except NotRead:
                astray += 1
            else:
                differing += name != entry.name
        if astray:
            yield f"{astray} entries have no local header"
        if differing:
            yield f"{differing} entries are called otherwise in their local header"
        shared = len(self.entries) - len({entry.at for entry in self.entries})
        if shared:
            yield f"{shared} entries share their bytes with others"


def _listed(data: bytes) -> list[Entry]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return [
            Entry(_name(i), i.compress_size, i.file_size, i.compress_type, i.flag_bits, i.CRC, i.header_offset)
            for i in file.infolist()
        ]


def _name(told: zipfile.ZipInfo) -> str:
    """Return the name as Android reads it; zipfile takes a name without the flag of UTF-8 for code page 437."""
    name = told.orig_filename
    return name if name.isascii() or told.flag_bits & _UTF8 else name.encode("cp437").decode("utf-8", "replace")


def _odd_names(entries: Sequence[Entry]) -> Iterator[str]:
    names = Counter(entry.name for entry in entries)
    if repeated := [name for name, count in names.items() if count > 1]:
        yield f"{len(repeated)} names stand more than once: {', '.join(sorted(repeated)[:_SAMPLE_PATHS])}"
    leaving = [name for name in names if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/")]
    if leaving:
        yield f"{len(leaving)} names lead out of the folder: {', '.join(sorted(leaving)[:_SAMPLE_PATHS])}"
    if unseen := [name for name in names if not name.isprintable() or not name]:
        yield f"{len(unseen)} names hold characters that are not shown"
    folders = {name[:position] for name in names for position, sign in enumerate(name) if sign == "/"}
    if both := folders & names.keys():
        yield f"{len(both)} names are a file and a folder at once: {', '.join(sorted(both)[:_SAMPLE_PATHS])}"

"""Say how far a log was read, and find that again in files that grow, are renamed, copied, packed, cut or replaced.

A file is the one that was read as long as its content begins as it did then, and is as it was before the place up to
which it was read. So a log that was rotated, or packed, is read on from there, under whatever name, and one that was
cut and written anew is read from its beginning.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cleannet.edge.files import LONGEST_LINE, LogFile, LogPart, is_packed
from cleannet.edge.names import shown
from cleannet.edge.rows import Source

KNOWN_BYTES = 4096
# A part of a log is taken in as a whole: so much of it has to be read again after a crash.
MOST = 1 << 28


@dataclass(frozen=True, slots=True)
class Position:
    """Say how far the log was read that is `shown` as it may be: `offset` bytes and `lines` lines of its content.

    `device`, `inode`, `size` and `written` (nanoseconds) are what its file looked like. `head` is the digest of the
    first `head_bytes` of the content, `tail` of the last before `offset`; `header` holds lines that say how to read on.
    """

    shown: str
    device: int = 0
    inode: int = 0
    size: int = -1
    written: int = 0
    offset: int = 0
    lines: int = 0
    head: str = ""
    head_bytes: int = 0
    tail: str = ""
    header: str = ""

    def is_at(self, status: os.stat_result) -> bool:
        """Say whether a file looks as the log's did when it was read."""
        return self == replace(self, **_looks(status))

    @property
    def file(self) -> tuple[int, int]:
        return self.device, self.inode


@dataclass(slots=True)
class Log:
    """Hold a log that is followed: how far it was read, and the account of what was."""

    position: Position
    source: Source
    number: int | None = field(default=None, compare=False)


class Logs:
    """Hold the logs that are followed, and find what a file holds among them."""

    def __init__(self, logs: Iterable[Log]) -> None:
        self._logs = list(logs)
        self._by_file: dict[tuple[int, int], list[Log]] = {}
        for log in self._logs:
            self._by_file.setdefault(log.position.file, []).append(log)

    def __iter__(self) -> Iterator[Log]:
        return iter(self._logs)

    def is_read(self, status: os.stat_result) -> bool:
        """Say whether a file looks as it did when it was read."""
        return any(log.position.is_at(status) for log in self._in(status))

    def find(self, path: Path, status: os.stat_result) -> tuple[Log, str]:
        """Return the log that a file goes on, or a new one, and what is to be said about it; raise OSError."""
        start = _Start(LogFile(path).start())
        own = self._in(status)
        for log in own:
            if _goes_on(path, start, log.position):
                return log, ""
        for log in self._logs:
            if log.position.offset and _goes_on(path, start, log.position):
                remark = f"repeats what was read of {log.position.shown}; read on from there"
                return Log(replace(log.position, shown=shown(path)), Source(shown(path), 0)), remark
        new = Log(Position(shown(path)), Source(shown(path), 0))
        return new, "was cut or replaced; read from its beginning" if own else ""

    def put(self, log: Log, position: Position) -> None:
        """Have a log, perhaps a new one, at a position."""
        if log.number is None:
            self._logs.append(log)
        elif log.position.file != position.file:
            self._by_file[log.position.file].remove(log)
        if log.number is None or log.position.file != position.file:
            self._by_file.setdefault(position.file, []).append(log)
        log.position = position

    def _in(self, status: os.stat_result) -> list[Log]:
        return self._by_file.get((status.st_dev, status.st_ino), [])


def part(
    path: Path, position: Position, size: int, heading: re.Pattern[bytes] | None, *, is_settled: bool
) -> LogPart | None:
    """Return what is to be read next, whole lines unless the file is settled; None where there is nothing."""
    header = position.header.encode("latin-1")
    if is_packed(path):
        return LogPart(path, position.offset, size, header, heading)
    end = min(size, position.offset + MOST)
    if end < size or not is_settled:
        end = _whole_lines(path, position.offset, end)
    return LogPart(path, position.offset, end, header, heading) if end > position.offset else None


def moved(position: Position, taken: LogPart, status: os.stat_result) -> Position:
    """Return the position after a part was taken, of a file that looked so before."""
    head = LogFile(taken.path).start()[: min(KNOWN_BYTES, taken.offset)]
    is_whole = taken.offset >= status.st_size or is_packed(taken.path)
    return Position(
        shown(taken.path),
        **_looks(status) | ({} if is_whole else {"size": -1}),
        offset=taken.offset,
        lines=position.lines + taken.count,
        head=hashlib.sha256(head).hexdigest(),
        head_bytes=len(head),
        tail=_tail(taken.path, taken.offset),
        header=taken.header.decode("latin-1"),
    )


def _looks(status: os.stat_result) -> dict[str, Any]:
    return {
        "device": status.st_dev,
        "inode": status.st_ino,
        "size": status.st_size,
        "written": status.st_mtime_ns,
    }


class _Start:
    """Hold the first content of a file, and the digests of its first bytes that were asked for."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._digests: dict[int, str] = {}

    def digest(self, count: int) -> str:
        if count not in self._digests:
            is_there = len(self._content) >= count
            self._digests[count] = hashlib.sha256(self._content[:count]).hexdigest() if is_there else ""
        return self._digests[count]


def _goes_on(path: Path, start: _Start, position: Position) -> bool:
    return start.digest(position.head_bytes) == position.head and _tail(path, position.offset) == position.tail


def _tail(path: Path, offset: int) -> str:
    """Return the digest of the last content before an offset, "" where the content ends before it."""
    begin = max(0, offset - KNOWN_BYTES)
    held = b""
    for chunk in LogPart(path, begin, offset).chunks():
        held += chunk
        if len(held) >= offset - begin:
            break
    held = held[: offset - begin]
    return hashlib.sha256(held).hexdigest() if len(held) == offset - begin else ""


def _whole_lines(path: Path, offset: int, end: int) -> int:
    """Return where the last whole line before `end` ends; what is too long for a line is cut."""
    begin = max(offset, end - LONGEST_LINE)
    with path.open("rb") as file:
        file.seek(begin)
        last = file.read(end - begin).rfind(b"\n") + 1
    return begin + last if last or begin == offset else end

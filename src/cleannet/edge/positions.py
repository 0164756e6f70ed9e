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


@dataclass(frozen=True, slots=True)
class Log:
    """Hold a log that is followed: how far it was read, and the account of what was."""

    position: Position
    source: Source
    number: int | None = field(default=None, compare=False)


class Logs:
    """Hold the logs that are followed, and find what a file holds among them."""

    def __init__(self, logs: Iterable[Log]) -> None:
        self._logs: dict[int, Log] = {}
        self._by_file: dict[tuple[int, int], dict[int, Log]] = {}
        # First by how many bytes they are of.
        self._by_head: dict[int, dict[str, dict[int, Log]]] = {}
        for log in logs:
            self._add(log)

    def __iter__(self) -> Iterator[Log]:
        return iter(self._logs.values())

    def is_read(self, status: os.stat_result) -> bool:
        """Say whether a file looks as it did when it was read."""
        return any(log.position.is_at(status) for log in self._in(status))

    def find(self, path: Path, status: os.stat_result) -> tuple[Log, str]:
        """Return the log that a file goes on, or a new one, and what is to be said about it; raise OSError."""
        start = LogFile(path).start()
        own = self._in(status)
        alike: dict[int, Log] = {}
        for count, heads in self._by_head.items():
            if 0 < count <= len(start):
                alike |= heads.get(_digest(start[:count]), {})
        for log in (*(log for log in own if log.number in alike), *alike.values()):
            if _tail(path, log.position.offset) == log.position.tail:
                if log in own:
                    return log, ""
                remark = f"repeats what was read of {log.position.shown}; read on from there"
                return Log(replace(log.position, shown=shown(path)), Source(shown(path), 0)), remark
        new = Log(Position(shown(path)), Source(shown(path), 0))
        return new, "was cut or replaced; read from its beginning" if own else ""

    def put(self, before: Log, after: Log) -> None:
        """Have a log, which is kept now, in place of what was found."""
        if before.number is not None:
            del self._by_file[before.position.file][before.number]
            del self._by_head[before.position.head_bytes][before.position.head][before.number]
        self._add(after)

    def _add(self, log: Log) -> None:
        number = log.number if log.number is not None else -1
        self._logs[number] = log
        self._by_file.setdefault(log.position.file, {})[number] = log
        heads = self._by_head.setdefault(log.position.head_bytes, {})
        heads.setdefault(log.position.head, {})[number] = log

    def _in(self, status: os.stat_result) -> list[Log]:
        return list(self._by_file.get((status.st_dev, status.st_ino), {}).values())


def part(
    path: Path, position: Position, size: int, heading: re.Pattern[bytes] | None, *, is_settled: bool
) -> LogPart | None:
    """Return what is to be read next, whole lines until the file is settled; None where there is nothing.

    A line of a header is never taken before its end.
    """
    header = position.header.encode("latin-1")
    if is_packed(path):
        return LogPart(path, position.offset, size, header, heading)
    end = min(size, position.offset + MOST)
    if end < size or not is_settled or (heading is not None and not header):
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
        head=_digest(head),
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


def _tail(path: Path, offset: int) -> str:
    """Return the digest of the last content before an offset, "" where the content ends before it."""
    begin = max(0, offset - KNOWN_BYTES)
    held = b""
    for chunk in LogPart(path, begin, offset).content():
        held += chunk
        if len(held) >= offset - begin:
            break
    held = held[: offset - begin]
    return _digest(held) if len(held) == offset - begin else ""


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _whole_lines(path: Path, offset: int, end: int) -> int:
    """Return where the last whole line before `end` ends; what is too long for a line is cut."""
    begin = max(offset, end - LONGEST_LINE)
    with path.open("rb") as file:
        file.seek(begin)
        last = file.read(end - begin).rfind(b"\n") + 1
    return begin + last if last or begin == offset else end

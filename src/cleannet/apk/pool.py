"""Read one string pool of Android's binary resources (ResStringPool), a text at a time.

Both lengths before a text are heeded, so that text which is not ASCII comes out whole. An index or a place that leads
nowhere is an empty text.
"""

import struct
from collections.abc import Iterator

POOL = 0x0001
_UTF8 = 1 << 8
_HEADER = struct.Struct("<HHIIIIII")


class Pool:
    """Hold the string pool whose chunk begins at `at` in `data`; without one it is empty."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self.count, self._utf8 = data, 0, False
        self._offsets = self._texts = at
        if not 0 <= at <= len(data) - _HEADER.size:
            return
        kind, header, _, count, _, flags, start, _ = _HEADER.unpack_from(data, at)
        self._offsets, self._texts = at + header, at + start
        self._utf8 = bool(flags & _UTF8)
        if kind == POOL:
            # Some writers lie about the count; the texts begin where the offsets end, or before.
            self.count = min(count, max(len(data) - self._offsets, 0) // 4, max(start - header, 0) // 4)

    def text(self, index: int) -> str:
        """Return the text at an index, "" where there is none."""
        if not 0 <= index < self.count:
            return ""
        (offset,) = struct.unpack_from("<I", self._data, self._offsets + 4 * index)
        at = self._texts + offset
        return self._eight(at) if self._utf8 else self._sixteen(at)

    def texts(self) -> Iterator[str]:
        """Yield every text, until they amount to more than the pool has bytes."""
        left = len(self._data)
        for index in range(self.count):
            text = self.text(index)
            left -= len(text)
            if left < 0:
                return
            yield text

    def _eight(self, at: int) -> str:
        _, at = self._length(at)
        length, at = self._length(at)
        return self._data[at : at + length].decode("utf-8", "replace")

    def _length(self, at: int) -> tuple[int, int]:
        first, second = (*self._data[at : at + 2], 0, 0)[:2]
        return (first, at + 1) if first < 0x80 else ((first & 0x7F) << 8 | second, at + 2)

    def _sixteen(self, at: int) -> str:
        first, second = (int.from_bytes(self._data[at + 2 * unit : at + 2 * unit + 2], "little") for unit in (0, 1))
        length, at = (first, at + 2) if first < 0x8000 else ((first & 0x7FFF) << 16 | second, at + 4)
        return self._data[at : at + 2 * length].decode("utf-16-le", "replace")

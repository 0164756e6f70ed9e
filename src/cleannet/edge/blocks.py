"""Cut text logs into blocks of whole lines, and the lines of a block into fields, many at a time."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from cleannet.edge.files import LONGEST_LINE, LogFile
from cleannet.edge.hashing import Bytes, Ints, Texts, Words, compiled
from cleannet.edge.rows import TOO_LONG, Source

_NEWLINE, _RETURN = 10, 13
# Eight bytes are looked at together, as most of them end no field.
_WORD, _ONE, _EACH, _HIGHEST = 8, np.uint64(1), np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_NEWLINES, _RETURNS = np.uint64(_NEWLINE) * _EACH, np.uint64(_RETURN) * _EACH
# Multiplied with bit 8 n, it has n in its highest byte.
_PLACES = np.uint64(0x0001020304050607)
_LONGEST_ROW = 1 << 17


class Fields(NamedTuple):
    """Hold the wanted fields of the lines of a block that are not empty, and which lines are `odd`.

    Row i is line `numbers[i]` of the block, counted from 1, and lies in it from `starts[i]` to `ends[i]`.
    """

    texts: list[Texts]
    odd: Bytes
    numbers: Ints
    starts: Ints
    ends: Ints


class Blocks:
    """Give the content of a file in blocks of whole lines; only what ends the file may lack its newline.

    A line that is too long, or that damage cut off, is broken in `source`. `before` counts the lines before the block
    given last.
    """

    def __init__(self, file: LogFile, source: Source) -> None:
        self._file, self._source = file, source
        self._chunks = file.chunks()
        self._carry = b""
        self._skipping = False
        self.before = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            block = self._carry + chunk
            if self._skipping:
                _, ended, block = block.partition(b"\n")
                if ended:
                    self._break()
            cut = block.rfind(b"\n") + 1
            self._carry = block[cut:]
            if cut:
                yield block[:cut]
                self.before += int(np.count_nonzero(np.frombuffer(block, np.uint8, cut) == _NEWLINE))
            if self._skipping or len(self._carry) > LONGEST_LINE:
                self._carry, self._skipping = b"", True
        if self._skipping or (self._carry and self._file.cut_off):
            self._break()
        elif self._carry:
            last, self._carry = self._carry, b""
            yield last

    def lines(self, block: bytes) -> Iterator[bytes | None]:
        """Yield the lines from `block`, which was given last, to the end of the file."""
        return self._file.lines(chain((block + self._carry,), self._chunks))

    def _break(self) -> None:
        self.before += 1
        self._skipping = False
        self._source.break_row(self.before, TOO_LONG)


def split(block: bytes, delimiter: int, width: int, wanted: Sequence[int]) -> Fields:
    """Return the wanted fields of a block's lines, each of which should have `width` fields; -1 stands for none.

    `delimiter` is a byte of ASCII.
    """
    data = np.frombuffer(block, np.uint8)
    most = int(np.count_nonzero(data == _NEWLINE))
    slots = np.full(width, -1, np.int32)
    for slot, field in enumerate(wanted):
        if field >= 0:
            slots[field] = slot
    starts, ends = np.zeros((2, len(wanted), most), np.int32)
    lines, odd = np.empty((3, most), np.int32), np.zeros(most, np.uint8)
    rows = _split(data, _words(data), delimiter, slots, starts, ends, lines, odd)
    # A field that is wanted twice was taken once.
    taken = [int(slots[field]) if field >= 0 else slot for slot, field in enumerate(wanted)]
    texts = [Texts(data, starts[slot, :rows], ends[slot, :rows]) for slot in taken]
    return Fields(texts, odd[:rows], *lines[:, :rows])


def _words(data: Bytes) -> Words:
    """Return bytes as little-endian words, the last one filled up with what no line holds."""
    words = np.full(-(-len(data) // _WORD), ~np.uint64(0), "<u8")
    words.view(np.uint8)[: len(data)] = data
    return words


@compiled
def _split(
    data: Bytes, words: Words, delimiter: int, slots: Ints, starts: Ints, ends: Ints, lines: Ints, odd: Bytes
) -> int:
    rows, number, field = 0, 0, 0
    start = begin = np.int64(0)
    returned = False
    delimiters = np.uint64(delimiter) * _EACH
    for place in range(len(words)):
        word = words[place]
        marks = _zeros(word ^ delimiters) | _zeros(word ^ _NEWLINES) | _zeros(word ^ _RETURNS)
        while marks:
            position = _WORD * place + _first(marks)
            marks &= marks - _ONE
            byte = data[position]
            if byte == delimiter:
                if field < len(slots) and slots[field] >= 0:
                    starts[slots[field], rows] = begin
                    ends[slots[field], rows] = position
                field += 1
                begin = position + 1
            elif byte == _RETURN:
                returned = True
            elif byte == _NEWLINE:
                number += 1
                end = position
                if end > start and data[end - 1] == _RETURN:
                    end -= 1
                if end > start:
                    if field < len(slots) and slots[field] >= 0:
                        starts[slots[field], rows] = begin
                        ends[slots[field], rows] = end
                    lines[0, rows], lines[1, rows], lines[2, rows] = number, start, position
                    wrong = field != len(slots) - 1 or position - start > _LONGEST_ROW
                    if returned:
                        for at in range(start, end):
                            wrong |= data[at] == _RETURN
                    odd[rows] = np.uint8(wrong)
                    if wrong:
                        starts[:, rows] = start
                        ends[:, rows] = start
                    rows += 1
                start = begin = position + 1
                field = 0
                returned = False
    return rows


@compiled
def _zeros(word: np.uint64) -> np.uint64:
    """Return the highest bit of each byte of a word that is zero, and perhaps of one that is 1 above such a byte."""
    return (word - _EACH) & ~word & _HIGHEST


@compiled
def _first(marks: np.uint64) -> np.int64:
    """Return the number of the lowest byte of which the highest bit is set."""
    lowest = marks & (~marks + _ONE)
    return np.int64(((lowest >> np.uint64(7)) * _PLACES) >> np.uint64(56))

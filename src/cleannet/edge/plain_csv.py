"""Read CSV by a mapping, many rows at a time, as long as it is written without quotes."""

from collections.abc import Iterator
from itertools import chain

import numpy as np

from cleannet.edge import plain
from cleannet.edge.files import LONGEST_LINE, LogFile
from cleannet.edge.kernel import Bytes, Ints, Texts, compiled
from cleannet.edge.mapping import Mapping
from cleannet.edge.rows import Row, Source
from cleannet.edge.sieve import Batch, Rest
from cleannet.edge.tables import PLACES, CsvReader
from cleannet.edge.zeek import TOO_LONG

# In the first a byte of ASCII is always that character, in the others one below 0x30 is.
_OF_ASCII = frozenset({"utf-8", "utf8", "ascii", "latin-1", "iso-8859-1"})
_CHINESE = frozenset({"gb18030", "gbk", "gb2312"})
_LONGEST_ROW = 1 << 17
_TAKEN = ("time", "number", "address", "host", "uri", "dst_ip", "fee", "record")


def is_plain(mapping: Mapping) -> bool:
    """Say whether files of this mapping can be split by their bytes."""
    encoding, delimiter = mapping.encoding.lower(), ord(mapping.delimiter)
    return delimiter < 0x80 if encoding in _OF_ASCII else delimiter < 0x30 and encoding in _CHINESE


def read_csv(file: LogFile, source: Source, mapping: Mapping, rest: Rest) -> Iterator[Row]:
    """Yield the rows of a CSV file that `rest` does not settle, accounting for all in `source`.

    Raises WrongUse when a column is missing. From the first quote on, the file is read row by row.
    """
    reader = CsvReader(source, mapping)
    chunks = file.chunks()
    carry, number, skipping = b"", 0, False
    for chunk in chunks:
        block = carry + chunk
        if skipping:
            _, ended, block = block.partition(b"\n")
            if ended:
                number, skipping = number + 1, False
                source.break_row(number, TOO_LONG)
        while reader.positions is None and b"\n" in block:
            line, _, block = block.partition(b"\n")
            yield from reader.rows([line], number)
            number += 1
        if b'"' in block or reader.positions is None:
            yield from reader.rows(file.lines(chain((block,), chunks)), number)
            return
        cut = block.rfind(b"\n") + 1
        carry = block[cut:]
        if cut:
            yield from _block(block[:cut], number, reader, source, mapping, rest)
            number += block.count(b"\n", 0, cut)
        if len(carry) > LONGEST_LINE or skipping:
            carry, skipping = b"", True
    if skipping or (carry and file.cut_off):
        source.break_row(number + 1, TOO_LONG)
    elif carry:
        yield from reader.rows([carry], number)


def _block(block: bytes, before: int, reader: CsvReader, source: Source, mapping: Mapping, rest: Rest) -> Iterator[Row]:
    data = np.frombuffer(block, np.uint8)
    most = block.count(b"\n")
    columns = dict(zip(PLACES, reader.positions or (), strict=True))
    taken = [name for name in _TAKEN if columns[name] >= 0]
    slots = np.full(reader.width, -1, np.int32)
    copies = []
    for slot, name in enumerate(taken):
        if slots[columns[name]] >= 0:
            copies.append((slot, int(slots[columns[name]])))
        else:
            slots[columns[name]] = slot
    starts, ends = np.zeros((2, len(taken), most), np.int32)
    lines, odd = np.empty((3, most), np.int32), np.zeros(most, np.uint8)
    rows = _split(data, ord(mapping.delimiter), slots, starts, ends, lines, odd)
    for slot, same in copies:
        starts[slot], ends[slot] = starts[same], ends[same]
    odd = odd[:rows]
    texts = {name: Texts(data, starts[slot, :rows], ends[slot, :rows]) for slot, name in enumerate(taken)}
    at = plain.moments(texts["time"], mapping.time_form, mapping.zone, odd)
    if "number" in texts:
        plain.mark_unless_numbers(texts["number"], odd)
    else:
        plain.mark_empty(texts["address"], odd)
    if "fee" in texts:
        records = texts["record"]
        plain.mark_unless_fees(texts["fee"], np.equal(records.starts, records.ends), odd)
    batch = Batch(at, odd, texts.get("host"), texts.get("dst_ip"), texts.get("uri"))
    for row in rest(batch, source):
        number, start, end = (int(value) for value in lines[:, row])
        yield from reader.rows([block[start:end]], before + number)


@compiled
def _split(data: Bytes, delimiter: int, slots: Ints, starts: Ints, ends: Ints, lines: Ints, odd: Bytes) -> int:
    """Find the fields of each line that is not empty and return how many there are; odd is one that is no plain row.

    `slots` says per field which row of `starts` and `ends` takes it; `lines` takes how many lines came before, where
    the line begins and where it ends.
    """
    rows, number, start, field, begin = 0, 0, 0, 0, 0
    returned = False
    for position in range(len(data)):
        byte = data[position]
        if byte == delimiter:
            if field < len(slots) and slots[field] >= 0:
                starts[slots[field], rows] = begin
                ends[slots[field], rows] = position
            field += 1
            begin = position + 1
        elif byte == 13:
            returned = True
        elif byte == 10:
            end = position
            if end > start and data[end - 1] == 13:
                end -= 1
            if end > start:
                if field < len(slots) and slots[field] >= 0:
                    starts[slots[field], rows] = begin
                    ends[slots[field], rows] = end
                lines[0, rows], lines[1, rows], lines[2, rows] = number, start, position
                wrong = field != len(slots) - 1 or position - start > _LONGEST_ROW
                if returned:
                    for place in range(start, end):
                        wrong |= data[place] == 13
                odd[rows] = np.uint8(wrong)
                if wrong:
                    starts[:, rows] = start
                    ends[:, rows] = start
                rows += 1
            start = begin = position + 1
            field = 0
            returned = False
            number += 1
    return rows

"""Read CSV by a mapping, many rows at a time, as long as it is written without quotes."""

from collections.abc import Iterator

import numpy as np

from cleannet.edge import plain
from cleannet.edge.blocks import Blocks, split
from cleannet.edge.files import LogFile
from cleannet.edge.mapping import Mapping
from cleannet.edge.rows import Row, Source
from cleannet.edge.sieve import Batch, Rest
from cleannet.edge.tables import CsvReader, Form

# In the first a byte of ASCII is always that character, in the others one below 0x30 is.
_OF_ASCII = frozenset({"utf-8", "utf8", "ascii", "latin-1", "iso-8859-1"})
_CHINESE = frozenset({"gb18030", "gbk", "gb2312"})
_TAKEN = ("time", "number", "address", "host", "uri", "dst_ip", "fee", "record")


def is_plain(mapping: Mapping) -> bool:
    """Say whether files of this mapping can be split by their bytes."""
    encoding, delimiter = mapping.encoding.lower(), ord(mapping.delimiter)
    return delimiter < 0x80 if encoding in _OF_ASCII else delimiter < 0x30 and encoding in _CHINESE


def read_csv(file: LogFile, source: Source, mapping: Mapping, rest: Rest) -> Iterator[Row]:
    """Yield the rows of a CSV file that `rest` does not settle, accounting for all in `source`.

    Raises WrongUse when a column is missing. From the first quote on, the file is read row by row.
    """
    reader = CsvReader(source, mapping, Form(mapping).rows)
    blocks = Blocks(file, source)
    for block in blocks:
        header = 0
        if b'"' in block:
            yield from reader.rows(blocks.lines(block), blocks.before)
            return
        while reader.positions is None and block:
            line, _, block = block.partition(b"\n")
            yield from reader.rows([line], blocks.before + header)
            header += 1
        yield from _block(block, blocks.before + header, reader, source, mapping, rest)


def _block(
    block: bytes, before: int, reader: CsvReader[Row], source: Source, mapping: Mapping, rest: Rest
) -> Iterator[Row]:
    if not block.endswith(b"\n"):
        block += b"\n"
    at_column = dict(zip(mapping.places, reader.positions or (), strict=False))
    taken = [name for name in _TAKEN if at_column.get(name, -1) >= 0]
    fields = split(block, ord(mapping.delimiter), reader.width, [at_column[name] for name in taken])
    texts, odd = dict(zip(taken, fields.texts, strict=True)), fields.odd
    if not len(odd):
        return
    at = plain.moments(texts["time"], mapping.time_form, mapping.zone, odd)
    if "number" in texts:
        plain.mark_unless_numbers(texts["number"], odd)
    else:
        plain.mark_empty(texts["address"], odd)
    if "fee" in texts:
        records = texts["record"]
        plain.mark_unless_fees(texts["fee"], mapping.unit, np.equal(records.starts, records.ends), odd)
    if mapping.encoding.lower() in _CHINESE:
        # A character of four bytes that the line's end cuts off takes a delimiter with it.
        odd |= fields.texts[0].data[np.maximum(fields.ends - 3, 0)] >= 0x80
    for row in rest(Batch(at, odd, texts.get("host"), texts.get("dst_ip"), texts.get("uri")), source):
        line = block[fields.starts[row] : fields.ends[row]]
        yield from reader.rows([line], before + int(fields.numbers[row]) - 1)

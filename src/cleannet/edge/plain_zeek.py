"""Read Zeek logs with header lines, many rows at a time."""

from collections.abc import Iterator

from cleannet.edge import plain
from cleannet.edge.blocks import Blocks, split
from cleannet.edge.files import LogFile
from cleannet.edge.rows import Row, Source
from cleannet.edge.sieve import Batch, Rest
from cleannet.edge.zeek import FIELDS, TabReader


def read_tab_separated(file: LogFile, source: Source, rest: Rest) -> Iterator[Row]:
    """Yield the rows of a Zeek log that `rest` does not settle, accounting for all in `source`."""
    reader = TabReader(source)
    blocks = Blocks(file, source)
    for block in blocks:
        header = _header(block)
        told = block[:header].removesuffix(b"\n").split(b"\n") if header else []
        yield from reader.rows(told, blocks.before)
        if reader.header.path in FIELDS and _can_be_split(reader.header.separator):
            yield from _block(block[header:], blocks.before + len(told), reader, source, rest)
        else:
            lines = block[header:].split(b"\n")
            yield from reader.rows(lines if lines[-1] else lines[:-1], blocks.before + len(told))
    source.format = source.format or "zeek"


def _can_be_split(separator: str) -> bool:
    return len(separator) == 1 and separator.isascii() and separator not in "\r\n"


def _header(block: bytes) -> int:
    """Return where the last header line of a block ends, 0 where it has none."""
    last = block.rfind(b"\n#")
    if last < 0 and not block.startswith(b"#"):
        return 0
    end = block.find(b"\n", last + 1)
    return end + 1 if end >= 0 else len(block)


def _block(block: bytes, before: int, reader: TabReader, source: Source, rest: Rest) -> Iterator[Row]:
    if block and not block.endswith(b"\n"):
        block += b"\n"
    header = reader.header
    # No row is odd or found for its port: only the rows that are read by themselves need it.
    at_field = {name: at for name, at in zip(FIELDS[header.path], header.positions, strict=True) if name != "id.orig_p"}
    fields = split(block, ord(header.separator), len(header.fields), list(at_field.values()))
    odd = fields.odd
    if not len(odd):
        return
    texts = {
        name: plain.without(texts, header.unset.encode(), header.empty.encode(), odd)
        for name, texts in zip(at_field, fields.texts, strict=True)
    }
    at = plain.moments(texts["ts"], "epoch_s", None, odd)
    plain.mark_empty(texts["id.orig_h"], odd)
    host = texts["query" if "query" in texts else "host"]
    for row in rest(Batch(at, odd, host, texts.get("id.resp_h"), texts.get("uri")), source):
        line = block[fields.starts[row] : fields.ends[row]]
        yield from reader.rows([line], before + int(fields.numbers[row]) - 1)

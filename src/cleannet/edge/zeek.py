"""Read Zeek (and old Bro) dns.log and http.log, tab-separated with their header lines or as JSON, one object a line.

A DNS row tells the asked name only: the server asked is the resolver, and an answer is not yet a contact. An HTTP row
tells host, path, destination address and port. The subscriber is the originator's address.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cleannet.edge.files import LogFile
from cleannet.edge.json_lines import objects, text_of
from cleannet.edge.rows import TOO_LONG, BadRow, Row, Source, port_or_zero, requested
from cleannet.edge.times import from_epoch_seconds, from_iso

_DNS = ("ts", "id.orig_h", "query", "id.orig_p")
_HTTP = ("ts", "id.orig_h", "host", "uri", "id.resp_h", "id.resp_p", "id.orig_p")
FIELDS = {"dns": _DNS, "http": _HTTP}
_ESCAPED = re.compile(r"\\x([0-9a-fA-F]{2})")
_KIND = re.compile("[a-z_]{1,20}")


def is_tab_separated(start: bytes) -> bool:
    """Say whether a file begins like a Zeek log with header lines."""
    return start.startswith((b"#separator", b"#fields", b"#path", b"#set_separator"))


def read_tab_separated(file: LogFile, source: Source) -> Iterator[Row]:
    """Yield the rows of a Zeek log with header lines, accounting for every one in `source`."""
    yield from TabReader(source).rows(file.lines())
    source.format = source.format or "zeek"


class TabReader:
    """Read lines of a Zeek log row by row; `header` is what the last header lines said."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.header = Header()

    def rows(self, lines: Iterable[bytes | None], before: int = 0) -> Iterator[Row]:
        """Yield the rows of these lines, None for one that is too long, of which the first is number `before` + 1."""
        header, source = self.header, self._source
        for number, line in enumerate(lines, before + 1):
            if line is None:
                source.break_row(number, TOO_LONG)
                continue
            text = line.decode(errors="replace").rstrip("\r")
            if text.startswith("#"):
                header.read(text)
                source.format = source.format or (f"zeek {_kind(header.path)} tsv" if header.path else "")
                continue
            if not text:
                continue
            if header.path not in FIELDS:
                source.pass_over()
                continue
            try:
                row = _row(header.path, header.values(text))
            except BadRow as error:
                source.break_row(number, str(error))
                continue
            if row is None:
                source.pass_over()
            elif source.takes(row.at, number):
                yield row


def read_json(file: LogFile, source: Source) -> Iterator[Row]:
    """Yield the rows of a Zeek log written as JSON lines, accounting for every one in `source`."""
    for number, data in objects(file, source):
        path = _path_of(data)
        source.format = source.format or f"zeek {_kind(path)} json"
        if path not in FIELDS:
            source.pass_over()
            continue
        try:
            row = _row(path, [text_of(data.get(name)) for name in FIELDS[path]])
        except BadRow as error:
            source.break_row(number, str(error))
            continue
        if row is None:
            source.pass_over()
        elif source.takes(row.at, number):
            yield row
    source.format = source.format or "zeek json"


class Header:
    """Follow the header lines, which may come again within a file; `positions` is where each of `FIELDS` is, or -1."""

    def __init__(self) -> None:
        self.path = ""
        self.separator, self.unset, self.empty = "\t", "-", "(empty)"
        self.fields: Sequence[str] = ()
        self.positions: Sequence[int] = ()

    def read(self, text: str) -> None:
        """Take in a header line."""
        if text.startswith("#separator "):
            self.separator = _unescaped(text.removeprefix("#separator ").strip(" ")) or "\t"
            return
        name, *values = text[1:].split(self.separator)
        if name == "unset_field" and values:
            self.unset = values[0]
        elif name == "empty_field" and values:
            self.empty = values[0]
        elif name == "path" and values:
            self.path = values[0]
        elif name == "fields":
            self.fields = values
        at = {field: position for position, field in enumerate(self.fields)}
        self.positions = [at.get(wanted, -1) for wanted in FIELDS.get(self.path, ())]

    def values(self, text: str) -> list[str]:
        """Return the wanted values of a row; raise BadRow where it has not the fields the header told."""
        fields = text.split(self.separator)
        if len(fields) != len(self.fields):
            raise BadRow(f"{len(self.fields)} fields were expected and {len(fields)} found")
        return [self._value(fields[position]) if position >= 0 else "" for position in self.positions]

    def _value(self, text: str) -> str:
        if text == self.unset or text == self.empty:
            return ""
        return _unescaped(text) if "\\x" in text else text


def _row(path: str, values: Sequence[str]) -> Row | None:
    """Return the row, or None when it holds nothing to look for; raise BadRow when time or originator is missing."""
    is_epoch = values[0].partition(".")[0].isdecimal()
    at = from_epoch_seconds(values[0]) if is_epoch else from_iso(values[0])
    if not values[1]:
        raise BadRow("the originator's address is missing")
    source_port = port_or_zero(values[-1])
    if path == "dns":
        return Row(at, values[1], values[2], source_port=source_port) if values[2] else None
    address = values[4]
    host, port, target = requested(values[2], values[3], values[5])
    if not host and not address:
        return None
    return Row(at, values[1], host, address, port, target, source_port=source_port)


def _path_of(data: dict[str, Any]) -> str:
    path = data.get("_path")
    if isinstance(path, str):
        return path
    if "query" in data or "qtype_name" in data or "rcode_name" in data:
        return "dns"
    return "http" if "uri" in data or "method" in data or "status_code" in data else ""


def _kind(path: str) -> str:
    """Return the kind of log as it may be shown: a file that is none could hold anything there."""
    return path if _KIND.fullmatch(path) else "other"


def _unescaped(text: str) -> str:
    data = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    try:
        return data.encode("latin-1").decode()
    except (UnicodeEncodeError, UnicodeDecodeError):
        return data

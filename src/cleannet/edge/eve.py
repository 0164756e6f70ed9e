"""Read Suricata's EVE log, JSON lines: who asked for which name, host or address.

A `dns` event is a contact with the name where it is a query, as written by Suricata up to 7 (`dns.rrname`) or from 8 on
(`dns.queries`); `http`, `tls` and `quic` with host, path, address and port; `flow` with address and port. Answers,
alerts and all other events are passed over. The subscriber is the source address: in these events it is who began.
"""

from collections.abc import Iterator
from typing import Any

from cleannet.edge.files import LogFile
from cleannet.edge.json_lines import objects, parsed, text_of
from cleannet.edge.rows import BadRow, Row, Source, port_or_zero, requested
from cleannet.edge.times import from_iso

FORMAT = "suricata eve"
_ASKING = ("query", "request")


def is_eve(start: bytes) -> bool:
    """Say whether a file that begins like JSON lines begins like Suricata's."""
    data = parsed(start.lstrip().partition(b"\n")[0])
    return data is not None and isinstance(data.get("event_type"), str) and "timestamp" in data


def read(file: LogFile, source: Source) -> Iterator[Row]:
    """Yield the contacts of an EVE log, accounting for every line in `source`; a line of several names is one row."""
    source.format = FORMAT
    for number, event in objects(file, source):
        try:
            contacts = _contacts(event)
        except BadRow as error:
            source.break_row(number, str(error))
            continue
        if not contacts:
            source.pass_over()
        elif source.takes(contacts[0].at, number):
            yield from contacts


def _contacts(event: dict[str, Any]) -> list[Row]:
    """Return the contacts an event tells; raise BadRow where it tells one, and its time or source is missing."""
    kind = event.get("event_type")
    told = event.get(kind) if isinstance(kind, str) else None
    told = told if isinstance(told, dict) else {}
    places: list[tuple[str, str, int, str]] = []
    if kind == "dns":
        places = [(name, "", 0, "") for name in _names(told)]
    elif kind in ("http", "tls", "quic", "flow"):
        asked, uri = text_of(told.get("hostname" if kind == "http" else "sni")), text_of(told.get("url"))
        address = text_of(event.get("dest_ip"))
        host, port, target = requested(asked, uri, text_of(event.get("dest_port")))
        places = [(host, address, port, target)] if host or address else []
    if not places:
        return []
    at, subscriber = from_iso(text_of(event.get("timestamp"))), text_of(event.get("src_ip"))
    if not subscriber:
        raise BadRow("the source address is missing")
    source_port = port_or_zero(text_of(event.get("src_port")))
    return [Row(at, subscriber, *place, source_port=source_port) for place in places]


def _names(dns: dict[str, Any]) -> list[str]:
    if dns.get("type") not in _ASKING:
        return []
    queries = dns.get("queries")
    asked = [query for query in queries if isinstance(query, dict)] if isinstance(queries, list) else [dns]
    return [name for name in (text_of(query.get("rrname")) for query in asked) if name]

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests.edge.conftest import mangled

from cleannet.edge import eve
from cleannet.edge.files import LogFile
from cleannet.edge.rows import Row, Source

AT = 1_763_769_600_000_000
HEAD = {
    "timestamp": "2025-11-22T08:00:00.000001+0800",
    "src_ip": "10.0.0.1",
    "src_port": 40000,
    "dest_ip": "192.0.2.1",
    "dest_port": 443,
}


def read(tmp_path: Path, *events: dict[str, Any]) -> tuple[list[Row], Source]:
    path = tmp_path / "eve.json"
    path.write_text("".join(json.dumps(HEAD | event) + "\n" for event in events))
    source = Source("eve.json", 2 * AT)
    rows = list(eve.read(LogFile(path), source))
    return rows, source


@pytest.mark.parametrize(
    ("event", "places"),
    [
        ({"event_type": "dns", "dns": {"type": "query", "rrname": "evil.example"}}, [("evil.example", "", 0, "")]),
        (
            {
                "event_type": "dns",
                "dns": {"version": 3, "type": "request", "queries": [{"rrname": "a"}, {"rrname": "b"}]},
            },
            [("a", "", 0, ""), ("b", "", 0, "")],
        ),
        ({"event_type": "dns", "dns": {"type": "answer", "rrname": "evil.example"}}, []),
        ({"event_type": "dns", "dns": {"version": 3, "type": "response", "queries": [{"rrname": "a"}]}}, []),
        (
            {"event_type": "http", "http": {"hostname": "evil.example", "url": "/a?b"}},
            [("evil.example", "192.0.2.1", 443, "/a?b")],
        ),
        (
            {"event_type": "http", "http": {"hostname": "proxy.example", "url": "http://evil.example/x"}},
            [("evil.example", "192.0.2.1", 443, "/x")],
        ),
        ({"event_type": "tls", "tls": {"sni": "evil.example"}}, [("evil.example", "192.0.2.1", 443, "")]),
        ({"event_type": "quic", "quic": {}}, [("", "192.0.2.1", 443, "")]),
        ({"event_type": "flow", "flow": {"pkts_toserver": 1}}, [("", "192.0.2.1", 443, "")]),
        ({"event_type": "alert", "alert": {"signature": "x"}}, []),
        ({"event_type": "stats", "stats": {}}, []),
        ({"event_type": ["dns"]}, []),
        ({"event_type": "dns", "dns": {"type": "query", "queries": ["x", {"rrname": 5}]}}, [("5", "", 0, "")]),
        ({"event_type": "flow", "dest_ip": None}, []),
    ],
)
def test_what_an_event_tells(tmp_path: Path, event: dict[str, Any], places: list[tuple[str, str, int, str]]) -> None:
    rows, source = read(tmp_path, event)
    assert rows == [Row(AT + 1, "10.0.0.1", *place, source_port=40000) for place in places]
    assert (source.rows, source.unmapped, source.broken, source.format) == (1, not places, 0, eve.FORMAT)


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"timestamp": "soon"}, "the time cannot be read"), ({"src_ip": ""}, "the source address is missing")],
)
def test_a_contact_without_time_or_source_is_broken(tmp_path: Path, change: dict[str, str], reason: str) -> None:
    rows, source = read(tmp_path, {"event_type": "tls", "tls": {"sni": "a"}} | change)
    assert not rows
    assert [(row.line, row.reason) for row in source.shown] == [(1, reason)]


@pytest.mark.parametrize(
    ("start", "is_eve"),
    [
        (b'{"timestamp":"x","event_type":"dns"}\n{"a', True),
        (b'{"ts":1,"query":"a"}\n', False),
        (b'{"event_type":"dns"}\n', False),
        (b"{", False),
    ],
)
def test_it_is_told_by_its_first_line(start: bytes, is_eve: bool) -> None:
    assert eve.is_eve(start) is is_eve


LINES = [
    json.dumps(HEAD | {"event_type": kind, kind: {"type": "query", "rrname": "a", "sni": "b"}})
    for kind in ("dns", "tls")
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(mangled(*LINES))
def test_no_line_is_fatal_and_every_line_is_accounted_for(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "eve.json"
    path.write_bytes(data)
    source = Source("eve.json", 2 * AT)
    rows = list(eve.read(LogFile(path), source))
    assert source.rows == len(rows) + source.broken + source.unmapped + source.late

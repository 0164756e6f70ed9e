from datetime import UTC, datetime, tzinfo
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cleannet.core.clock import BEIJING
from cleannet.core.tally import to_micros
from cleannet.edge import query_logs
from cleannet.edge.files import LogFile
from cleannet.edge.rows import Row, Source

LATEST = to_micros(datetime.fromisoformat("2026-11-26T13:00:00+08:00"))
NOON = to_micros(datetime.fromisoformat("2026-11-26T12:00:00+08:00"))
BIND = (
    "26-Nov-2026 12:00:00.000 queries: info: client @0x7f0a 10.0.0.1#4242 (evil.example): "
    "query: evil.example IN A +E(0)K (10.0.0.53)"
)
UNBOUND = "[1795665600] unbound[812:0] info: 10.0.0.1 evil.example. A IN"
DNSMASQ = "Nov 26 12:00:00 dnsmasq[812]: query[A] evil.example from 10.0.0.1"


def read(folder: Path, text: str | bytes, kind: str = "", zone: tzinfo = BEIJING) -> tuple[list[Row], Source]:
    path = folder / "queries.log"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    source = Source("queries.log", LATEST)
    kind = kind or query_logs.kind_of(LogFile(path).start())
    rows = list(query_logs.read(LogFile(path), source, kind, zone))
    assert source.rows == len(rows) + source.broken + source.unmapped + source.late
    return rows, source


@pytest.mark.parametrize(
    ("line", "kind", "port"),
    [
        (BIND, "bind queries", 4242),
        ("26-Nov-2026 12:00:00 client 10.0.0.1#4242: query: evil.example IN A + (10.0.0.53)", "bind queries", 4242),
        (
            "26-Nov-2026 12:00:00.000 client 10.0.0.1#4242 (evil.example): view inside: query: evil.example IN AAAA +",
            "bind queries",
            4242,
        ),
        (
            "2026-11-26T04:00:00.000Z queries: info: client @0x7f 10.0.0.1#1/key edge (evil.example): "
            "query: evil.example IN A +",
            "bind queries",
            1,
        ),
        (
            "Nov 26 12:00:00 ns1 named[4]: client @0x7f 10.0.0.1#1 (evil.example): query: evil.example IN A +",
            "bind queries",
            1,
        ),
        (UNBOUND.replace("evil.example.", "evil.example"), "unbound queries", 0),
        ("[1795665600] unbound[812:0] query: 10.0.0.1 evil.example A IN", "unbound queries", 0),
        ("2026-11-26T12:00:00.000+08:00 unbound[812:0] info: 10.0.0.1 evil.example A IN", "unbound queries", 0),
        ("Nov 26 12:00:00 ns1 unbound[812]: [812:1] info: 10.0.0.1 evil.example A IN", "unbound queries", 0),
        (DNSMASQ, "dnsmasq queries", 0),
        (
            "Nov 26 12:00:00 gw dnsmasq[812]: 17 10.0.0.1/4242 query[AAAA] evil.example from 10.0.0.1",
            "dnsmasq queries",
            4242,
        ),
    ],
)
def test_who_asked_for_which_name_when(tmp_path: Path, line: str, kind: str, port: int) -> None:
    rows, source = read(tmp_path, line + "\r\n\n")
    assert rows == [Row(NOON, "10.0.0.1", "evil.example", source_port=port)]
    assert source.format == kind


@pytest.mark.parametrize(
    ("first", "line", "reason"),
    [
        (BIND, "26-Nov-2026 12:00:00.000 general: info: running", ""),
        (BIND, BIND.replace("26-Nov", "31-Feb"), "the time cannot be read"),
        (BIND, BIND.replace("26-Nov", "26-Abc"), "the time cannot be read"),
        (BIND, BIND.replace("2026", "2027"), "the time lies in the future"),
        (BIND, BIND.replace("evil.example IN", "evil example of IN"), "the query cannot be read"),
        (BIND, BIND + "x" * 5000, "the line is longer than 4096 bytes or was cut off"),
        (UNBOUND, "[1795665600] unbound[812:0] info: 10.0.0.1 evil.example. A IN NOERROR 0.000000 1 45", ""),
        (UNBOUND, "[1795665600] unbound[812:0] info: service stopped (unbound 1.17.1).", ""),
        (DNSMASQ, "Nov 26 12:00:00 dnsmasq[812]: reply evil.example is 192.0.2.1", ""),
        (DNSMASQ, "Nov 26 12:00:00 dnsmasq[812]: query[A] a b from 10.0.0.9 from 10.0.0.1", "the query cannot be read"),
        (DNSMASQ, DNSMASQ.replace("Nov 26", "Feb 30"), "the time cannot be read"),
    ],
)
def test_what_is_no_query_is_passed_over_and_what_cannot_be_read_is_broken(
    tmp_path: Path, first: str, line: str, reason: str
) -> None:
    rows, source = read(tmp_path, f"{first}\n{line}\n{first}\n")
    assert len(rows) == 2
    assert [(row.line, row.reason) for row in source.shown] == ([(2, reason)] if reason else [])
    assert source.unmapped == (0 if reason else 1)


@pytest.mark.parametrize(
    ("day", "year"), [("Nov 26", 2026), ("Nov 27", 2025), ("Jan  1", 2026), ("Dec 31", 2025), ("Feb 29", 2024)]
)
def test_a_time_without_a_year_is_of_the_last_one_it_fits(tmp_path: Path, day: str, year: int) -> None:
    (row,), _ = read(tmp_path, DNSMASQ.replace("Nov 26", day))
    month, number = day.split()
    expected = datetime.strptime(f"{year} {month} {number} 12:00 +0800", "%Y %b %d %H:%M %z")
    assert row.at == to_micros(expected)


@pytest.mark.parametrize("text", ["", "a b c\n", '{"query": 1}\n', "#fields\tts\n", "x" * 5000, BIND[10:]])
def test_another_file_is_no_query_log(text: str) -> None:
    assert query_logs.kind_of(text.encode()) == ""


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.sampled_from([BIND, UNBOUND, DNSMASQ]),
    cut=st.integers(0, 120),
    junk=st.binary(max_size=60),
)
def test_no_line_ends_the_run(tmp_path: Path, first: str, cut: int, junk: bytes) -> None:
    mixed = first[:cut].encode() + junk + first[cut:].encode()
    rows, _ = read(tmp_path, first.encode() + b"\n" + mixed + b"\n")
    assert rows


@pytest.mark.parametrize("line", [BIND, DNSMASQ, UNBOUND.replace("[1795665600]", "2026-11-26T12:00:00.000")])
def test_a_resolver_that_runs_in_another_zone(tmp_path: Path, line: str) -> None:
    rows, _ = read(tmp_path, line.replace("12:00:00", "04:00:00"), zone=UTC)
    assert [row.at for row in rows] == [NOON]

import socket
import urllib.request
from datetime import UTC, datetime

import pytest
from tests.edge.test_findings import FOUND, ROW

from cleannet.edge.findings import Findings, digest
from cleannet.edge.metrics import Metrics
from cleannet.edge.rows import Source
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats.tally import Tally

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def tally_of(*subscribers: bytes) -> Tally:
    findings = Findings(digest)
    for subscriber in subscribers:
        findings.take(ROW, FOUND, subscriber * 16)
    return Tally("numbers", NOW, "b", None, tuple(findings.programs()))


def test_what_was_read_and_counted_is_answered() -> None:
    metrics = Metrics()
    metrics.read(Source("13800138000.log", 0, rows=5, broken=1, late=1, unmapped=2, last=1_000_000), 1)
    metrics.read(Source("b.log", 0, rows=1), 1)
    metrics.counted([tally_of(b"a", b"b"), tally_of(b"a", b"b", b"c")])
    metrics.counted([])
    metrics.passed(NOW, 7)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    metrics.serve(f"127.0.0.1:{port}")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    assert {line for line in lines if not line.startswith("#") and "created" not in line} == {
        'cleannet_edge_rows_total{outcome="read"} 6.0',
        'cleannet_edge_rows_total{outcome="broken"} 1.0',
        'cleannet_edge_rows_total{outcome="late"} 1.0',
        'cleannet_edge_rows_total{outcome="unmapped"} 2.0',
        'cleannet_edge_rows_total{outcome="matched"} 2.0',
        "cleannet_edge_last_row_timestamp_seconds 1.0",
        "cleannet_edge_last_pass_timestamp_seconds 1.7957376e+09",
        "cleannet_edge_tallies_waiting 7.0",
        'cleannet_edge_infected{program="P"} 3.0',
    }


@pytest.mark.parametrize("address", ["127.0.0.1:x", "127.0.0.1:99999"])
def test_where_it_cannot_answer(address: str) -> None:
    with pytest.raises(WrongUse, match="HOST:PORT"):
        Metrics().serve(address)


def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(WrongUse, match="free"):
        Metrics().serve(f"127.0.0.1:{taken.getsockname()[1]}")

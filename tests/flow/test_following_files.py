import gzip
import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.edge.test_following import HEAD, NOW, ZEEK, Edge, charged, dns

from cleannet.edge import following
from cleannet.edge.detect import Detection
from cleannet.edge.files import LogFile
from cleannet.edge.following import Follower


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    made = Edge(tmp_path)
    yield made
    made.kept.close()


def test_subscribers_named_in_two_ways_are_not_mixed(edge: Edge) -> None:
    edge.write("dns.log", ZEEK + dns(1))
    edge.read()
    edge.write("a.csv", "t,n,h,f,r\n" + charged((1, "a", 1)))
    assert edge.read() == []
    assert "--state of its own" in edge.said[0]
    assert edge.read() == []
    assert len(edge.said) == 1
    assert edge.maxima() == [("follow 2026-11-27", 1, 1)]


def test_what_cannot_be_read_stops_no_other(edge: Edge) -> None:
    edge.write("junk.bin", "\x00\x01")
    edge.write("x.csv", "t,n\n")
    (edge.logs / "gone.log").symlink_to("nowhere")
    edge.write(".hidden", "x")
    edge.write("dns.log", ZEEK + dns(1))
    assert [read.matched for read in edge.read()] == [1]
    assert sorted(sentence.partition(": ")[0].rpartition("/")[2] for sentence in edge.said) == [
        "gone.log",
        "junk.bin",
        "m.toml",
    ]


@pytest.mark.parametrize(("name", "grows"), [("dns.log", True), ("dns.log.gz", False), ("x.parquet", False)])
def test_a_file_that_is_being_written_is_read_when_it_can_be(edge: Edge, name: str, grows: bool) -> None:
    path = edge.logs / name
    if name.endswith(".parquet"):
        table = {
            "t": [int(NOW.timestamp())] * 2,
            "n": ["13800138000", "x"],
            "h": ["evil.example"] * 2,
            "f": ["", ""],
            "r": ["", ""],
        }
        pq.write_table(pa.table(table), path)
    else:
        text = (ZEEK + dns(1)).encode()
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    os.utime(path, times=(NOW.timestamp(), NOW.timestamp()))
    edge.clock = NOW + timedelta(seconds=following.SETTLED)
    assert len(edge.read()) == grows
    edge.clock += timedelta(seconds=1)
    assert len(edge.read()) == (not grows)
    assert edge.read() == []
    assert [(hits, maximum) for _, hits, maximum in edge.maxima()][:1] == [(1, 1)]


@pytest.mark.parametrize("name", ["y.parquet", "y.csv"])
def test_what_only_calls_itself_parquet_ends(edge: Edge, name: str) -> None:
    path = edge.write(name, "t,n,h,f,r\n1,2,3,4,5\n")
    os.utime(path, times=(0, 0))
    assert len(edge.read()) == 1
    assert edge.read() == []


def test_a_log_that_is_rotated_while_it_is_read_is_read_where_it_went(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = edge.write("dns.log", ZEEK + dns(1, 2))
    read = Detection.read

    def rotate(self: Detection, file: LogFile, now: datetime) -> None:
        monkeypatch.setattr(Detection, "read", read)
        path.rename(edge.logs / "dns.1.log")
        edge.write("dns.log", ZEEK + dns(*range(3, 90)))
        read(self, file, now)

    monkeypatch.setattr(Detection, "read", rotate)
    assert edge.read() == []
    assert sorted(one.matched for one in edge.read()) == [2, 87]
    assert edge.maxima() == [("follow 2026-11-27", 89, 89)]


def test_a_log_that_is_gone_while_it_is_read_counts_nothing(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    path = edge.write("dns.log", ZEEK + dns(1, 2))
    read = Detection.read

    def remove(self: Detection, file: LogFile, now: datetime) -> None:
        read(self, file, now)
        path.unlink()

    monkeypatch.setattr(Detection, "read", remove)
    assert edge.read() == []
    assert edge.kept.logs() == []
    assert edge.maxima() == []


def test_a_header_is_not_taken_before_its_end(edge: Edge) -> None:
    path = edge.write("a.csv", HEAD.strip())
    os.utime(path, times=(0, 0))
    assert edge.read() == []
    edge.write("a.csv", "\n" + charged((1, "a", 0)))
    assert [one.matched for one in edge.read()] == [1]
    assert edge.said == []


def test_a_zeek_log_names_addresses_whatever_it_is_called(edge: Edge) -> None:
    edge.write("dns.csv", ZEEK + dns(1))
    edge.write("dns.log", ZEEK + dns(2))
    assert [one.matched for one in edge.read()] == [1, 1]
    assert edge.said == []


def test_a_refused_log_is_not_opened_at_every_look(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    path = edge.write("x.csv", "t,n\n1,2\n")
    assert edge.read() == []
    monkeypatch.setattr(Follower, "_read", lambda *_: pytest.fail("read again"))
    assert edge.read() == []
    monkeypatch.undo()
    path.write_text("")
    edge.write("x.csv", HEAD + charged((1, "a", 0)))
    assert [one.matched for one in edge.read()] == [1]


def test_folders_that_cannot_be_read_or_go_are_told_or_left(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    def walk(place: Path, onerror: Callable[[OSError], None]) -> Iterator[tuple[str, list[str], list[str]]]:
        onerror(FileNotFoundError(2, "No such file or directory", str(place / "gone")))
        onerror(PermissionError(13, "Permission denied", str(place / "closed")))
        yield str(place), [], []

    monkeypatch.setattr(following.os, "walk", walk)
    assert edge.read() == []
    assert edge.said == [f"{edge.logs}/closed: cannot be read: Permission denied"]
    assert edge.follower.passed_over

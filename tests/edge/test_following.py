import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cleannet.core.policy_file import shipped
from cleannet.core.tally import to_micros
from cleannet.edge import counting, mapping
from cleannet.edge.counting import Lists
from cleannet.edge.days import day_of
from cleannet.edge.detect import Detection
from cleannet.edge.following import Day, Follower, Read
from cleannet.edge.kept import Kept
from cleannet.edge.state import State
from cleannet.edge.tallies import Run
from cleannet.formats import canonical, envelope

NOW = datetime(2026, 11, 27, 4, tzinfo=UTC)
POLICY = shipped()["mobile_malware_2011"]
ZEEK = "#separator \\x09\n#path\tdns\n#fields\tts\tid.orig_h\tquery\n"
NUMBERS = """
schema = 1
files = ["*.csv", "*.parquet"]
time_form = "epoch_s"
[columns]
time = "t"
number = "n"
host = "h"
fee = "f"
record = "r"
[fee]
unit = "fen"
every_row = true
"""


class Edge:
    """Follow the folder `logs` of a test."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.logs, self.clock = folder, folder / "logs", NOW
        self.logs.mkdir()
        (folder / "android_evil.txt").write_text("evil.example\n")
        (folder / "m.toml").write_text(NUMBERS)
        self.lists: Lists = counting.load(State(folder / "state"), [folder / "android_evil.txt"], [], NOW)
        self.said: list[str] = []
        self.open()

    def open(self) -> None:
        self.kept = Kept(self.folder / "counted.db")
        self.follower = Follower([self.logs], self.kept, POLICY, days=60, batch="follow", tell=self.said.append)
        columns = [mapping.load(self.folder / "m.toml")]
        self.detection = Detection(self.lists.watchlist, columns, bytes(32), timedelta(days=60), UTC, self.said.append)

    def read(self) -> list[Read]:
        return list(self.follower.read(self.detection, lambda: self.clock))

    def days(self) -> list[Day]:
        return self.follower.days(self.lists, lambda: self.clock)

    def runs(self) -> list[Run]:
        return [day.run for day in self.days()]

    def alarms(self) -> list[int]:
        """Return how many programs are news on each day, and have them told."""
        days = self.days()
        self.follower.told(days)
        return [len(day.owed) for day in days]

    def maxima(self) -> list[tuple[str, int, int]]:
        return [(run.tally.batch, one.hits, one.infected.maximum) for run in self.runs() for one in run.tally.programs]

    def write(self, name: str, text: str) -> Path:
        path = self.logs / name
        with path.open("a") as file:
            file.write(text)
        return path


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    made = Edge(tmp_path)
    yield made
    made.kept.close()


def dns(*who: int, at: datetime = NOW - timedelta(hours=1)) -> str:
    return "".join(f"{at.timestamp():.6f}\t10.0.{number >> 8}.{number & 255}\tx.evil.example\n" for number in who)


def charged(*rows: tuple[int, str, int], at: datetime = NOW - timedelta(hours=1)) -> str:
    return "".join(f"{at.timestamp():.0f},138{number:08},evil.example,{fen},{record}\n" for number, record, fen in rows)


def test_a_log_that_grows_is_counted_once(edge: Edge) -> None:
    edge.write("dns.log", ZEEK + dns(1, 2) + "broken\n")
    (read,) = edge.read()
    assert (read.source.rows, read.source.broken, read.matched, read.remark) == (3, 1, 2, "")
    assert edge.read() == []
    edge.write("dns.log", dns(2, 3) + "broken\n")
    (read,) = edge.read()
    assert (read.source.rows, read.matched, read.source.shown[0].line) == (3, 2, 9)
    assert edge.maxima() == [("follow 2026-11-27", 4, 3)]
    (source,) = edge.runs()[0].document["sources"]
    assert (source["rows"], source["broken"], source["format"]) == (6, 2, "zeek dns tsv")


def test_nothing_is_read_again_after_a_new_start(edge: Edge) -> None:
    edge.write("dns.log", ZEEK + dns(1))
    edge.read()
    edge.kept.close()
    edge.open()
    assert edge.read() == []
    edge.write("dns.log", dns(2))
    assert len(edge.read()) == 1
    assert edge.maxima() == [("follow 2026-11-27", 2, 2)]


def test_a_rotated_log_and_its_copy_are_not_counted_twice(edge: Edge) -> None:
    path = edge.write("dns.log", ZEEK + dns(1, 2))
    edge.read()
    edge.write("dns.log", dns(3))
    path.rename(edge.logs / "dns.1.log")
    shutil.copy(edge.logs / "dns.1.log", edge.logs / "dns.2.log")
    edge.write("dns.log", ZEEK + dns(4))
    assert sorted((read.path.rpartition("/")[2], read.matched) for read in edge.read()) == [
        ("dns.1.log", 1),
        ("dns.log", 1),
    ]
    assert edge.maxima() == [("follow 2026-11-27", 4, 4)]
    path.write_text("")
    edge.write("dns.log", ZEEK + dns(5))
    (read,) = edge.read()
    assert (read.matched, read.remark) == (1, "was cut or replaced; read from its beginning")


def test_the_count_goes_on_at_midnight(edge: Edge) -> None:
    evening, night = datetime(2026, 11, 26, 15, 50, tzinfo=UTC), datetime(2026, 11, 26, 16, 10, tzinfo=UTC)
    edge.write("dns.log", ZEEK + dns(*range(3), at=evening) + dns(*range(2, 5), at=night))
    edge.read()
    assert edge.maxima() == [("follow 2026-11-26", 3, 3), ("follow 2026-11-27", 3, 5)]
    curves = [slot for run in edge.runs() for slot in run.tally.programs[0].infected.curve]
    assert [slot.start for slot in curves] == sorted({slot.start for slot in curves})


def test_a_row_of_yesterday_changes_yesterday(edge: Edge, tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    state.enrol("e", "OPERATOR-A", "44", {})
    edge.write("dns.log", ZEEK + dns(1))
    edge.read()
    days = edge.days()
    edge.follower.spool(state, days, lambda: NOW)
    edge.follower.told(days)
    assert edge.runs() == []
    edge.write("dns.log", dns(2, at=NOW - timedelta(hours=20)) + dns(3, at=NOW - timedelta(days=61)))
    (read,) = edge.read()
    assert read.source.late == 1
    assert edge.maxima() == [("follow 2026-11-26", 1, 1), ("follow 2026-11-27", 1, 2)]
    days = edge.days()
    edge.follower.spool(state, days, lambda: NOW)
    edge.follower.told(days)
    assert len(list(state.waiting())) == 3


def test_only_programs_that_changed_are_spooled(edge: Edge, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("# program: Other\nother.example\n")
    names = [tmp_path / "android_evil.txt", tmp_path / "other.txt"]
    edge.lists = counting.load(State(tmp_path / "state"), names, [], NOW)
    edge.detection = Detection(edge.lists.watchlist, [], bytes(32), timedelta(days=60), UTC, edge.said.append)
    state = State(tmp_path / "state")
    state.enrol("e", "OPERATOR-A", "44", {})
    keys = {state.identity().key_id: state.key().public_key()}
    other = f"{(NOW - timedelta(hours=1)).timestamp():.6f}\t10.0.0.1\tother.example\n"
    for rows in (ZEEK + dns(1) + other, dns(2), ""):
        edge.write("dns.log", rows)
        edge.read()
        days = edge.days()
        edge.follower.spool(state, days, lambda: NOW)
        edge.follower.told(days)
    sent = [canonical.decode(envelope.verify(data, keys, "tally").payload) for _, data in state.waiting()]
    told = [([one["program"] for one in m["tally"]["programs"]], m["tally"]["unchanged"]) for m in sent]
    assert told == [(["Other", "evil"], []), (["evil"], ["Other"])]


def test_an_edge_that_took_over_what_was_kept_spools_all(edge: Edge, tmp_path: Path) -> None:
    edge.write("dns.log", ZEEK + dns(1))
    edge.read()
    for name in ("before", "after"):
        state = State(tmp_path / name)
        state.enrol(name, "OPERATOR-A", "44", {})
        edge.follower.spool(state, edge.days(), lambda: NOW)
        assert b'"unchanged":[]' in next(state.waiting())[1].replace(b"\\", b"")


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_after_a_kill_while_spooling_all_is_spooled_again(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    state = State(edge.folder / "state")
    state.enrol("e", "OPERATOR-A", "44", {})
    edge.write("dns.log", ZEEK + dns(1))
    edge.read()
    edge.follower.spool(state, edge.days(), lambda: NOW)
    assert edge.kept.sent(day_of(to_micros(NOW)))
    with monkeypatch.context() as patch:
        patch.setattr(counting, "spool", killed)
        with pytest.raises(KeyboardInterrupt):
            edge.follower.spool(state, edge.days(), lambda: NOW)
    edge.follower.spool(state, edge.days(), lambda: NOW)
    *_, (_, data) = state.waiting()
    message = canonical.decode(
        envelope.verify(data, {state.identity().key_id: state.key().public_key()}, "tally").payload
    )
    assert (len(message["tally"]["programs"]), message["tally"]["unchanged"]) == (1, [])


def test_a_line_that_is_too_long_is_one_broken_row_however_often_it_is_looked_at(edge: Edge) -> None:
    edge.write("dns.log", ZEEK + dns(1) + "x" * (2 << 20))
    for rest in ("x" * (2 << 20), "x\n" + dns(2), dns(3) + "broken\n"):
        edge.read()
        edge.write("dns.log", rest)
    edge.read()
    (log,) = edge.kept.logs()
    assert (log.source.rows, log.source.broken, edge.maxima()[0][2]) == (5, 2, 3)
    lines = [row.line for row in log.source.shown]
    assert lines == [5, 8]


def test_what_will_be_tomorrow_waits_for_it(edge: Edge) -> None:
    edge.write("dns.log", ZEEK + dns(1))
    edge.read()
    edge.clock = NOW + timedelta(days=1)
    assert [batch for batch, *_ in edge.maxima()] == ["follow 2026-11-27", "follow 2026-11-28"]


MANY = [(number, f"r{number}", 0) for number in range(10_001)]
HEAD = "t,n,h,f,r\n"


def test_a_threshold_is_told_once_with_what_is_owed(edge: Edge) -> None:
    edge.write("a.csv", HEAD + charged(*MANY))
    edge.read()
    ((owed,),) = (day.owed for day in edge.days())
    assert owed.program == "evil"
    assert edge.alarms() == [1]
    edge.write("a.csv", charged((1, "x", 0)))
    edge.read()
    assert edge.alarms() == [0]
    edge.clock += timedelta(days=1)
    assert edge.alarms() == [0]


def test_what_was_not_said_is_news_again(edge: Edge) -> None:
    edge.write("a.csv", HEAD + charged(*MANY))
    edge.read()
    assert [len(day.owed) for day in edge.days()] == [1]
    edge.kept.close()
    edge.open()
    assert edge.alarms() == [1]


def test_what_goes_on_at_midnight_is_no_news(edge: Edge) -> None:
    edge.write("a.csv", HEAD + charged(*MANY, at=datetime(2026, 11, 25, 15, tzinfo=UTC)))
    edge.read()
    assert edge.alarms() == [1, 0]


def test_what_begins_at_midnight_is_news(edge: Edge) -> None:
    for day in (20, 26):
        others = [(number + day * 20_000, f"{day}-{record}", 0) for number, record, _ in MANY]
        edge.write("a.csv", (HEAD if day == 20 else "") + charged(*others, at=datetime(2026, 11, day, 16, tzinfo=UTC)))
        edge.read()
        assert edge.alarms() == [1]


def test_loss_adds_up_over_days_and_a_record_counts_once(edge: Edge) -> None:
    yesterday = NOW - timedelta(days=1)
    edge.write("a.csv", "t,n,h,f,r\n" + charged((1, "a", 60_000_000), (2, "b", 60_000_000), at=yesterday))
    edge.read()
    edge.write("a.csv", charged((1, "a", 60_000_000), (3, "c", 90_000_000), (3, "c", -500)))
    edge.read()
    runs = edge.runs()
    assert [one.loss_fen for run in runs for one in run.tally.programs] == [120_000_000, 89_999_500]
    assert edge.alarms() == [1, 0]


def test_logs_of_the_past_are_forgotten(edge: Edge) -> None:
    path = edge.write("dns.log", ZEEK + dns(1))
    edge.read()
    path.unlink()
    edge.follower.forget(NOW + timedelta(days=61))
    assert len(edge.kept.logs()) == 1
    edge.follower.forget(NOW + timedelta(days=63))
    assert edge.kept.logs() == []
    assert edge.kept.changed() == []

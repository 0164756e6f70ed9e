import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.edge.test_contacts import MOMENTS, padded
from tests.edge.test_findings import FOUND, ROW

from cleannet.core.tally import WINDOW, Loss
from cleannet.edge import kept as kept_module
from cleannet.edge import subscribers
from cleannet.edge.contacts import Counter
from cleannet.edge.days import DAY, date_of, day_of, start_of
from cleannet.edge.findings import Findings, digest
from cleannet.edge.kept import BATCH, KEY, Kept
from cleannet.edge.positions import Log, Position
from cleannet.edge.rows import BrokenRow, Source
from cleannet.edge.wrong_use import WrongUse

DAY_0 = day_of(ROW.at)
START = start_of(DAY_0)
Seen = tuple[int, bytes, str]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    opened = Kept(tmp_path / "counted.db")
    yield opened
    opened.close()


def found(*seen: Seen, fen: int | None = None, record: str = "r") -> Findings:
    findings = Findings(digest)
    for at, who, province in seen:
        findings.take(ROW._replace(at=at, province=province, fen=fen, record=record), FOUND, padded(who))
    return findings


def log(path: str = "a.log") -> Log:
    return Log(Position(path), Source(path, 0))


SEEN = st.lists(
    st.tuples(MOMENTS.map(lambda at: START + at), st.sampled_from([b"a", b"b", b"c"]), st.sampled_from(["", "44"])),
    max_size=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(SEEN, st.integers(1, 4), st.sampled_from([1, 1 << 23]))
def test_days_joined_are_the_whole(tmp_path: Path, seen: list[Seen], parts: int, most: int) -> None:
    path = tmp_path / "joined.db"
    path.unlink(missing_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_module, "_MOST", most)
        kept = Kept(path)
        for part in range(parts):
            kept.commit(found(*seen[part::parts]), log())
        days = {day: {one.program: one for one in kept.programs(day)} for day in kept.changed()}
        kept.close()
    whole = {one.program: one for one in found(*seen).programs()}
    assert {name for programs in days.values() for name in programs} == set(whole)
    for name, program in whole.items():
        own = [programs[name] for _, programs in sorted(days.items()) if name in programs]
        assert sum(one.hits for one in own) == program.hits
        assert max(one.infected.maximum for one in own) == program.infected.maximum
        assert [slot for one in own for slot in one.infected.curve] == list(program.infected.curve)
        first = next(one for one in own if one.infected.maximum == program.infected.maximum)
        assert first.infected.at == program.infected.at


def test_what_was_kept_is_there_again(tmp_path: Path, kept: Kept) -> None:
    followed = Log(
        Position("a.log", 1, 2, 3, 4, 5, 6, "ab", 7, "cd", "#x\n"),
        Source(
            "a.log", 9, 1, "csv", "numbers", rows=3, broken=1, first=2, last=8, shown=[BrokenRow("a.log", 2, "why")]
        ),
    )
    first = kept.commit(found((START, b"a", "44")), followed)
    assert kept.commit(found((START + 1, b"b", "")), first) == first == followed
    kept.close()
    again = Kept(tmp_path / "counted.db")
    assert again.logs() == [followed]
    (program,) = again.programs(DAY_0, thresholds=[0, 1])
    assert (program.hits, program.infected.maximum, set(program.infected.crossings)) == (2, 2, {0, 1})
    assert set(program.infected.by_province) == {"44", "unknown"}
    assert again.changed() == [DAY_0, DAY_0 + 1]
    again.told(DAY_0, [])
    assert again.changed() == [DAY_0 + 1]
    again.close()


FEES = st.lists(st.tuples(st.sampled_from(["r", "s"]), st.integers(-3, 3)), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(FEES)
def test_fees_come_to_what_they_come_to_in_one_run(tmp_path: Path, fees: list[tuple[str, int]]) -> None:
    path = tmp_path / "fees.db"
    path.unlink(missing_ok=True)
    kept, loss = Kept(path), Loss()
    for record, fen in fees:
        kept.commit(found((START, b"a", ""), fen=fen, record=record), log())
        loss.add(record.encode(), fen)
    own = {(one.loss_fen, one.loss_records, one.loss_contradictions) for one in kept.programs(DAY_0)}
    assert own == ({(loss.total, loss.records, loss.contradictions)} if fees else set())
    assert kept.loss() == ({"P": loss.total} if fees else {})
    kept.close()


def test_a_record_told_again_later_counts_for_its_first_day(kept: Kept) -> None:
    kept.commit(found((START, b"a", ""), fen=5), log())
    kept.commit(found((START + DAY, b"a", ""), fen=3), log())
    assert [one.loss_fen for day in (DAY_0, DAY_0 + 1) for one in kept.programs(day)] == [3, 0]


def test_what_is_past_is_forgotten_but_what_it_cost(tmp_path: Path, kept: Kept) -> None:
    followed, gone = log(), log("gone.log")
    gone = kept.commit(found((START, b"secret-of-day-1", ""), fen=5), gone)
    kept.commit(found((START + 3 * DAY + 1, b"b", ""), fen=7, record="s"), followed)
    assert any(b"secret-of-day-1" in path.read_bytes() for path in tmp_path.glob("counted.db*"))
    kept.forget(DAY_0 + 2, [gone])
    assert kept.changed() == [DAY_0 + 3, DAY_0 + 4]
    assert (kept.programs(DAY_0), kept.loss()) == ([], {"P": 12})
    kept.forget(DAY_0 + 2)
    assert (kept.loss(), kept.logs()) == ({"P": 12}, [followed])
    assert not any(b"secret-of-day-1" in path.read_bytes() for path in tmp_path.glob("counted.db*"))


def test_a_commit_that_fails_leaves_nothing_half_done(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.commit(found((START, b"a", "")), log())
    monkeypatch.setattr(Kept, "_charge", lambda self, fee: self._db.execute("INSERT INTO nothing VALUES (1)"))
    with pytest.raises(sqlite3.Error):
        kept.commit(found((START, b"b", ""), fen=1), log("b.log"))
    assert len(kept.logs()) == 1
    assert [(one.hits, one.infected.maximum) for one in kept.programs(DAY_0)] == [(1, 1)]


def test_which_program_passed_which_figure_is_noted_by_day(kept: Kept) -> None:
    assert kept.passed("P", "infected", 10) == set()
    kept.told(3, [("P", "infected", 10), ("P", "infected", 20)])
    kept.told(4, [("P", "infected", 10), ("Q", "infected", 10)])
    assert kept.passed("P", "infected", 10) == {3, 4}
    assert kept.passed("P", "loss", 10) == set()
    kept.count_as({"P": "Q"})
    assert kept.passed("Q", "infected", 10) == {3, 4}
    assert kept.passed("Q", "infected", 20) == {3}


def test_what_was_seen_is_kept_by_day(kept: Kept) -> None:
    for day in (0, 0, 1):
        kept.commit(found((START + day * DAY, b"a", ""), (START + day * DAY, b"b", "")), log())
    (one,) = kept.seen(DAY_0)
    first = str(date_of(DAY_0))
    assert (one["indicator"], one["role"], one["hits"], one["first"], one["last"]) == (
        "evil.example",
        "control",
        4,
        first,
        first,
    )
    assert kept.seen(DAY_0 + 1)[0]["hits"] == 2
    (both,) = kept.seen(DAY_0 - 5, DAY_0 + 5)
    assert (both["hits"], both["first"], both["last"]) == (6, first, str(date_of(DAY_0 + 1)))
    kept.count_as({"P": "Q"})
    assert kept.seen(DAY_0)[0]["program"] == "Q"
    kept.forget(DAY_0 + 1)
    assert kept.seen(DAY_0) == []


def test_what_was_sent_of_a_day(kept: Kept) -> None:
    kept.send(DAY_0, {"P": b"1", "Q": b"2"})
    kept.send(DAY_0, {"P": b"3"})
    assert (kept.sent(DAY_0), kept.sent(DAY_0 + 1)) == ({"P": b"3"}, {})
    kept.forget(DAY_0 + 1)
    assert kept.sent(DAY_0) == {}


def test_many_days_are_counted_as_one_time(kept: Kept) -> None:
    for day, who in ((0, b"a"), (1, b"a"), (2, b"b")):
        kept.commit(found((START + day * DAY + 5, who, "44"), fen=1, record=str(day)), log())
    assert [one.infected.subscribers for one in kept.programs(DAY_0)] == [1]
    (one,) = kept.programs(DAY_0, DAY_0 + 9, curves=False)
    assert (one.hits, one.infected.subscribers, one.infected.maximum, one.loss_fen) == (3, 2, 1, 3)
    assert (one.infected.by_province["44"].subscribers, list(one.infected.curve)) == (2, [])


def test_names_that_count_as_one_are_counted_together(kept: Kept) -> None:
    kept.commit(found((START, b"a", ""), (START, b"b", "44"), fen=5), log())
    other = found((START, b"b", ""), (START, b"c", ""), fen=7, record="s")
    renamed = Findings(digest)
    renamed.hits[("Q", DAY_0)] = 2
    renamed.fees = [fee._replace(program="Q") for fee in other.fees]
    for who in (b"b", b"c"):
        renamed.contacts.add(Counter("Q", "infected", ""), padded(who), START)
    kept.commit(renamed, log())
    assert [(one.program, one.infected.maximum) for one in kept.programs(DAY_0)] == [("P", 2), ("Q", 2)]
    kept.told(DAY_0, [])
    kept.count_as({"P": "Q"})
    assert kept.changed() == [DAY_0]
    (one,) = kept.programs(DAY_0)
    assert (one.program, one.hits, one.infected.maximum, one.loss_fen, one.loss_records) == ("Q", 4, 3, 12, 2)
    assert one.infected.by_province["unknown"].maximum == 3
    assert kept.loss() == {"Q": 12}
    kept.told(DAY_0, [])
    kept.count_as({"P": "Q"})
    assert kept.changed() == []


def test_a_record_of_two_names_of_one_program_is_one(kept: Kept) -> None:
    kept.commit(found((START + DAY, b"a", ""), fen=5), log())
    renamed = Findings(digest)
    renamed.fees = [fee._replace(program="Q", at=START, fen=4) for fee in found((START, b"a", ""), fen=5).fees]
    kept.commit(renamed, log())
    kept.count_as({"P": "Q"})
    assert kept.loss() == {"Q": 4}
    renamed.hits["Q", DAY_0] = 1
    kept.commit(renamed, log())
    assert [(one.loss_fen, one.loss_records, one.loss_contradictions) for one in kept.programs(DAY_0)] == [(4, 1, 1)]
    assert [one.loss_fen for one in kept.programs(DAY_0 + 1)] == [0]
    kept.forget(DAY_0 + 1)
    assert kept.loss() == {"Q": 4}
    kept.forget(DAY_0 + 5)
    assert kept.loss() == {"Q": 4}


def test_a_new_key_links_whoever_was_seen_under_the_old(kept: Kept) -> None:
    key, other = bytes(32), bytes(31) + b"x"
    checks = subscribers.check_value(key), subscribers.check_value(other)
    kept.bind(KEY, checks[0])
    numbers = [f"86138{number:08}" for number in range(50)]
    for part, own in ((numbers[:30], key), (numbers[20:], other)):
        findings = Findings(digest)
        for number in part:
            findings.take(ROW._replace(at=START), FOUND, subscribers.Pseudonyms(own).of(number))
        if own is other:
            kept.rekey(*checks, lambda pseudonyms: subscribers.renew(pseudonyms, key, other))
        kept.bind(KEY, subscribers.check_value(own))
        kept.commit(findings, log())
    assert [one.infected.maximum for one in kept.programs(DAY_0)] == [50]
    with pytest.raises(WrongUse, match="under this key"):
        kept.bind(KEY, checks[0])
    with pytest.raises(WrongUse, match="under this key"):
        kept.rekey(*checks, lambda pseudonyms: pseudonyms)
    kept.bind(BATCH, "a")
    with pytest.raises(WrongUse, match="--batch"):
        kept.bind(BATCH, "b")


def test_segments_of_a_day_stay_few(tmp_path: Path, kept: Kept) -> None:
    for number in range(64):
        kept.commit(found((START + number, b"%d" % number, "")), log())
    (most,) = (
        sqlite3.connect(tmp_path / "counted.db")
        .execute("SELECT max(n) FROM (SELECT count(*) n FROM segment GROUP BY day)")
        .fetchone()
    )
    assert most < 8
    assert kept.programs(DAY_0)[0].infected.maximum == 64
    assert kept.programs(DAY_0 + 1)[0].infected.curve[-1].start <= START + 63 + WINDOW


def test_nobody_else_may_read_it(tmp_path: Path, kept: Kept) -> None:
    assert (tmp_path / "counted.db").stat().st_mode & 0o077 == 0

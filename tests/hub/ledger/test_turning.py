from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cleannet.core.clock import BEIJING
from cleannet.core.policy import Policy
from cleannet.core.policy_file import parse
from cleannet.hub.ledger import turning
from cleannet.hub.ledger.turning import Turn

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(MOMENTS)
def test_a_month_runs_from_midnight_to_midnight_in_beijing(moment: datetime) -> None:
    began = turning.start(moment)
    ended = turning.following(began)
    assert began <= moment < ended
    for instant in (began, ended):
        local = instant.astimezone(BEIJING)
        assert (local.day, local.hour, local.minute, local.second, local.microsecond) == (1, 0, 0, 0, 0)
    assert timedelta(days=27) < ended - began < timedelta(days=32)


@given(MOMENTS, st.integers(0, 40))
def test_every_month_begins_and_ends_once(first: datetime, length: int) -> None:
    last = first + timedelta(days=31 * length)
    turns = turning.months(None, first) + turning.months(first, last)
    assert len(turns) == len({(turn.kind, turn.name) for turn in turns})
    began = [turn.name for turn in turns if turn.kind == "month.began"]
    ended = [turn.name for turn in turns if turn.kind == "month.ended"]
    assert began == sorted(began)
    assert began[:-1] == ended
    assert all(turn.at <= last for turn in turns)
    assert turning.months(last, last) == []


def test_the_turn_of_the_year() -> None:
    before = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
    midnight = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    assert turning.months(before, midnight) == [
        Turn("month.ended", "month", "2026-12", midnight),
        Turn("month.began", "month", "2027-01", midnight),
    ]


def period(since: str, until: str) -> Policy:
    return parse(
        f"""format = 1
id = "p"
title = {{zh = "特殊时期", en = "Special period"}}
document = "x"
in_force = {{from = {since}, to = {until}}}
overlays = "mobile_malware_2011"
special_period = true
""",
        "p.toml",
    )


def test_the_days_of_a_special_period_come_once_each_to_its_last() -> None:
    overlay = period("2026-12-01", "2026-12-03")
    adopted = datetime(2026, 11, 20, tzinfo=UTC)
    at = [
        datetime(2026, 11, 30, 15, 59, tzinfo=UTC),
        datetime(2026, 12, 2, 1, tzinfo=UTC),
        datetime(2026, 12, 9, tzinfo=UTC),
    ]
    assert turning.days(None, at[0], [(overlay, adopted)]) == []
    first = turning.days(None, at[1], [(overlay, adopted)])
    assert [(turn.name, turn.at) for turn in first] == [
        ("2026-12-01", datetime(2026, 11, 30, 16, tzinfo=UTC)),
        ("2026-12-02", datetime(2026, 12, 1, 16, tzinfo=UTC)),
    ]
    rest = turning.days(first[-1].at, at[2], [(overlay, adopted)])
    assert [turn.name for turn in rest] == ["2026-12-03"]
    assert turning.days(rest[-1].at, at[2], [(overlay, adopted)]) == []


def test_a_special_period_adopted_late_has_no_days_before_its_adoption() -> None:
    overlay = period("2026-12-01", "2026-12-05")
    turns = turning.days(None, datetime(2026, 12, 4, 9, tzinfo=UTC), [(overlay, datetime(2026, 12, 3, 9, tzinfo=UTC))])
    assert [turn.name for turn in turns] == ["2026-12-03", "2026-12-04"]

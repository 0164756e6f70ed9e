from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cleannet.core.clock import BEIJING
from cleannet.hub.ledger import months

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(MOMENTS)
def test_a_month_runs_from_midnight_to_midnight_in_beijing(moment: datetime) -> None:
    began = months.start(moment)
    ended = months.following(began)
    assert began <= moment < ended
    for instant in (began, ended):
        local = instant.astimezone(BEIJING)
        assert (local.day, local.hour, local.minute, local.second, local.microsecond) == (1, 0, 0, 0, 0)
    assert timedelta(days=27) < ended - began < timedelta(days=32)


@given(MOMENTS, st.integers(0, 40))
def test_every_month_begins_and_ends_once(first: datetime, length: int) -> None:
    last = first + timedelta(days=31 * length)
    turns = months.turns(None, first) + months.turns(first, last)
    assert len(turns) == len({turn[:2] for turn in turns})
    began = [month for kind, month, _ in turns if kind == "month.began"]
    ended = [month for kind, month, _ in turns if kind == "month.ended"]
    assert began == sorted(began)
    assert began[:-1] == ended
    assert all(at <= last for _, _, at in turns)
    assert months.turns(last, last) == []


def test_the_turn_of_the_year() -> None:
    before = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
    midnight = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    assert months.turns(before, midnight) == [
        ("month.ended", "2026-12", midnight),
        ("month.began", "2027-01", midnight),
    ]

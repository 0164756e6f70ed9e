import os
import time
from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.core.clock import BEIJING, Calendar, Limit, NotALimit, due, kept_until, moment, month_of, shipped_calendar

CALENDAR = shipped_calendar()
MOMENTS = st.datetimes(datetime(2012, 1, 2), datetime(2028, 12, 1), timezones=st.just(UTC))
LIMITS = st.one_of(
    st.builds(Limit, st.just("min"), st.integers(1, 500)),
    st.builds(Limit, st.just("h"), st.integers(1, 300)),
    st.builds(Limit, st.just("d"), st.integers(1, 90)),
    st.builds(Limit, st.just("wd"), st.integers(1, 30)),
    st.just(Limit("month_end")),
)


def beijing(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("start", "third", "fifth"),
    [
        ("2026-09-29", "2026-10-09", "2026-10-12"),
        ("2025-12-30", "2026-01-05", "2026-01-07"),
        ("2026-02-13", "2026-02-25", "2026-02-27"),
        ("2024-09-30", "2024-10-10", "2024-10-12"),
        ("2025-09-26", "2025-09-30", "2025-10-10"),
        ("2026-05-08", "2026-05-12", "2026-05-14"),
    ],
)
@pytest.mark.parametrize("hour", ["00:00", "10:30", "23:59"])
def test_working_days_count_from_the_next_day_to_24_00(start: str, third: str, fifth: str, hour: str) -> None:
    for limit, last in (("3wd", third), ("5wd", fifth)):
        found = due(beijing(f"{start} {hour}"), Limit.parse(limit), CALENDAR)
        assert found.at == beijing(last) + timedelta(days=1)
        assert not found.provisional


@pytest.mark.parametrize(
    ("start", "limit", "last"),
    [
        ("2026-02-16 23:30", "2h", "2026-02-17 01:30"),
        ("2026-11-22 10:00", "4h", "2026-11-22 14:00"),
        ("2026-11-22 10:00", "30min", "2026-11-22 10:30"),
        ("2026-11-22 10:00", "30d", "2026-12-23 00:00"),
        ("2026-09-03 10:00", "30d", "2026-10-09 00:00"),
        ("2026-08-28 10:00", "22d", "2026-09-21 00:00"),
        ("2026-11-01 00:00", "month_end", "2026-12-01 00:00"),
        ("2026-02-28 23:59", "month_end", "2026-03-01 00:00"),
        ("2028-02-10 00:00", "month_end", "2028-03-01 00:00"),
        ("2026-12-31 12:00", "month_end", "2027-01-01 00:00"),
    ],
)
def test_hours_run_day_and_night_and_a_day_of_rest_moves_the_last_day(start: str, limit: str, last: str) -> None:
    assert due(beijing(start), Limit.parse(limit), CALENDAR).at == beijing(last)


def test_a_law_without_a_limit_gives_none() -> None:
    assert due(beijing("2026-11-22 10:00"), Limit.parse("none"), CALENDAR).at is None


def test_a_year_without_a_notice_is_provisional() -> None:
    assert due(beijing("2026-12-30 10:00"), Limit.parse("3wd"), CALENDAR).provisional
    assert not due(beijing("2026-12-25 10:00"), Limit.parse("1wd"), CALENDAR).provisional
    assert due(beijing("2026-12-30 10:00"), Limit.parse("30d"), CALENDAR).provisional
    assert not due(beijing("2026-12-31 23:00"), Limit.parse("2h"), CALENDAR).provisional


@pytest.mark.parametrize(
    ("start", "limit", "provisional"),
    [
        ("2026-12-25 10:00", "1wd", False),
        ("2026-12-25 10:00", "2wd", True),
        ("2026-11-28 10:00", "30d", False),
        ("2026-11-29 10:00", "30d", True),
        ("2025-12-30 10:00", "1wd", False),
    ],
)
def test_the_days_the_next_years_notice_may_move_are_provisional_until_it_is_there(
    start: str, limit: str, provisional: bool
) -> None:
    assert due(beijing(start), Limit.parse(limit), CALENDAR).provisional is provisional


def test_no_notice_ever_moved_a_day_before_those() -> None:
    moved = {day for year in CALENDAR.years.values() for day in year.off | year.worked if day.month == 12}
    assert min(day.day for day in moved) == 29
    assert CALENDAR.knows(date(2026, 12, 28))
    assert not CALENDAR.knows(date(2026, 12, 29))


@pytest.mark.parametrize("text", ["2026-11-22 10:00", "2026-11-22T02:00:00+00:00"])
def test_a_moment_without_a_zone_is_beijings(text: str) -> None:
    assert moment(text) == datetime(2026, 11, 22, 2, tzinfo=UTC)


def test_retention_does_not_move_to_a_working_day() -> None:
    assert kept_until(beijing("2026-08-05 10:00"), 60) == beijing("2026-10-05 00:00")


def test_the_month_is_beijings() -> None:
    assert month_of(datetime(2026, 10, 31, 16, 0, tzinfo=UTC)) == "2026-11"


@pytest.mark.parametrize("text", ["", "2", "0h", "-1h", "2 h", "2w", "1.5h", "month", "123456h"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(NotALimit, match="not a time limit"):
        Limit.parse(text)


@pytest.mark.parametrize("text", ["30min", "2h", "60d", "3wd", "month_end", "none"])
def test_a_limit_reads_as_it_is_written(text: str) -> None:
    assert str(Limit.parse(text)) == text


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        due(datetime(2026, 1, 1), Limit("h", 2), CALENDAR)


def test_the_shipped_years_equal_the_holidays_package() -> None:
    assert min(CALENDAR.years) == 2012
    for year in CALENDAR.years:
        told = holidays.country_holidays("CN", years=year)
        day = date(year, 1, 1)
        while day.year == year:
            assert CALENDAR.is_working_day(day) == told.is_working_day(day), day
            day += timedelta(days=1)


def test_every_year_names_its_notice() -> None:
    for year, table in CALENDAR.years.items():
        assert str(year) in table.notice
        assert not table.off & table.worked
        assert all(day.weekday() < 5 for day in table.off)
        assert all(day.weekday() >= 5 for day in table.worked)


@given(MOMENTS, LIMITS)
def test_due_is_never_before_start(start: datetime, limit: Limit) -> None:
    found = due(start, limit, CALENDAR).at
    assert found is not None
    assert found > start


@given(MOMENTS, st.integers(0, 10**7), LIMITS)
def test_due_is_monotone_in_start(start: datetime, later: int, limit: Limit) -> None:
    first, second = due(start, limit, CALENDAR).at, due(start + timedelta(seconds=later), limit, CALENDAR).at
    assert first is not None
    assert second is not None
    assert first <= second


@given(MOMENTS, st.sampled_from(["min", "h", "d", "wd"]), st.integers(1, 60), st.integers(0, 60))
def test_due_is_monotone_in_the_limit(start: datetime, unit: str, count: int, more: int) -> None:
    first, second = due(start, Limit(unit, count), CALENDAR).at, due(start, Limit(unit, count + more), CALENDAR).at
    assert first is not None
    assert second is not None
    assert first <= second


@given(MOMENTS, LIMITS)
def test_due_does_not_depend_on_the_zone_of_the_start(start: datetime, limit: Limit) -> None:
    assert due(start, limit, CALENDAR) == due(start.astimezone(BEIJING), limit, CALENDAR)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
def test_due_does_not_depend_on_the_servers_zone(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    start = beijing("2026-09-29 23:30")
    expected = {limit: due(start, Limit.parse(limit), CALENDAR) for limit in ("2h", "3wd", "30d", "month_end")}
    before = os.environ.get("TZ")
    try:
        os.environ["TZ"] = zone
        time.tzset()
        assert {limit: due(start, Limit.parse(limit), CALENDAR) for limit in expected} == expected
    finally:
        os.environ.pop("TZ", None) if before is None else os.environ.update(TZ=before)
        time.tzset()


def test_without_any_notice_monday_to_friday_are_worked() -> None:
    empty = Calendar({})
    found = due(beijing("2026-10-01 10:00"), Limit("wd", 2), empty)
    assert found.at == beijing("2026-10-06 00:00")
    assert found.provisional

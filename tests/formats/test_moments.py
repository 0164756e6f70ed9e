from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.formats.moments import NotAMoment, read_moment, write_moment


def test_the_one_form() -> None:
    assert write_moment(datetime(2026, 1, 31, 16, tzinfo=timezone(timedelta(hours=8)))) == "2026-01-31T08:00:00Z"
    assert write_moment(datetime(2026, 1, 31, 8, 0, 0, 1, UTC)) == "2026-01-31T08:00:00.000001Z"


@given(st.datetimes(timezones=st.timezones(), min_value=datetime(1000, 1, 2), max_value=datetime(9999, 12, 30)))
def test_a_moment_is_written_and_read(moment: datetime) -> None:
    assert read_moment(write_moment(moment)) == moment.astimezone(UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        1,
        "2026-01-31",
        "2026-01-31T08:00:00",
        "2026-01-31T08:00:00+00:00",
        "2026-02-30T08:00:00Z",
        "2026-01-31T08:00:00.1Z",
    ],
)
def test_no_other_form_is_read(text: object) -> None:
    with pytest.raises(NotAMoment):
        read_moment(text)


def test_a_naive_moment_is_not_written() -> None:
    with pytest.raises(NotAMoment):
        write_moment(datetime(2026, 1, 31))

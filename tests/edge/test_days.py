from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.core.tally import to_micros
from cleannet.edge.days import DAY, date_of, day_of, number_of, start_of


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 26, 16, tzinfo=UTC), date(2026, 11, 27)),
        (datetime(2026, 11, 26, 15, 59, 59, 999_999, UTC), date(2026, 11, 26)),
        (datetime(1970, 1, 1, tzinfo=UTC), date(1970, 1, 1)),
    ],
)
def test_the_day_of_a_moment(moment: datetime, day: date) -> None:
    assert date_of(day_of(to_micros(moment))) == day
    assert number_of(day) == day_of(to_micros(moment))


@given(st.integers(0, 2**52))
def test_a_moment_lies_in_its_day(micros: int) -> None:
    assert start_of(day_of(micros)) <= micros < start_of(day_of(micros)) + DAY

import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cleannet.hub.ledger import entry_id

MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))


@given(MOMENTS)
def test_is_a_uuid_of_version_7_with_the_moment_in_front(moment: datetime) -> None:
    made = uuid.UUID(entry_id.new(moment))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == int(moment.timestamp() * 1000)


@given(MOMENTS)
def test_sorts_by_time_and_never_repeats(moment: datetime) -> None:
    later = moment + timedelta(milliseconds=2)
    assert entry_id.new(moment) < entry_id.new(later)
    assert len({entry_id.new(moment) for _ in range(50)}) == 50


@given(MOMENTS)
def test_keeps_the_order_within_one_moment(moment: datetime) -> None:
    made = [entry_id.new(moment) for _ in range(20)]
    assert made == sorted(made)

import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.core import tally
from cleannet.core.tally import SLOT, WINDOW, Contacts, Loss, Slot, add_operators, new_since

HOUR = WINDOW // 24
Sighting = tuple[int, bytes, str]

SUBSCRIBERS = st.sampled_from([b"a", b"b", b"c", b"d", b"e"])
MOMENTS = st.one_of(
    st.integers(0, 12).map(lambda n: n * WINDOW // 4),
    st.builds(lambda n, off: n * WINDOW // 4 + off, st.integers(1, 12), st.sampled_from([-1, 1, SLOT, -SLOT])),
    st.integers(0, 3 * WINDOW),
)
SIGHTINGS = st.lists(st.tuples(MOMENTS, SUBSCRIBERS, st.sampled_from(["", "11", "44"])), max_size=25)


def collected(sightings: Sequence[Sighting]) -> Contacts:
    contacts = Contacts()
    for at, subscriber, province in sightings:
        contacts.add(subscriber, at, province)
    return contacts


def seen_before(sightings: Sequence[Sighting], moment: int) -> int:
    """Count, from the words of the law, who was seen in the 24 hours that end with `moment`."""
    return len({subscriber for at, subscriber, _ in sightings if moment - WINDOW < at <= moment})


def moments_of_change(sightings: Sequence[Sighting]) -> list[int]:
    return sorted({moment for at, _, _ in sightings for moment in (at, at + WINDOW)})


@given(SIGHTINGS)
def test_maximum_and_crossings_are_those_of_every_window(sightings: list[Sighting]) -> None:
    count = collected(sightings).count(range(6))
    changes = moments_of_change(sightings)
    by_moment = {moment: seen_before(sightings, moment) for moment in changes}
    assert count.maximum == max(by_moment.values(), default=0)
    assert count.subscribers == len({subscriber for _, subscriber, _ in sightings})
    for threshold in range(6):
        first = next((moment for moment in changes if by_moment[moment] > threshold), None)
        assert count.crossings.get(threshold) == first
    if sightings:
        assert count.at == next(moment for moment in changes if by_moment[moment] == count.maximum)
        windows = [{s for at, s, _ in sightings if start <= at < start + WINDOW} for start, _, _ in sightings]
        assert count.maximum == max(len(window) for window in windows)


@given(SIGHTINGS)
def test_the_curve_holds_least_and_greatest_of_each_slot(sightings: list[Sighting]) -> None:
    curve = {slot.start: slot for slot in collected(sightings).count().curve}
    changes = moments_of_change(sightings)
    starts = {at - at % SLOT for at in changes}
    starts |= {at + step for at in starts for step in (-SLOT, SLOT)}
    for start in starts:
        moments = [start, *(moment for moment in changes if start <= moment < start + SLOT)]
        counts = [seen_before(sightings, moment) for moment in moments]
        expected = Slot(start, min(counts), max(counts))
        assert curve.get(start, Slot(start, 0, 0)) == expected
    assert all(slot.greatest and slot.start % SLOT == 0 for slot in curve.values())
    assert list(curve) == sorted(curve)


@given(SIGHTINGS)
def test_a_province_counts_alone_and_nobody_twice(sightings: list[Sighting]) -> None:
    contacts = collected(sightings)
    assert contacts.provinces() == sorted({province for _, _, province in sightings})
    for province in ("", "11", "44", "99"):
        alone = collected([sighting for sighting in sightings if sighting[2] == province])
        assert contacts.count([1], province) == alone.count([1])


@given(SIGHTINGS, st.randoms(use_true_random=False), st.integers(0, 25))
def test_order_repetition_and_parts_do_not_matter(sightings: list[Sighting], chance: random.Random, cut: int) -> None:
    shuffled = sightings + sightings[: len(sightings) // 2]
    chance.shuffle(shuffled)
    whole = collected(sightings).count(range(6))
    assert collected(shuffled).count(range(6)) == whole
    part, rest = collected(shuffled[:cut]), collected(shuffled[cut:])
    part.merge(rest)
    assert part.count(range(6)) == whole
    assert part.provinces() == collected(sightings).provinces()


@pytest.mark.parametrize(
    ("moments", "maximum"),
    [
        ([0, WINDOW], 1),
        ([0, WINDOW - 1], 2),
        ([0, 0], 2),
        ([0, WINDOW // 2, WINDOW], 2),
        ([0, WINDOW // 2, WINDOW - 1], 3),
        ([], 0),
    ],
)
def test_a_window_is_half_open(moments: list[int], maximum: int) -> None:
    contacts = Contacts()
    for number, at in enumerate(moments):
        contacts.add(str(number).encode(), at)
    assert contacts.count().maximum == maximum


def test_one_subscriber_seen_all_day_long_is_one() -> None:
    contacts = Contacts()
    for hour in range(100):
        contacts.add(b"a", hour * HOUR)
    count = contacts.count([0, 1])
    assert (count.subscribers, count.maximum, count.at, count.crossings) == (1, 1, 0, {0: 0})
    assert count.curve[0] == Slot(0, 1, 1)
    assert len(count.curve) == (99 * HOUR + WINDOW) // SLOT


def test_a_threshold_is_passed_by_strictly_more() -> None:
    contacts = Contacts()
    for number in range(10_001):
        contacts.add(str(number).encode(), number * 60_000_000 // 10)
    count = contacts.count([10_000, 10_001])
    assert count.maximum == 10_001
    assert count.crossings == {10_000: 10_000 * 6_000_000}


def test_a_million_matches_in_seconds() -> None:
    contacts = Contacts()
    numbers = [number.to_bytes(16) for number in range(200_000)]
    began = time.process_time()
    for number in range(1_000_000):
        contacts.add(numbers[number * 7919 % 200_000], number * 100_000)
    count = contacts.count([10_000, 100_000])
    assert count.maximum == 200_000
    assert time.process_time() - began < 10


@given(st.lists(SIGHTINGS, min_size=1, max_size=4), st.integers(0, 8))
def test_the_operators_true_maximum_lies_between_the_bounds(operators: list[list[Sighting]], threshold: int) -> None:
    own = [[(at, b"%d%b" % (number, who), where) for at, who, where in s] for number, s in enumerate(operators)]
    true = collected([sighting for sightings in own for sighting in sightings]).count([threshold])
    total = add_operators(collected(sightings).count().curve for sightings in own)
    assert total.lower <= true.maximum <= total.upper
    certain, perhaps = total.passed(threshold), total.perhaps_passed(threshold)
    crossing = true.crossings.get(threshold)
    if certain is not None:
        assert crossing is not None
        assert crossing < certain + SLOT
    if crossing is not None:
        assert perhaps is not None
        assert perhaps <= crossing
    if len(own) == 1:
        assert total.lower == total.upper == true.maximum
        assert certain == (None if crossing is None else crossing - crossing % SLOT)
    for slot in total.slots:
        assert slot.least <= slot.lower <= slot.greatest


def test_the_sum_of_maxima_is_not_the_maximum_of_the_sum() -> None:
    early, late = Contacts(), Contacts()
    for number in range(6_000):
        early.add(str(number).encode(), number)
        late.add(str(number).encode(), number + 2 * WINDOW)
    total = add_operators([early.count().curve, late.count().curve])
    assert (total.lower, total.upper, total.passed(10_000)) == (6_000, 6_000, None)


@pytest.mark.parametrize("curve", [[Slot(1, 0, 1)], [Slot(0, 0, 1), Slot(0, 0, 1)], [Slot(0, 2, 1)], [Slot(0, -1, 1)]])
def test_a_wrong_curve_is_refused(curve: list[Slot]) -> None:
    with pytest.raises(ValueError, match="curve"):
        add_operators([curve])


def test_nothing_adds_up_to_nothing() -> None:
    total = add_operators([])
    assert (total.lower, total.upper, total.passed(0), total.perhaps_passed(0)) == (0, 0, None, None)


def test_a_record_counts_once_and_a_refund_subtracts() -> None:
    loss = Loss()
    for record, fen in ((b"1", 500), (b"2", 300), (b"1", 500), (b"3", -300)):
        loss.add(record, fen)
    assert (loss.total, loss.records, loss.contradictions) == (500, 3, 0)
    loss.add(b"1", 900)
    assert (loss.total, loss.contradictions) == (500, 1)


def test_a_refund_under_the_id_of_its_fee_takes_it_back() -> None:
    for records in (((b"1", 50_000), (b"1", -50_000)), ((b"1", -50_000), (b"1", 50_000), (b"1", 50_000))):
        loss = Loss()
        for record, fen in records:
            loss.add(record, fen)
        assert (loss.total, loss.records, loss.contradictions) == (0, 2, 0)
    loss.add(b"1", -20_000)
    assert (loss.total, loss.contradictions) == (0, 1)


RECORDS = st.lists(st.tuples(st.sampled_from([b"1", b"2", b"3"]), st.integers(-500, 500)), max_size=12)


@given(RECORDS, st.randoms(use_true_random=False), st.integers(0, 12))
def test_loss_merges_in_any_order(records: list[tuple[bytes, int]], chance: random.Random, cut: int) -> None:
    def lost(part: Sequence[tuple[bytes, int]]) -> Loss:
        loss = Loss()
        for record, fen in part:
            loss.add(record, fen)
        return loss

    fees: dict[bytes, int] = {}
    refunds: dict[bytes, int] = {}
    for record, fen in records:
        kept = refunds if fen < 0 else fees
        kept[record] = min(fen, kept.get(record, fen))
    shuffled = list(records)
    chance.shuffle(shuffled)
    merged = lost(shuffled[:cut])
    merged.merge(lost(shuffled[cut:]))
    assert merged.total == lost(records).total == sum(fees.values()) + sum(refunds.values())


def test_moments() -> None:
    moment = datetime(2026, 11, 22, 16, 0, 0, 1, timezone(timedelta(hours=8)))
    assert tally.from_micros(tally.to_micros(moment)) == moment
    assert tally.to_micros(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1_000_000
    with pytest.raises(ValueError, match="time zone"):
        tally.to_micros(datetime(2026, 1, 1))


@given(SIGHTINGS, MOMENTS)
def test_nobody_who_ran_at_a_moment_is_certain_to_be_new_after_it(sightings: list[Sighting], since: int) -> None:
    before = {subscriber for at, subscriber, _ in sightings if since - WINDOW < at <= since}
    later = [one for one in sightings if one[0] > since]
    for slot in new_since(collected(sightings).count().curve, since):
        at_any = {slot.start, *(m for m in moments_of_change(sightings) if slot.start <= m < slot.start + SLOT)}
        assert slot.greatest <= max(seen_before(later, moment) for moment in at_any)
        if slot.start < since + WINDOW - SLOT:
            new = [one for one in later if one[1] not in before]
            assert slot.least <= min(seen_before(new, moment) for moment in at_any)
            assert slot.greatest <= max(seen_before(new, moment) for moment in at_any)


def test_after_a_day_everybody_counts_anew() -> None:
    sightings = [(0, f"{number}".encode(), "") for number in range(10)] + [(WINDOW // 2, b"new", "")]
    curve = collected(sightings).count().curve
    assert max(slot.greatest for slot in new_since(curve, WINDOW // 4)) == 1
    assert new_since(curve, WINDOW // 2) == ()
    again = collected([*sightings, *((WINDOW * 2, subscriber, "") for _, subscriber, _ in sightings)]).count().curve
    assert max(slot.greatest for slot in new_since(again, WINDOW // 4)) == 11

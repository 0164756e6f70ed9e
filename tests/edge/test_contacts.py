import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.core.tally import SLOT, WINDOW, Count, Slot
from cleannet.edge import contacts, spans
from cleannet.edge.contacts import NOBODY, Contacts, Counter

HOUR = WINDOW // 24
Sighting = tuple[int, bytes, str]

SUBSCRIBERS = st.sampled_from([b"a", b"b", b"c", b"d", b"e"])
MOMENTS = st.one_of(
    st.integers(0, 12).map(lambda n: n * WINDOW // 4),
    st.builds(lambda n, off: n * WINDOW // 4 + off, st.integers(1, 12), st.sampled_from([-1, 1, SLOT, -SLOT])),
    st.integers(0, 3 * WINDOW),
)
SIGHTINGS = st.lists(st.tuples(MOMENTS, SUBSCRIBERS, st.sampled_from(["", "11", "44"])), max_size=25)


def padded(subscriber: bytes) -> bytes:
    return subscriber.rjust(contacts.SUBSCRIBER_BYTES, b"\0")


def collected(sightings: Sequence[Sighting]) -> Contacts:
    found = Contacts()
    for at, subscriber, province in sightings:
        found.add(Counter("P", "infected", province), padded(subscriber), at)
    return found


def counted(sightings: Sequence[Sighting], thresholds: Sequence[int] = ()) -> Count:
    """Return the count of the sightings of one program."""
    return collected(sightings).counts(thresholds).get(("P", "infected"), NOBODY)[0]


def seen_before(sightings: Sequence[Sighting], moment: int) -> int:
    """Count, from the words of the law, who was seen in the 24 hours that end with `moment`."""
    return len({subscriber for at, subscriber, _ in sightings if moment - WINDOW < at <= moment})


def moments_of_change(sightings: Sequence[Sighting]) -> list[int]:
    return sorted({moment for at, _, _ in sightings for moment in (at, at + WINDOW)})


@given(SIGHTINGS)
def test_maximum_and_crossings_are_those_of_every_window(sightings: list[Sighting]) -> None:
    count = counted(sightings, range(6))
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
    curve = {slot.start: slot for slot in counted(sightings).curve}
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
    _, shares = collected(sightings).counts([1]).get(("P", "infected"), NOBODY)
    assert list(shares) == sorted({province for _, _, province in sightings})
    for province, count in shares.items():
        assert count == counted([sighting for sighting in sightings if sighting[2] == province], [1])


@given(SIGHTINGS, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(sightings: list[Sighting], chance: random.Random) -> None:
    shuffled = sightings + sightings[: len(sightings) // 2]
    chance.shuffle(shuffled)
    whole = counted(sightings, range(6))
    assert counted(shuffled, range(6)) == whole


@given(SIGHTINGS, st.integers(0, 3), st.integers(1, 3))
def test_merges_on_the_way_change_nothing(sightings: list[Sighting], unmerged: int, at_once: int) -> None:
    whole = counted(sightings, range(6))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contacts, "_UNMERGED", unmerged)
        patch.setattr(contacts, "AT_ONCE", at_once)
        patch.setattr(spans, "AT_ONCE", at_once)
        assert counted(sightings, range(6)) == whole


def test_each_program_and_kind_is_counted_for_itself() -> None:
    found = Contacts()
    for at, program, kind, province, who in (
        (0, "P", "infected", "11", b"a"),
        (1, "P", "infected", "44", b"a"),
        (2, "P", "infected", "44", b"b"),
        (3, "P", "exposed", "44", b"a"),
        (4, "Q", "infected", "", b"a"),
    ):
        found.add(Counter(program, kind, province), padded(who), at)
    assert {
        key: (whole.maximum, {province: share.maximum for province, share in shares.items()})
        for key, (whole, shares) in found.counts().items()
    } == {
        ("P", "infected"): (2, {"11": 1, "44": 2}),
        ("P", "exposed"): (1, {"44": 1}),
        ("Q", "infected"): (1, {"": 1}),
    }


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
    assert counted([(at, str(number).encode(), "") for number, at in enumerate(moments)]).maximum == maximum


def test_one_subscriber_seen_all_day_long_is_one() -> None:
    count = counted([(hour * HOUR, b"a", "") for hour in range(100)], [0, 1])
    assert (count.subscribers, count.maximum, count.at, count.crossings) == (1, 1, 0, {0: 0})
    assert count.curve[0] == Slot(0, 1, 1)
    assert len(count.curve) == (99 * HOUR + WINDOW) // SLOT


def test_a_threshold_is_passed_by_strictly_more() -> None:
    sightings = [(number * 60_000_000 // 10, str(number).encode(), "") for number in range(10_001)]
    count = counted(sightings, [10_000, 10_001])
    assert count.maximum == 10_001
    assert count.crossings == {10_000: 10_000 * 6_000_000}

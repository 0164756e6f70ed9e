import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.edge.test_contacts import MOMENTS, counted, padded

from cleannet.core.tally import SLOT, WINDOW, Slot
from cleannet.edge.running import Curve, counts
from cleannet.edge.spans import NO_SPANS, sightings, within

SEEN = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([b"a", b"b", b"c"]), MOMENTS), min_size=1, max_size=20)


@given(SEEN, st.sampled_from([1, 10**15]))
def test_every_counter_is_counted_for_itself(seen: list[tuple[int, bytes, int]], apart: int) -> None:
    # Far apart, the moments of few counters only fit into a word at a time.
    rows = [(counter * 1_000_003 if apart > 1 else counter, who, at + counter * apart) for counter, who, at in seen]
    found = counts(
        sightings(
            np.array([counter for counter, _, _ in rows], np.int32),
            b"".join(padded(who) for _, who, _ in rows),
            np.array([at for _, _, at in rows], np.int64),
        ),
        [0, 1, 2],
    )
    assert found == {
        counter: counted([(at, who, "") for own, who, at in rows if own == counter], [0, 1, 2])
        for counter in {counter for counter, _, _ in rows}
    }


def test_nobody_is_counted_nowhere() -> None:
    assert counts(NO_SPANS) == {}


def test_within_a_day_who_ran_before_counts_from_its_beginning() -> None:
    day = 10 * WINDOW
    at = np.array([day - 5, day - 4, day + SLOT + 1], np.int64)
    found = sightings(np.zeros(3, np.int32), padded(b"a") + padded(b"b") + padded(b"c"), at)
    count = counts(within(found, day, day + WINDOW), [1, 2])[0]
    assert (count.subscribers, count.maximum, count.at) == (3, 3, day + SLOT + 1)
    assert count.crossings == {1: day, 2: day + SLOT + 1}
    assert list(count.curve[:2]) == [Slot(day, 2, 2), Slot(day + SLOT, 2, 3)]
    assert count.curve[-1].start == day + WINDOW - SLOT


def test_a_curve_is_a_sequence_of_slots() -> None:
    curve = Curve(np.array([0, SLOT]), np.array([1, 0]), np.array([2, 3]))
    assert (len(curve), curve[1], list(curve[1:])) == (2, Slot(SLOT, 0, 3), [Slot(SLOT, 0, 3)])
    assert curve == (Slot(0, 1, 2), Slot(SLOT, 0, 3))
    assert curve != (Slot(0, 1, 2),)
    assert curve != "ab"

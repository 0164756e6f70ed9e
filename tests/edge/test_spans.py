from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.core.tally import WINDOW
from cleannet.edge import spans
from cleannet.edge.spans import Spans, heads, regrouped, sightings, union, within

Span = tuple[int, int, int, int]
# Few values, so that all meet; three subscribers have one upper half, and so one hash.
SPANS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([0, 1, 1 << 40, 1 << 63]), st.integers(0, 9), st.integers(1, 6)),
    max_size=25,
)


def of(rows: Sequence[Span]) -> Spans:
    """Return rows of counter, subscriber, start and length as they are."""
    counter, who, start, length = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [], [])
    lower, starts = np.array(who, np.uint64), np.array(start, np.int64)
    return Spans(
        np.array(counter, np.int32), lower >> np.uint64(63), lower, starts, starts + np.array(length, np.int64)
    )


def covered(rows: Sequence[Span]) -> set[tuple[int, int, int]]:
    """Return every counter, subscriber and moment that is covered."""
    return {(counter, who, at) for counter, who, start, length in rows for at in range(start, start + length)}


def rows_of(found: Spans) -> list[Span]:
    counter, _, who, start, end = (column.tolist() for column in found)
    return [(c, w, s, e - s) for c, w, s, e in zip(counter, who, start, end, strict=True)]


def is_disjoint(found: Spans) -> bool:
    by_pair: dict[tuple[int, int], list[tuple[int, int]]] = {}
    last = None
    for counter, who, start, length in rows_of(found):
        pair = counter, who
        if pair in by_pair and pair != last:
            return False
        by_pair.setdefault(pair, []).append((start, start + length))
        last = pair
    return all(a[1] < b[0] for own in by_pair.values() for a, b in pairwise(own))


def spread(rows: Sequence[Span]) -> Spans:
    """Return the union of rows that lie in no order, each as a part of its own."""
    return union([regrouped(of([row]), np.arange(3, dtype=np.int32)) for row in rows])


@given(SPANS)
def test_a_union_covers_what_its_parts_cover_once(rows: list[Span]) -> None:
    found = spread(rows)
    assert covered(rows_of(found)) == covered(rows)
    assert is_disjoint(found)


@given(SPANS, SPANS, st.sampled_from([1, 2, 1 << 17]))
def test_a_union_does_not_depend_on_how_it_is_cut(first: list[Span], second: list[Span], at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spans, "AT_ONCE", at_once)
        found = union([spread(first), spread(second)])
    assert rows_of(found) == rows_of(spread([*first, *second]))


@given(SPANS, st.lists(st.integers(0, 2), min_size=3, max_size=3))
def test_counters_become_one(rows: list[Span], counters: list[int]) -> None:
    found = regrouped(spread(rows), np.array(counters, np.int32))
    assert covered(rows_of(found)) == covered([(counters[c], who, start, length) for c, who, start, length in rows])
    assert is_disjoint(found)


@given(SPANS, st.integers(0, 12), st.integers(1, 12))
def test_a_part_is_what_lies_within(rows: list[Span], start: int, length: int) -> None:
    end = start + length
    found = within(spread(rows), start, end)
    assert covered(rows_of(found)) == {one for one in covered(rows) if start <= one[2] < end}
    assert all(own > 0 for *_, own in rows_of(found))


@given(SPANS)
def test_heads_are_as_many_as_counters_with_their_subscribers(rows: list[Span]) -> None:
    assert heads(spread(rows)).sum() == len({row[:2] for row in rows})


def test_a_sighting_counts_for_24_hours() -> None:
    at = np.array([5, 5 + WINDOW, 7 + 2 * WINDOW], np.int64)
    found = sightings(np.zeros(3, np.int32), bytes(range(16)) * 3, at)
    assert list(zip(found.start.tolist(), found.end.tolist(), strict=True)) == [
        (5, 5 + 2 * WINDOW),
        (7 + 2 * WINDOW, 7 + 3 * WINDOW),
    ]
    assert (found.upper[0].tobytes() + found.lower[0].tobytes()) == bytes(range(16))


def test_spans_over_centuries_are_united() -> None:
    far = 2**52
    rows = [(number % 3, number, start, far // 2 + start) for number in range(50) for start in (0, 3, far)]
    assert is_disjoint(spread(rows))
    assert len(spread(rows).start) == 100

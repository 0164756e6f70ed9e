"""Count from spans how many distinct subscribers were seen in the 24 hours up to any moment (core.tally), by group.

One up at each start, one down at each end, the sum from left to right: for all groups in one go.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, overload

import numpy as np
import numpy.typing as npt

from cleannet.core.tally import SLOT, Count, Slot
from cleannet.edge.spans import Counters, Moments, Places, Spans, heads

_WORD = 64
_ONE = np.uint64(1)
Figures = npt.NDArray[np.int64]


class Curve(Sequence[Slot]):
    """Hold slots in arrays."""

    def __init__(self, start: Moments, least: Figures, greatest: Figures) -> None:
        self._columns = start, least, greatest

    def __len__(self) -> int:
        return len(self._columns[0])

    @overload
    def __getitem__(self, place: int) -> Slot: ...
    @overload
    def __getitem__(self, place: slice) -> "Curve": ...
    def __getitem__(self, place: int | slice) -> "Slot | Curve":
        if isinstance(place, slice):
            return Curve(*(column[place] for column in self._columns))
        return Slot(*(int(column[place]) for column in self._columns))

    def __iter__(self) -> Iterator[Slot]:
        return map(Slot, *(column.tolist() for column in self._columns))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)


def counts(spans: Spans, thresholds: Iterable[int] = (), *, curves: bool = True) -> dict[int, Count]:
    """Return the exact count of each counter that has spans; without `curves` none holds its slots."""
    if not len(spans.start):
        return {}
    people = np.bincount(spans.counter[heads(spans)])
    return {
        group: count
        for groups in _fitting(spans)
        for group, count in _counted(groups, people, sorted(set(thresholds)), curves=curves).items()
    }


class _Changes(NamedTuple):
    """Hold the distinct moments at which a group's count changes, with the count from then on, groups in order."""

    group: Counters
    at: Moments
    running: Figures


def _fitting(spans: Spans) -> Iterator[Spans]:
    """Cut spans by their counters into pieces of which a change fits into a word: counter, moment, direction."""
    room = 1 << (_WORD - 1 - _bits(spans))
    counters = int(spans.counter.max()) + 1
    if counters <= room:
        yield spans
        return
    for first in range(0, counters, room):
        rows = np.flatnonzero((spans.counter >= first) & (spans.counter < first + room))
        if len(rows):
            yield spans.at(rows)


def _bits(spans: Spans) -> int:
    return int(spans.end.max() - spans.start.min()).bit_length()


def _changes(spans: Spans) -> _Changes:
    bits, base, lowest = _bits(spans), spans.start.min(), spans.counter.min()
    above = (spans.counter - lowest).astype(np.uint64) << np.uint64(bits)
    changes = np.concatenate(
        [above | (spans.end - base).astype(np.uint64), above | (spans.start - base).astype(np.uint64)]
    )
    changes <<= _ONE
    changes[len(above) :] |= _ONE
    changes.sort()
    running = np.cumsum(2 * (changes & _ONE).astype(np.int64) - 1)
    changes >>= _ONE
    last = np.flatnonzero(np.append(changes[1:] != changes[:-1], True))
    changes = changes[last]
    return _Changes(
        (changes >> np.uint64(bits)).astype(np.int32) + lowest,
        (changes & np.uint64((1 << bits) - 1)).astype(np.int64) + base,
        running[last],
    )


def _counted(spans: Spans, people: Figures, thresholds: Sequence[int], *, curves: bool) -> dict[int, Count]:
    changes = _changes(spans)
    begins = np.flatnonzero(np.append(True, changes.group[1:] != changes.group[:-1]))
    ends = np.append(begins[1:], len(changes.group))
    maxima = np.maximum.reduceat(changes.running, begins)
    reached = _first(changes.running == np.repeat(maxima, ends - begins), begins)
    passed = [(over, _first(changes.running > over, begins)) for over in thresholds]
    slots = _curves(changes) if curves else {}
    return {
        int(changes.group[begin]): Count(
            int(people[changes.group[begin]]),
            int(maxima[number]),
            int(changes.at[reached[number]]),
            {over: int(changes.at[first[number]]) for over, first in passed if first[number] < ends[number]},
            slots.get(int(changes.group[begin]), ()),
        )
        for number, begin in enumerate(begins.tolist())
    }


def _first(marked: npt.NDArray[np.bool_], begins: Places) -> Places:
    """Return for each group the first marked place from its beginning on, or one past all."""
    places = np.append(np.flatnonzero(marked), len(marked))
    return places[np.searchsorted(places, begins)]


def _curves(changes: _Changes) -> Mapping[int, Curve]:
    slot = changes.at // SLOT
    begins = np.flatnonzero(np.append(True, (changes.group[1:] != changes.group[:-1]) | (slot[1:] != slot[:-1])))
    group, slot = changes.group[begins], slot[begins]
    final = changes.running[np.append(begins[1:], len(changes.at)) - 1]
    carried = np.append(0, changes.running[begins[1:] - 1])
    # What ran before does not belong to a slot whose first change comes with its beginning.
    carried = np.where(changes.at[begins] == slot * SLOT, changes.running[begins], carried)
    least = np.minimum(np.minimum.reduceat(changes.running, begins), carried)
    greatest = np.maximum(np.maximum.reduceat(changes.running, begins), carried)
    # Between two slots with changes the count stands still.
    still = np.where((final > 0) & np.append(group[1:] == group[:-1], False), np.append(slot[1:], 0) - slot, 1)
    row = np.repeat(np.arange(len(slot)), still)
    after = np.arange(len(row)) - np.repeat(np.cumsum(still) - still, still)
    least, greatest = (np.where(after == 0, figures[row], final[row]) for figures in (least, greatest))
    shown = np.flatnonzero(greatest)
    row, after, least, greatest = row[shown], after[shown], least[shown], greatest[shown]
    start, group = (slot[row] + after) * SLOT, group[row]
    cuts = np.flatnonzero(np.append(True, group[1:] != group[:-1])).tolist()
    return {
        int(group[begin]): Curve(start[begin:end], least[begin:end], greatest[begin:end])
        for begin, end in zip(cuts, [*cuts[1:], len(group)], strict=True)
    }

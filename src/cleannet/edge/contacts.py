"""Collect who was in contact with which program, to what effect and in which province, and count them (545号 八)."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from cleannet.core.tally import Count
from cleannet.edge.running import counts
from cleannet.edge.spans import AT_ONCE, Spans, regrouped, sightings, union

SUBSCRIBER_BYTES = 16
_UNMERGED = 1 << 20
Counts = Mapping[tuple[str, str], tuple[Count, Mapping[str, Count]]]
NOBODY: tuple[Count, Mapping[str, Count]] = Count(0, 0, None, {}, ()), {}


class Counter(NamedTuple):
    """Name what is counted: a program's subscribers of one kind (terms.COUNTED) in one province ("": unknown)."""

    program: str
    kind: str
    province: str


class Contacts:
    """Collect sightings in whatever order.

    Takes 36 bytes for each span of a counter and subscriber, and up to half as much again between two merges.
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str, str], int] = {}
        self._counter, self._subscribers, self._at = array("i"), bytearray(), array("q")
        self._parts: list[Spans] = []

    def add(self, counter: tuple[str, str, str], subscriber: bytes, at: int) -> None:
        """Note a sighting; noting it again changes nothing.

        `counter` is a Counter, or its parts; `subscriber` is 16 bytes, as even as a cipher's.
        """
        self._counter.append(self._numbers.setdefault(counter, len(self._numbers)))
        self._subscribers += subscriber
        self._at.append(at)
        if len(self._at) >= AT_ONCE:
            self._take_in()

    def merge(self, counters: Sequence[Counter], spans: Spans) -> None:
        """Take in spans whose counter n is the n-th of `counters`."""
        numbers = [self._numbers.setdefault(counter, len(self._numbers)) for counter in counters]
        self._parts.append(regrouped(spans, np.array(numbers, np.int32)))

    @property
    def counters(self) -> tuple[Counter, ...]:
        """What the counters of `spans` are, by their numbers."""
        return tuple(Counter(*parts) for parts in self._numbers)

    def spans(self) -> Spans:
        """Return all that was collected."""
        self._take_in()
        whole = union(self._parts)
        self._parts = [whole]
        return whole

    def counts(self, thresholds: Iterable[int] = ()) -> Counts:
        """Return by program and kind the exact count of its subscribers, nobody twice, and that of each province."""
        return counted(self.counters, self.spans(), thresholds)

    def _take_in(self) -> None:
        if self._at:
            counter, at = np.frombuffer(self._counter, np.int32), np.frombuffer(self._at, np.int64)
            self._parts.append(sightings(counter, self._subscribers, at))
            self._counter, self._subscribers, self._at = array("i"), bytearray(), array("q")
        held = len(self._parts[0].start) if self._parts else 0
        if sum(len(part.start) for part in self._parts[1:]) > max(held // 2, _UNMERGED):
            self._parts = [union(self._parts)]


def counted(
    counters: Sequence[Counter], spans: Spans, thresholds: Iterable[int] = (), *, curves: bool = True
) -> Counts:
    """Return by program and kind the count over all provinces and of each, of spans whose counter n is the n-th."""
    thresholds = tuple(thresholds)
    by_province = counts(spans, thresholds, curves=curves)
    wholes = [(counter.program, counter.kind) for counter in counters]
    provinces: dict[tuple[str, str], dict[str, Count]] = {}
    for number in sorted(by_province, key=lambda number: counters[number].province):
        provinces.setdefault(wholes[number], {})[counters[number].province] = by_province[number]
    several = {whole: place for place, whole in enumerate(w for w, shares in provinces.items() if len(shares) > 1)}
    rows = np.flatnonzero(np.isin(spans.counter, [n for n, whole in enumerate(wholes) if whole in several]))
    inside = spans.at(rows)
    grouped = regrouped(inside, np.array([several.get(whole, -1) for whole in wholes], np.int32))
    totals = counts(grouped, thresholds, curves=curves)
    return {
        whole: (totals[several[whole]] if whole in several else next(iter(shares.values())), shares)
        for whole, shares in provinces.items()
    }

"""感染规模: the exact number of distinct subscribers in any 24 hours, and the fee loss, of one program.

A subscriber seen at t counts during [t, t + 24 h). The union of these half-open intervals per subscriber, one up at
each start and one down at each end, gives the running count: how many distinct subscribers were seen in the 24 hours
up to and including a moment. Its maximum, the moments it passed a figure and its course by slot come out exactly, in
whatever order the sightings arrive, and partial results merge. 545号 八.

Moments are whole microseconds since 1970-01-01T00:00Z.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MICROSECOND = timedelta(microseconds=1)
WINDOW = timedelta(hours=24) // MICROSECOND
SLOT = timedelta(minutes=5) // MICROSECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(moment: datetime) -> int:
    """Return an aware moment as whole microseconds since the epoch; raise ValueError when it is naive."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return (moment - _EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the moment, in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


@dataclass(frozen=True, slots=True)
class Slot:
    """Hold the least and the greatest running count within [start, start + 5 min); a slot left out of a curve is 0."""

    start: int
    least: int
    greatest: int


Curve = Sequence[Slot]


@dataclass(frozen=True, slots=True)
class Count:
    """Hold the result for one program: all distinct subscribers, the maximum in 24 hours and when it was first reached.

    `crossings` maps each threshold that was passed (strictly more) to the first such moment. `at` is None without any
    sighting.
    """

    subscribers: int
    maximum: int
    at: int | None
    crossings: Mapping[int, int]
    curve: Curve


def new_since(curve: Curve, since: int) -> Curve:
    """Return what is certain of those who were not counted yet at `since`: the count without all who ran then.

    Whoever ran at `since` runs for 24 hours at most, unless seen again; later slots hold only who was seen after it.
    """
    ran = next((slot.greatest for slot in curve if slot.start <= since < slot.start + SLOT), 0)
    left = ((slot, ran if slot.start < since + WINDOW else 0) for slot in curve if slot.start > since)
    return tuple(
        Slot(slot.start, max(0, slot.least - old), slot.greatest - old) for slot, old in left if slot.greatest > old
    )


class Loss:
    """Sum the fees one program caused, in integer fen, each billing record once; a refund is a record below zero.

    A refund often bears the id of the fee it takes back: the two are two records.
    """

    def __init__(self) -> None:
        self._fen: dict[tuple[bytes, bool], int] = {}
        self.contradictions = 0

    def add(self, record: bytes, fen: int) -> None:
        """Note a record; seen again with another amount it is a contradiction, and the amount of less loss stands."""
        key = record, fen < 0
        known = self._fen.setdefault(key, fen)
        if known != fen:
            self.contradictions += 1
            self._fen[key] = min(known, fen)

    @property
    def total(self) -> int:
        return sum(self._fen.values())

    @property
    def records(self) -> int:
        return len(self._fen)


@dataclass(frozen=True, slots=True)
class SummedSlot:
    """Hold what is known of the sum of several operators' running counts within one slot.

    It never fell below `least`, was at least `lower` at some moment and never above `greatest`.
    """

    start: int
    least: int
    lower: int
    greatest: int


@dataclass(frozen=True, slots=True)
class Sum:
    """Hold the operators' curves added slot by slot; the true maximum lies between `lower` and `upper`."""

    slots: tuple[SummedSlot, ...]

    @property
    def lower(self) -> int:
        return max((slot.lower for slot in self.slots), default=0)

    @property
    def upper(self) -> int:
        return max((slot.greatest for slot in self.slots), default=0)

    def passed(self, threshold: int) -> int | None:
        """Return the start of the first slot in which the sum was certainly above `threshold`, or None."""
        return next((slot.start for slot in self.slots if slot.lower > threshold), None)

    def perhaps_passed(self, threshold: int) -> int | None:
        """Return the start of the first slot in which the sum may have been above `threshold`, or None."""
        return next((slot.start for slot in self.slots if slot.greatest > threshold), None)


def add_operators(curves: Iterable[Iterable[Slot]]) -> Sum:
    """Add the curves of operators that share no subscriber; a slot missing from one counts 0 there.

    One operator alone gives its own figures exactly. Raises ValueError when a curve names a slot twice or off the grid.
    """
    least: Counter[int] = Counter()
    greatest: Counter[int] = Counter()
    widest: dict[int, int] = {}
    for curve in curves:
        seen: set[int] = set()
        for slot in curve:
            if slot.start % SLOT or slot.start in seen or not 0 <= slot.least <= slot.greatest:
                raise ValueError(f"a curve with a slot that is wrong or named twice, at {slot.start}")
            seen.add(slot.start)
            least[slot.start] += slot.least
            greatest[slot.start] += slot.greatest
            widest[slot.start] = max(widest.get(slot.start, 0), slot.greatest - slot.least)
    return Sum(tuple(SummedSlot(at, least[at], least[at] + widest[at], greatest[at]) for at in sorted(widest)))

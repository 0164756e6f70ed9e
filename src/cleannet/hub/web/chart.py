"""The curve of distinct infected numbers as points of a picture, with the thresholds and when each was passed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cleannet.core.clock import BEIJING
from cleannet.core.policy import Policy
from cleannet.core.tally import Sum, from_micros
from cleannet.core.terms import Grade

FACT = "infected_24h"
HOUR = timedelta(hours=1)
LEFT, RIGHT, TOP, BOTTOM = 8, 8, 22, 24
MOST_TICKS = 6
STEPS = (1, 2, 3, 6, 12, 24)


@dataclass(frozen=True, slots=True)
class Mark:
    """Hold one threshold line: its height in the picture, its grade, and when it was passed, surely or perhaps."""

    y: float
    figure: int
    grade: Grade
    passed: datetime | None
    perhaps: datetime | None
    x: float | None


@dataclass(frozen=True, slots=True)
class Tick:
    """Hold one moment named below the picture."""

    x: float
    moment: datetime


@dataclass(frozen=True, slots=True)
class Hour:
    """Hold the greatest figures of one hour, for the table behind the picture."""

    moment: datetime
    lower: int
    upper: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Hold a picture of `width` by `height`: the certain curve as a line, what may be above it as an area."""

    width: int
    height: int
    line: str
    area: str
    base: float
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]


def thresholds(law: Policy) -> list[tuple[int, Grade]]:
    """Return the figures of infected numbers a law grades by, least first, with the grade each leads to."""
    found = {one.figure: rule.grade for rule in law.grading for one in rule.thresholds if one.fact == FACT}
    return sorted(found.items())


def draw(curve: Sum, lines: Sequence[tuple[int, Grade]], *, width: int, height: int) -> Chart | None:
    """Return the picture of a curve, None for one without a slot; a level without a slot between is drawn as zero."""
    if not curve.slots:
        return None
    first, last = curve.slots[0].start, curve.slots[-1].start
    top = max([curve.upper, *(figure for figure, _grade in lines)]) * 1.08
    base = height - BOTTOM

    def x(instant: int) -> float:
        return round(LEFT + (width - LEFT - RIGHT) * (instant - first) / max(last - first, 1), 1)

    def y(count: int) -> float:
        return round(base - (base - TOP) * count / top, 1)

    lower = [(x(slot.start), y(slot.lower)) for slot in curve.slots]
    upper = [(x(slot.start), y(slot.greatest)) for slot in curve.slots]
    marks = []
    for figure, grade in lines:
        passed, perhaps = curve.passed(figure), curve.perhaps_passed(figure)
        place = None if passed is None else x(passed)
        marks.append(Mark(y(figure), figure, grade, _moment(passed), _moment(perhaps), place))
    return Chart(
        width,
        height,
        _points(lower),
        _points([*upper, *reversed(lower)]),
        base,
        tuple(marks),
        tuple(Tick(x(instant), moment) for instant, moment in _ticks(first, last)),
    )


def hours(curve: Sum) -> list[Hour]:
    """Return the greatest figures of each hour of a curve, in Beijing's hours, in order."""
    found: dict[datetime, Hour] = {}
    for slot in curve.slots:
        hour = from_micros(slot.start).astimezone(BEIJING).replace(minute=0, second=0, microsecond=0)
        known = found.get(hour, Hour(hour, 0, 0))
        found[hour] = Hour(hour, max(known.lower, slot.lower), max(known.upper, slot.greatest))
    return list(found.values())


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else from_micros(instant)


def _points(places: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in places)


def _ticks(first: int, last: int) -> Iterator[tuple[int, datetime]]:
    """Yield the start, then the whole hours that have room below the picture."""
    start, end = from_micros(first).astimezone(BEIJING), from_micros(last).astimezone(BEIJING)
    step = next((step for step in STEPS if end - start <= step * HOUR * MOST_TICKS), STEPS[-1])
    yield first, start
    moment = start.replace(minute=0, second=0, microsecond=0) + HOUR
    while moment <= end:
        far = moment - start >= (end - start) / MOST_TICKS and end - moment >= (end - start) / (2 * MOST_TICKS)
        if moment.hour % step == 0 and far:
            yield first + int((moment - start) / timedelta(microseconds=1)), moment
        moment += HOUR

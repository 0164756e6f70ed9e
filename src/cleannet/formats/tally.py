"""Write and read a tally: what one run of the edge found, as JSON (schema 1, docs/formats.md).

It holds counts only: no subscriber, no row. Moments are UTC text, money is integer fen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cleannet.core.tally import SLOT, Count, Slot, from_micros, to_micros
from cleannet.formats.moments import NotAMoment, read_moment, write_moment

SCHEMA = 1
NUMBERS, ADDRESSES = SUBSCRIBERS = ("numbers", "addresses")
UNKNOWN_PROVINCE = "unknown"


class BadTally(ValueError):
    """Say what in a tally is wrong and where."""


@dataclass(frozen=True, slots=True)
class Share:
    """Hold one province's part of a scale: distinct subscribers, the maximum in any 24 hours and the curve."""

    subscribers: int
    maximum: int
    curve: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """Hold what was counted of one program, of one kind (infected or exposed).

    `crossings` maps a threshold to the first moment it was passed; `by_province` maps province codes, or unknown.
    """

    subscribers: int = 0
    maximum: int = 0
    at: datetime | None = None
    crossings: Mapping[int, datetime] = field(default_factory=dict)
    curve: tuple[Slot, ...] = ()
    by_province: Mapping[str, Share] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProgramTally:
    """Hold what was found of one program; `loss_fen` sums `loss_records` billing records."""

    program: str
    hits: int
    infected: Scale
    exposed: Scale
    loss_fen: int = 0
    loss_records: int = 0
    loss_contradictions: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """Hold the part of a tally that is acted upon; the document holds more, for people.

    Programs named as `unchanged` are as the revision before it says.
    """

    subscribers: str
    found_at: datetime
    batch: str
    release: int | None
    programs: tuple[ProgramTally, ...]
    first: datetime | None = None
    last: datetime | None = None
    unchanged: tuple[str, ...] = ()


def scale_of(total: Count, shares: Mapping[str, Count]) -> Scale:
    """Return a count and its provinces' ("" is unknown) as a scale."""
    return Scale(
        total.subscribers,
        total.maximum,
        None if total.at is None else from_micros(total.at),
        {over: from_micros(at) for over, at in total.crossings.items()},
        tuple(total.curve),
        {
            province or UNKNOWN_PROVINCE: Share(count.subscribers, count.maximum, tuple(count.curve))
            for province, count in shares.items()
        },
    )


def write_program(program: ProgramTally, *, curves: bool = True) -> dict[str, Any]:
    """Return one program as JSON values, of a tally only with its curves."""
    return {
        "program": program.program,
        "hits": program.hits,
        "infected": write_scale(program.infected, curves=curves),
        "exposed": write_scale(program.exposed, curves=curves),
        "loss_fen": program.loss_fen,
        "loss_yuan": yuan(program.loss_fen),
        "loss_records": program.loss_records,
        "loss_contradictions": program.loss_contradictions,
    }


def yuan(fen: int) -> str:
    """Return integer fen as yuan with two places, as people read it."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02}"


def read(document: Any) -> Tally:
    """Return the tally of a parsed document; raise BadTally, naming the place, where it is wrong."""
    top = _Place(document, "tally")
    if top.whole("schema") != SCHEMA:
        raise BadTally(f"tally.schema: this program reads schema {SCHEMA}")
    subscribers = top.text("subscribers")
    if subscribers not in SUBSCRIBERS:
        raise BadTally("tally.subscribers: numbers or addresses")
    if top.text("window") != "24h":
        raise BadTally("tally.window: 24h")
    release = top.take("release")
    if release is not None and (type(release) is not int or release < 1):
        raise BadTally("tally.release: a release's number or null")
    programs = tuple(_program(place) for place in top.places("programs"))
    # Edges that know of no revision in parts do not write it.
    unchanged = tuple(top.texts("unchanged")) if "unchanged" in top.names() else ()
    names = [*(program.program for program in programs), *unchanged]
    if len(set(names)) != len(names):
        raise BadTally("tally.programs: a program is named twice")
    rows = [place for place in top.places("sources") if place.take("first") is not None]
    return Tally(
        subscribers,
        top.moment("found_at"),
        top.text("batch"),
        release,
        programs,
        min((place.moment("first") for place in rows), default=None),
        max((place.moment("last") for place in rows), default=None),
        unchanged,
    )


def write_scale(scale: Scale, *, curves: bool = True) -> dict[str, Any]:
    """Return a scale as JSON values."""
    return {
        "subscribers": scale.subscribers,
        "maximum_24h": scale.maximum,
        "maximum_at": None if scale.at is None else write_moment(scale.at),
        "crossings": [{"over": over, "at": write_moment(at)} for over, at in sorted(scale.crossings.items())],
        **_write_curve(scale.curve, curves=curves),
        "by_province": {
            province: {
                "subscribers": share.subscribers,
                "maximum_24h": share.maximum,
                **_write_curve(share.curve, curves=curves),
            }
            for province, share in scale.by_province.items()
        },
    }


def _write_curve(curve: Iterable[Slot], *, curves: bool) -> dict[str, Any]:
    rows = [[write_moment(from_micros(slot.start)), slot.least, slot.greatest] for slot in curve]
    return {"curve": rows} if curves else {}


def _program(place: "_Place") -> ProgramTally:
    program = ProgramTally(
        place.text("program"),
        place.count("hits"),
        _scale(place.inner("infected")),
        _scale(place.inner("exposed")),
        place.whole("loss_fen"),
        place.count("loss_records"),
        place.count("loss_contradictions"),
    )
    if place.text("loss_yuan") != yuan(program.loss_fen):
        raise BadTally(f"{place.path}.loss_yuan: not loss_fen in yuan")
    return program


def _scale(place: "_Place") -> Scale:
    share = _share(place)
    at = None if place.take("maximum_at") is None else place.moment("maximum_at")
    crossings = {crossing.count("over"): crossing.moment("at") for crossing in place.places("crossings")}
    if (at is None) != (share.maximum == 0) or any(over >= share.maximum for over in crossings):
        raise BadTally(f"{place.path}: maximum and crossings contradict each other")
    provinces = place.inner("by_province")
    return Scale(
        share.subscribers,
        share.maximum,
        at,
        crossings,
        share.curve,
        {province: _share(provinces.inner(province)) for province in provinces.names()},
    )


def _share(place: "_Place") -> Share:
    share = Share(place.count("subscribers"), place.count("maximum_24h"), tuple(_curve(place)))
    if share.maximum > share.subscribers or share.maximum != max((slot.greatest for slot in share.curve), default=0):
        raise BadTally(f"{place.path}: subscribers, maximum and curve contradict each other")
    return share


def _curve(place: "_Place") -> Iterable[Slot]:
    before = -SLOT
    for number, row in enumerate(place.rows("curve")):
        path = f"{place.path}.curve[{number}]"
        if not isinstance(row, list) or len(row) != 3 or any(type(figure) is not int for figure in row[1:]):
            raise BadTally(f"{path}: start, least and greatest were expected")
        try:
            start = to_micros(read_moment(row[0]))
        except NotAMoment as error:
            raise BadTally(f"{path}: {error}") from None
        if start % SLOT or start <= before or not 0 <= row[1] <= row[2] or not row[2]:
            raise BadTally(f"{path}: slots begin at five minutes, rise, and hold 0 ≤ least ≤ greatest")
        before = start
        yield Slot(start, row[1], row[2])


class _Place:
    """Take checked values out of one object of the document."""

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise BadTally(f"{path}: an object was expected")
        self._value = value
        self.path = path

    def take(self, name: str) -> Any:
        if name not in self._value:
            raise BadTally(f"{self.path}.{name}: is missing")
        return self._value[name]

    def names(self) -> list[str]:
        return sorted(self._value)

    def inner(self, name: str) -> "_Place":
        return _Place(self.take(name), f"{self.path}.{name}")

    def rows(self, name: str) -> Sequence[Any]:
        value = self.take(name)
        if not isinstance(value, list):
            raise BadTally(f"{self.path}.{name}: a list was expected")
        return value

    def places(self, name: str) -> "list[_Place]":
        return [_Place(row, f"{self.path}.{name}[{number}]") for number, row in enumerate(self.rows(name))]

    def text(self, name: str) -> str:
        value = self.take(name)
        if not isinstance(value, str) or not value:
            raise BadTally(f"{self.path}.{name}: a text was expected")
        return value

    def texts(self, name: str) -> Sequence[str]:
        texts = self.rows(name)
        if not all(isinstance(text, str) and text for text in texts):
            raise BadTally(f"{self.path}.{name}: texts were expected")
        return texts

    def whole(self, name: str) -> int:
        value = self.take(name)
        if type(value) is not int:
            raise BadTally(f"{self.path}.{name}: a whole number was expected")
        return value

    def count(self, name: str) -> int:
        value = self.whole(name)
        if value < 0:
            raise BadTally(f"{self.path}.{name}: cannot be below zero")
        return value

    def moment(self, name: str) -> datetime:
        try:
            return read_moment(self.take(name))
        except NotAMoment as error:
            raise BadTally(f"{self.path}.{name}: {error}") from None

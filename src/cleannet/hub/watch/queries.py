"""Read what the edges counted: one operator's own, and across operators for those who may see them all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max, QuerySet

from cleannet.core.tally import Slot, Sum, SummedSlot, add_operators, from_micros, new_since, to_micros
from cleannet.formats import tally
from cleannet.formats.moments import read_moment
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties
from cleannet.hub.programs import queries as programs
from cleannet.hub.programs.queries import Program
from cleannet.hub.watch.models import Edge, Heartbeat, Message, Reading

SILENT_AFTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
UNPLACED = "?"
Span = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Scale:
    """Hold the 感染规模 of one program as one grader sees it.

    `infected` is certain and grades, `infected_upper` may be; both are the maximum of `course` in any 24 hours.
    `occurred_at` is the first moment the figure that grades was reached. `numbers` is False where subscribers are
    addresses: not graded. `loss_fen` is None for one province, as charges are not counted by province.
    """

    program: str
    infected: int
    infected_upper: int
    exposed: int
    loss_fen: int | None
    provinces: tuple[str, ...]
    numbers: bool
    occurred_at: datetime | None
    course: Sum


@dataclass(frozen=True, slots=True)
class Coverage:
    """Say what an edge covers; `silent` means 无数据, which is never 0.

    `why` is a key of terms.SILENCES, "" where the edge reports; `missing` tallies it made have not come in.
    """

    edge: str
    party: str
    province: str
    clock: datetime | None
    why: str
    missing: int
    sources: tuple[Mapping[str, object], ...]

    @property
    def silent(self) -> bool:
        return self.why != ""


def scale(
    program: str,
    *,
    party: str | None = None,
    province: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Scale:
    """Return the scale of a program at one operator, or (no party) over all of them; of one province where asked.

    A group is one operator with its branches; of a branch only its own edges count.

    Infections count from `since` to `until`, where given: certain are then only those who were not counted at `since`
    yet. Charges are never reset. Batches and edges of one operator may share subscribers: their greatest count is
    certain, their sum is possible.
    """
    readings = Reading.objects.filter(program=program).select_related("edge")
    if party is not None:
        readings = readings.filter(edge__party__in=parties.family(party))
    rows = list(readings.order_by("edge_id", "batch"))
    span = (to_micros(since) if since else None, to_micros(until) if until else None)
    counted = [row for row in rows if row.subscribers == tally.NUMBERS]
    operators = parties.heads({row.edge.party for row in counted})
    curves: dict[str, list[tuple[Slot, ...]]] = {}
    for row in counted:
        curves.setdefault(operators[row.edge.party], []).append(_curve(row, province))
    certain = [
        _envelope_of(_within(new_since(curve, span[0]) if span[0] else curve, span) for curve in own)
        for own in curves.values()
    ]
    possible = [_sum_of(_within(curve, span) for curve in own) for own in curves.values()]
    course = _course(add_operators(certain), add_operators(possible))
    provinces = sorted({code for row in counted for code in _provinces(row)})
    return Scale(
        program,
        course.lower,
        course.upper,
        sum(_part(row, "exposed", province).get("maximum_24h", 0) for row in counted if _found_in(row, span)),
        sum(row.loss_fen for row in rows) if province is None else None,
        tuple(provinces),
        bool(counted),
        _reached(course),
        course,
    )


def newest_reading(program: str, *, party: str | None = None) -> datetime | None:
    """Return when the newest counted reading of a program was found, at one operator or anywhere; None without any."""
    readings = Reading.objects.filter(program=program, subscribers=tally.NUMBERS)
    if party is not None:
        readings = readings.filter(edge__party__in=parties.family(party))
    newest: datetime | None = readings.aggregate(newest=Max("found_at"))["newest"]
    return newest


def hour_of(moment: datetime) -> datetime:
    """Return the beginning of the hour a moment lies in."""
    return moment.replace(minute=0, second=0, microsecond=0)


def hours_received(*, after: datetime | None, before: datetime) -> dict[datetime, list[str]]:
    """Return the digests of the messages that came in from `after` (None: ever) on and before `before`, by the hour.

    Within an hour they are in the order of edge and sequence; an hour without a message is left out.
    """
    found = Message.objects.filter(received_at__lt=before)
    if after is not None:
        found = found.filter(received_at__gte=after)
    hours: dict[datetime, list[str]] = {}
    for received_at, digest in found.order_by("edge_id", "sequence").values_list("received_at", "digest"):
        hours.setdefault(hour_of(received_at), []).append(digest)
    return dict(sorted(hours.items()))


def unnamed(viewer: Viewer) -> QuerySet[Program]:
    """Return the programs that were counted and wait for their official name, the newest first."""
    return programs.unnamed(viewer).filter(code__in=Reading.objects.values("program"))


def infected_at(program: str) -> list[str]:
    """Return the operators that count infected subscribers of a program, groups for their branches, sorted."""
    found = Reading.objects.filter(program=program, infected__gt=0).values_list("edge__party", flat=True)
    return sorted(set(parties.heads(set(found)).values()))


def edges(viewer: Viewer) -> QuerySet[Edge]:
    """Return the edges a viewer may see: its own and its branches', a bureau its province's."""
    found = Edge.objects.order_by("party", "id")
    if viewer.sees_all:
        return found
    if viewer.role == "bureau":
        return found.filter(province=viewer.province)
    return found.filter(party__in=parties.family(viewer.party))


def believed(party: str) -> list[str]:
    """Return the edges of a party that are believed, by id."""
    return list(Edge.objects.filter(party=party, revoked_at=None).order_by("id").values_list("id", flat=True))


def coverage(viewer: Viewer, *, now: datetime) -> list[Coverage]:
    """Return what each edge the viewer may see covers.

    One is silent that is revoked, without a recent heartbeat, behind with its tallies, or without a recent row of logs.
    """
    beats = {beat.edge_id: beat for beat in Heartbeat.objects.filter(edge__in=edges(viewer))}
    found = []
    for edge in edges(viewer).annotate(last=Max("messages__sequence")):
        beat = beats.get(edge.id)
        missing = max(0, beat.sequence - (edge.last or 0)) if beat else 0
        clock, sources = (beat.clock, tuple(beat.sources)) if beat else (None, ())
        why = _silence(edge, clock, missing, sources, now)
        found.append(Coverage(edge.id, edge.party, edge.province, clock, why, missing, sources))
    return found


def _silence(
    edge: Edge, clock: datetime | None, missing: int, sources: Iterable[Mapping[str, Any]], now: datetime
) -> str:
    if edge.revoked_at is not None:
        return "revoked"
    if clock is None or now - clock > SILENT_AFTER:
        return "no_heartbeat"
    if missing:
        return "tallies_missing"
    newest = max((read_moment(source["last"]) for source in sources if source["last"]), default=None)
    old = newest is None or now - newest > timedelta(hours=settings.CLEANNET_COVERAGE_HOURS)
    return "old_rows" if old else ""


def _provinces(row: Reading) -> set[str]:
    """Return the provinces of the infected numbers, UNPLACED for those whose province the log does not state.

    Only where it states no province at all the numbers count as the edge's own.
    """
    stated = set(row.document["infected"]["by_province"])
    placed = _placed(row, "infected")
    if not placed:
        return {row.edge.province} - {""}
    return placed | ({UNPLACED} if placed < stated else set())


def _placed(row: Reading, kind: str) -> set[str]:
    """Return the provinces the log states, none where all numbers are the edge's own."""
    return set(row.document[kind]["by_province"]) - {tally.UNKNOWN_PROVINCE}


def _found_in(row: Reading, span: Span) -> bool:
    """Say whether a reading was found within the span; contacts that are no infections are counted by reading."""
    since, until = span
    at = to_micros(row.found_at)
    return (since is None or at > since) and (until is None or at <= until)


def _part(row: Reading, kind: str, province: str | None) -> dict[str, Any]:
    scale: dict[str, Any] = row.document[kind]
    if province is None or (province == row.edge.province and not _placed(row, kind)):
        return scale
    return dict(scale["by_province"].get(province, {}))


def _curve(row: Reading, province: str | None) -> tuple[Slot, ...]:
    curve = _part(row, "infected", province).get("curve", ())
    return tuple(Slot(to_micros(read_moment(start)), least, greatest) for start, least, greatest in curve)


def _within(curve: Iterable[Slot], span: Span) -> tuple[Slot, ...]:
    since, until = span
    return tuple(
        slot for slot in curve if (since is None or slot.start >= since) and (until is None or slot.start <= until)
    )


def _envelope_of(curves: Iterable[tuple[Slot, ...]]) -> tuple[Slot, ...]:
    """Return, slot by slot, the greatest of several curves that may count the same people."""
    slots: dict[int, Slot] = {}
    for curve in curves:
        for slot in curve:
            known = slots.get(slot.start, slot)
            slots[slot.start] = Slot(slot.start, max(known.least, slot.least), max(known.greatest, slot.greatest))
    return tuple(slots[start] for start in sorted(slots))


def _sum_of(curves: Iterable[tuple[Slot, ...]]) -> tuple[Slot, ...]:
    slots: dict[int, Slot] = {}
    for curve in curves:
        for slot in curve:
            known = slots.get(slot.start, Slot(slot.start, 0, 0))
            slots[slot.start] = Slot(slot.start, known.least + slot.least, known.greatest + slot.greatest)
    return tuple(slots[start] for start in sorted(slots))


def _course(certain: Sum, possible: Sum) -> Sum:
    """Return one course: its lower bounds are certain, its upper ones possible; what is certain is possible, too."""
    sure = {slot.start: slot for slot in certain.slots}
    none = SummedSlot(0, 0, 0, 0)
    found = ((slot, sure.get(slot.start, none)) for slot in possible.slots)
    return Sum(tuple(SummedSlot(slot.start, own.least, own.lower, slot.greatest) for slot, own in found))


def _reached(course: Sum) -> datetime | None:
    moment = course.passed(course.lower - 1) if course.lower else None
    return None if moment is None else from_micros(moment)

"""Enter what the calendar says by itself: months and days run from midnight to midnight in Asia/Shanghai."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from cleannet.core.clock import BEIJING, Calendar, month_of
from cleannet.core.entry import Participants
from cleannet.core.policy import Policy
from cleannet.core.terms import CALENDAR
from cleannet.hub.ledger.actions import Actor, enter
from cleannet.hub.ledger.models import Entry


@dataclass(frozen=True, slots=True)
class Turn:
    """Name one entry the calendar makes: its kind, the month (YYYY-MM) or day (YYYY-MM-DD), and the moment (UTC)."""

    kind: str
    unit: str
    name: str
    at: datetime


def turn_calendar(
    *,
    now: datetime,
    participants: Participants,
    calendar: Calendar,
    policies: Sequence[Policy] = (),
    overlays: Sequence[Policy] = (),
    since: Mapping[str, datetime] | None = None,
) -> list[Entry]:
    """Enter what the calendar says by itself since the last time, once each: months that ended and began, and the days
    of special periods (545号 十六); `since` says from when each overlay, by id, is adopted.

    A hub that was down catches up; a new hub begins with the month it is in, an overlay with the day of its adoption.
    """
    begun = {kind: _last_of(kind) for kind in ("month.began", "period.day")}
    periods = [(overlay, (since or {}).get(overlay.id, now)) for overlay in overlays if overlay.special_period]
    turns = [*months(begun["month.began"], now), *days(begun["period.day"], now, periods)]
    return [
        enter(
            kind=turn.kind,
            actor=Actor(party=CALENDAR.key, role=CALENDAR.key),
            happened_at=turn.at,
            now=now,
            participants=participants,
            calendar=calendar,
            policies=policies,
            overlays=overlays,
            refs={turn.unit: turn.name},
            key=f"{turn.kind}:{turn.name}",
        )
        for turn in turns
    ]


def start(moment: datetime) -> datetime:
    """Return the first instant (UTC) of the month an aware moment lies in."""
    local = moment.astimezone(BEIJING)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def following(began: datetime) -> datetime:
    """Return the first instant (UTC) of the month after the one that began at `began`."""
    return start(began + timedelta(days=32))


def months(last_began: datetime | None, now: datetime) -> list[Turn]:
    """Return a turn for each month that ended or began since `last_began`; without it only the present one begins."""
    current = start(now)
    if last_began is None:
        return [Turn("month.began", "month", month_of(current), current)]
    found = []
    began = start(last_began)
    while began < current:
        then = following(began)
        found += [
            Turn("month.ended", "month", month_of(began), then),
            Turn("month.began", "month", month_of(then), then),
        ]
        began = then
    return found


def days(last_began: datetime | None, now: datetime, periods: Iterable[tuple[Policy, datetime]]) -> list[Turn]:
    """Return a turn for each day since `last_began` that lies in a special period.

    `periods` are overlays and the moment each was adopted: its days count from the day of its adoption on.
    """
    today = now.astimezone(BEIJING).date()
    last = last_began.astimezone(BEIJING).date() if last_began else None
    found = set()
    for overlay, adopted_at in periods:
        day = max(overlay.since, adopted_at.astimezone(BEIJING).date())
        day = day if last is None else max(day, last + timedelta(days=1))
        end = today if overlay.until is None else min(today, overlay.until)
        while day <= end:
            found.add(day)
            day += timedelta(days=1)
    return [
        Turn("period.day", "day", day.isoformat(), datetime.combine(day, time(), BEIJING).astimezone(UTC))
        for day in sorted(found)
    ]


def _last_of(kind: str) -> datetime | None:
    last = Entry.objects.filter(kind=kind).order_by("-happened_at").first()
    return last.happened_at if last else None

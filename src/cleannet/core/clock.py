"""时限: the working calendar, and the last moment that is on time.

Sources: hours run without a break from the instant (Civil Code 201); the first day does not count and the last ends
at 24:00 (201, 204); a limit in natural days that ends on a day of rest moves to the next working day (203); 以内
includes the number (1259). Working days are those of the State Council's yearly notices; days are Asia/Shanghai's.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")
_NEW_YEAR = (12, 29)
_LIMIT = re.compile(r"(?P<count>[1-9]\d{0,4})(?P<unit>min|h|d|wd)|month_end|none")


class NotALimit(ValueError):
    """Say that a text is no time limit."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Hold one time limit: `count` of `unit` (min, h, d natural days, wd working days), or month_end, or none."""

    unit: str
    count: int = 0

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """Read “2h”, “30min”, “60d”, “3wd”, “month_end” or “none”; raise NotALimit otherwise."""
        found = _LIMIT.fullmatch(text)
        if not found:
            raise NotALimit(
                f"“{text}” is not a time limit; write 30min, 2h, 60d (natural days), 3wd (working days), "
                "month_end or none"
            )
        if found["unit"]:
            return cls(found["unit"], int(found["count"]))
        return cls(text)

    def __str__(self) -> str:
        return f"{self.count}{self.unit}" if self.count else self.unit


@dataclass(frozen=True, slots=True)
class Year:
    """Hold one year's notice: weekdays that are off, weekend days that are worked."""

    notice: str
    off: frozenset[date]
    worked: frozenset[date]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Tell working days from days of rest; a year without a published notice falls back to Monday to Friday."""

    years: Mapping[int, Year]

    def is_working_day(self, day: date) -> bool:
        year = self.years.get(day.year)
        if year and day in year.off:
            return False
        if year and day in year.worked:
            return True
        return day.weekday() < 5

    def knows(self, day: date) -> bool:
        """Return whether every notice that decides on this day has been published.

        The break of 元旦 is a matter of the next year's notice: three days at most, so it reaches back to 30 December,
        and to the 29th with a day worked in exchange.
        """
        return day.year in self.years and ((day.month, day.day) < _NEW_YEAR or day.year + 1 in self.years)


@dataclass(frozen=True, slots=True)
class Due:
    """Hold the last moment on time (UTC), none where the law sets no limit; provisional where a notice is missing."""

    at: datetime | None
    provisional: bool = False


def due(start: datetime, limit: Limit, calendar: Calendar) -> Due:
    """Return the last moment that is on time for `limit` from the aware moment `start`."""
    if start.tzinfo is None:
        raise ValueError("a limit runs from an aware moment; this one has no time zone")
    if limit.unit == "none":
        return Due(None)
    if limit.unit == "min":
        return Due(start.astimezone(UTC) + timedelta(minutes=limit.count))
    if limit.unit == "h":
        return Due(start.astimezone(UTC) + timedelta(hours=limit.count))
    first = start.astimezone(BEIJING).date()
    if limit.unit == "month_end":
        return Due(_end_of(_last_of_month(first)))
    if limit.unit == "d":
        last = first + timedelta(days=limit.count)
        provisional = not calendar.knows(last)
        while not calendar.is_working_day(last):
            last += timedelta(days=1)
            provisional = provisional or not calendar.knows(last)
        return Due(_end_of(last), provisional)
    day, left, provisional = first, limit.count, False
    while left:
        day += timedelta(days=1)
        provisional = provisional or not calendar.knows(day)
        left -= calendar.is_working_day(day)
    return Due(_end_of(day), provisional)


def moment(text: str | datetime) -> datetime:
    """Read an ISO 8601 moment; one without a zone is Beijing's."""
    found = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=BEIJING)


def kept_until(last_act: datetime, days: int) -> datetime:
    """Return until when records are kept at least; retention does not move to a working day (545号 十二)."""
    return _end_of(last_act.astimezone(BEIJING).date() + timedelta(days=days))


def month_of(moment: datetime) -> str:
    """Return the month of an aware moment in Beijing, as YYYY-MM."""
    return moment.astimezone(BEIJING).strftime("%Y-%m")


def _last_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), BEIJING).astimezone(UTC)


@cache
def shipped_calendar() -> Calendar:
    """Read the yearly notices that come with the product."""
    years = {}
    for file in sorted(files("cleannet.policies").joinpath("calendar").iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            data = tomllib.loads(file.read_text(encoding="utf-8"))
            years[data["year"]] = Year(data["notice"], frozenset(data["off"]), frozenset(data["worked"]))
    return Calendar(years)

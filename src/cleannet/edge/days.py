"""Cut time into the days of Beijing."""

from datetime import date, timedelta

from cleannet.core.tally import MICROSECOND

DAY = timedelta(days=1) // MICROSECOND
_EAST = timedelta(hours=8) // MICROSECOND
_FIRST = date(1970, 1, 1).toordinal()


def day_of(micros: int) -> int:
    """Return the number of the day in Beijing that a moment lies in, 0 for 1970-01-01; of no year is it summer time."""
    return (micros + _EAST) // DAY


def start_of(day: int) -> int:
    """Return the microseconds at which a day begins."""
    return day * DAY - _EAST


def date_of(day: int) -> date:
    """Return the date of a day."""
    return date.fromordinal(_FIRST + day)


def number_of(day: date) -> int:
    """Return the number of the day with a date."""
    return day.toordinal() - _FIRST

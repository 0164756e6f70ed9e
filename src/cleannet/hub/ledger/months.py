"""Count months as the law does: from midnight to midnight in Asia/Shanghai."""

from datetime import UTC, datetime, timedelta

from cleannet.core.clock import BEIJING, month_of


def start(moment: datetime) -> datetime:
    """Return the first instant (UTC) of the month an aware moment lies in."""
    local = moment.astimezone(BEIJING)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def following(began: datetime) -> datetime:
    """Return the first instant (UTC) of the month after the one that began at `began`."""
    return start(began + timedelta(days=32))


def turns(last_began: datetime | None, now: datetime) -> list[tuple[str, str, datetime]]:
    """Return (kind of entry, month as YYYY-MM, moment) for each month that ended or began since `last_began`.

    Without an earlier month only the present one begins.
    """
    current = start(now)
    if last_began is None:
        return [("month.began", month_of(current), current)]
    found = []
    began = start(last_began)
    while began < current:
        then = following(began)
        found += [("month.ended", month_of(began), then), ("month.began", month_of(then), then)]
        began = then
    return found

"""Write and read moments in messages: ISO 8601 in UTC with a Z, to the microsecond where there is one."""

import re
from datetime import UTC, datetime

_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")


class NotAMoment(ValueError):
    """Say that a text is not a moment in the one form."""


def write_moment(moment: datetime) -> str:
    """Return an aware moment as text; raise NotAMoment when it is naive."""
    if moment.tzinfo is None:
        raise NotAMoment("a moment without a time zone")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_moment(text: object) -> datetime:
    """Return the moment, in UTC; raise NotAMoment for anything but what `write_moment` writes."""
    if not isinstance(text, str) or not _FORM.fullmatch(text):
        raise NotAMoment("a moment like 2026-01-31T08:00:00Z was expected")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise NotAMoment("no such day or time") from None

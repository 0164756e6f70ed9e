"""Read the time of a log row. Every failure is a BadRow that does not show the text.

Which moments count is the source's to say (rows.Source.takes): here a time is only read, however far off it lies.
"""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cleannet.core.tally import from_micros, to_micros
from cleannet.edge.names import shown
from cleannet.edge.rows import BadRow
from cleannet.edge.wrong_use import WrongUse

FORMS = ("iso", "epoch_s", "epoch_ms", "epoch_us")
_UNREADABLE = "the time cannot be read"


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of a name such as Asia/Shanghai; raise WrongUse where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise WrongUse(f"“{shown(name)}” is not the name of a time zone, such as Asia/Shanghai") from None


def from_epoch_seconds(text: str) -> int:
    """Return the microseconds of decimal seconds since the epoch; digits after the sixth are cut off."""
    whole, _, fraction = text.partition(".")
    if not (whole.isascii() and whole.isdecimal() and len(whole) <= 11):
        raise BadRow(_UNREADABLE)
    if fraction and not (fraction.isascii() and fraction.isdecimal()):
        raise BadRow(_UNREADABLE)
    return int(whole) * 1_000_000 + (int(f"{fraction:0<6}"[:6]) if fraction else 0)


def from_iso(text: str, zone: tzinfo | None = UTC) -> int:
    """Return the microseconds of an ISO 8601 text; without an offset it is of `zone`, without that wrong use."""
    try:
        return to_micros(in_zone(datetime.fromisoformat(text), zone))
    except ValueError:
        raise BadRow(_UNREADABLE) from None


def from_local(micros: int, zone: tzinfo | None) -> int:
    """Return the microseconds of a time that was counted as if the clock of `zone` were UTC's."""
    try:
        return to_micros(in_zone(from_micros(micros).replace(tzinfo=None), zone))
    except OverflowError:
        raise BadRow(_UNREADABLE) from None


def in_zone(moment: datetime, zone: tzinfo | None) -> datetime:
    """Return `moment` with `zone` where it has none; raise WrongUse when neither says a time zone."""
    if moment.tzinfo is not None:
        return moment
    if zone is None:
        raise WrongUse(
            "the times in this file carry no time zone and the mapping states none; "
            'add time_zone = "Asia/Shanghai" (or the right one) to the mapping'
        )
    return moment.replace(tzinfo=zone)


def from_text(text: str, form: str, zone: tzinfo | None) -> int:
    """Return the microseconds of a time written in `form`: one of `FORMS` or a strptime pattern."""
    text = text.strip()
    if form == "iso":
        return from_iso(text, zone)
    if form == "epoch_s":
        return from_epoch_seconds(text)
    if form in ("epoch_ms", "epoch_us"):
        if not (text.isascii() and text.isdecimal() and len(text) <= 17):
            raise BadRow(_UNREADABLE)
        return int(text) * (1000 if form == "epoch_ms" else 1)
    try:
        return to_micros(in_zone(datetime.strptime(text, form), zone))  # noqa: DTZ007 - in_zone gives it its zone
    except ValueError:
        raise BadRow(_UNREADABLE) from None

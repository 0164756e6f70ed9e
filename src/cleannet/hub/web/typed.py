"""Read what was typed into a form; what cannot be read is refused in words, never guessed."""

from collections.abc import Collection
from datetime import datetime

from cleannet.core.clock import BEIJING
from cleannet.hub.web.access import WebRefused

FIELD = "field-"
FIRST_YEAR, LAST_YEAR = 2000, 9998


def moment(text: str) -> datetime:
    """Return a moment written in Beijing time, to the minute or the second; raise WebRefused."""
    try:
        found = datetime.fromisoformat(text.strip().replace("/", "-"))
    except ValueError as error:
        raise WebRefused("web.bad_time", text=text) from error
    # A slip of the hand; the first and last years cannot even be told in another zone.
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise WebRefused("web.bad_time", text=text)
    return found.replace(tzinfo=BEIJING) if found.tzinfo is None else found


def moment_or_none(text: str) -> datetime | None:
    """Return a moment, None where nothing was typed; raise WebRefused."""
    return moment(text) if text.strip() else None


def number(text: str) -> int | None:
    """Return a number of people, None where nothing was typed; raise WebRefused."""
    digits = text.strip().replace(",", "")
    if not digits:
        return None
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 10):
        raise WebRefused("web.bad_number", text=text)
    return int(digits)


def figure(text: str, *, money: bool = False) -> int:
    """Return a whole figure, or yuan as fen where it is `money`; raise WebRefused."""
    digits = text.strip().replace(",", "")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 13):
        raise WebRefused("web.bad_figure", text=text)
    return int(digits) * (100 if money else 1)


def chosen(text: str, among: Collection[str]) -> str:
    """Return a choice that the page offered; raise WebRefused."""
    if text not in among:
        raise WebRefused("web.bad_choice", text=text)
    return text

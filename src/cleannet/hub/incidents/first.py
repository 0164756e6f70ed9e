"""先行: what is told by phone or mail first, in an urgent case; the paper follows. 545号 十五."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from cleannet.hub.incidents.grading import IncidentRefused

MEDIA = ("phone", "mail")


@dataclass(frozen=True, slots=True)
class First:
    """Hold what was said by phone or mail, and when (aware); it is claimed until all it reached confirm it."""

    medium: str
    said: str
    at: datetime

    def __post_init__(self) -> None:
        if self.medium not in MEDIA:
            raise IncidentRefused("incident.not_a_first_notice", medium=self.medium)


class Told(TypedDict):
    """Hold what `ledger.enter` is told of how and when an act was made."""

    happened_at: datetime
    medium: str
    urgent: bool
    text: str


def told(first: First | None, now: datetime) -> Told:
    """Return how an act is entered: told first by phone or mail, or in writing at `now`."""
    if first is None:
        return Told(happened_at=now, medium="system", urgent=False, text="")
    return Told(happened_at=first.at, medium=first.medium, urgent=True, text=first.said)

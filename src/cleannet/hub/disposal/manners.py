"""How looks behave towards the hosts they ask: who wants not to be asked is not, nobody is asked too often."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from cleannet.core import space
from cleannet.hub.disposal.models import Asked


def opted_out(host: str) -> bool:
    """Say whether the owner of a name, of a name above it or of an address asked not to be looked at."""
    return space.holds(settings.CLEANNET_PROBE_OPT_OUT, host)


def rest() -> timedelta:
    """Return how long a host is left in peace after it was asked."""
    return timedelta(seconds=settings.CLEANNET_PROBE_HOST_SECONDS)


def claim(host: str, *, now: datetime) -> datetime | None:
    """Take the right to ask a host at `now`; return None where it is had, else the moment from which it can be."""
    _, made = Asked.objects.get_or_create(host=host, defaults={"at": now})
    if made or Asked.objects.filter(host=host, at__lte=now - rest()).update(at=now):
        return None
    last = Asked.objects.filter(host=host).values_list("at", flat=True).first()
    return (last or now) + rest()


@dataclass(slots=True)
class Manners:
    """Say of each host and address of one look why it is not asked, "" where it may be; remember which were.

    `waits` is set once one was left in peace only because it was asked a moment ago.
    """

    recent: frozenset[str] = frozenset()
    asked: set[str] = field(default_factory=set)
    waits: bool = False

    def __call__(self, host: str) -> str:
        if opted_out(host):
            return "its owner asked not to be looked at"
        if host in self.recent:
            self.waits = True
            return "it was asked a moment ago"
        self.asked.add(host)
        return ""


def manners(host: str, *, now: datetime) -> Manners:
    """Return the manners of a look at a host that was claimed."""
    # Read once, here: whoever asks is a thread without a connection to the database.
    recent = Asked.objects.filter(at__gt=now - rest()).exclude(host=host).values_list("host", flat=True)
    return Manners(frozenset(recent))


def note(hosts: Collection[str], *, now: datetime) -> None:
    """Keep that hosts were asked, those that redirects led to included; forget what counts no more."""
    for host in sorted(hosts):
        Asked.objects.update_or_create(host=host, defaults={"at": now})
    Asked.objects.filter(at__lt=now - timedelta(days=1)).delete()

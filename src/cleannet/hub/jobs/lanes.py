"""List the lanes of tick: what is done again and again, each beside the others so that none delays another."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from cleannet.hub.api import claims
from cleannet.hub.blobs import actions as blobs
from cleannet.hub.disposal import arrivals, deciding, delivery, enclosures, life, lookups, merging, probes
from cleannet.hub.ledger import reminders, sealing, turning
from cleannet.hub.papers import erasing as papers
from cleannet.hub.parties import queries as parties
from cleannet.hub.watch import actions as watch

PROBERS = 4


@dataclass(frozen=True, slots=True)
class Lane:
    """Name one lane: how many seconds it rests when it found nothing, and its work, which says how much it did."""

    name: str
    rest: float
    work: Callable[[datetime], int]


def seal(now: datetime) -> int:
    """Seal the entries that wait."""
    return 0 if sealing.seal(now=now) is None else 1


def remind(now: datetime) -> int:
    """Raise the reminders whose time has come."""
    return reminders.raise_ready(now=now, lease=timedelta(seconds=settings.CLEANNET_LEASE_SECONDS))


def turn_calendar(now: datetime) -> int:
    """Enter the ends and beginnings of months and the days of special periods, from which duties arise."""
    standing = parties.standing(now=now)
    if not standing["policies"]:
        # A month is entered once: without a law in force yet, its duties would never arise.
        return 0
    return len(turning.turn_calendar(now=now, since=parties.adopted_since(now=now), **standing))


def sweep_blobs(_now: datetime) -> int:
    """Remove the files of erased blobs that a killed process left."""
    return len(blobs.sweep())


def erase_papers(now: datetime) -> int:
    """Erase papers whose time is over."""
    return papers.erase_expired(now=now)


def erase_appeals(now: datetime) -> int:
    """Erase what came with appeals whose time is over, and with none that was taken."""
    return enclosures.erase_expired(now=now)


def deliver(now: datetime) -> int:
    """Bring the policy zone up to what stands."""
    return delivery.deliver(now=now, lease=timedelta(seconds=settings.CLEANNET_LEASE_SECONDS), only="rpz")


def write_zone(now: datetime) -> int:
    """Bring the zone file up to what stands."""
    return delivery.deliver(now=now, lease=timedelta(seconds=settings.CLEANNET_LEASE_SECONDS), only="file")


def enter_arrivals(now: datetime) -> int:
    """Enter which orders came to a place on the network, and which left it."""
    return arrivals.enter(now=now, lease=timedelta(seconds=settings.CLEANNET_LEASE_SECONDS))


def expire(now: datetime) -> int:
    """End the orders whose time is over."""
    return life.expire(now=now)


def merge_zones(now: datetime) -> int:
    """Ask for the next step of the nightly merge of the hot zone into the bulk zone."""
    return merging.plan(now=now)


def probe(now: datetime) -> int:
    """Look at names whose look was asked for."""
    return probes.probe(now=now, lease=timedelta(seconds=settings.CLEANNET_LEASE_SECONDS))


def look_up(now: datetime) -> int:
    """Ask registries who registered the domains of open cases."""
    return lookups.look_up(now=now, lease=timedelta(seconds=settings.CLEANNET_LEASE_SECONDS))


def decide(now: datetime) -> int:
    """Answer feedback by policy, where one is set."""
    return deciding.decide(now=now)


def digest_readings(now: datetime) -> int:
    """Enter, once an hour, how many tallies came in."""
    return watch.digest_readings(now=now)


def forget_answers(now: datetime) -> int:
    """Forget answers of the API that nobody will ask for again."""
    return claims.forget(now=now)


LANES = (
    Lane("reminders", 5, remind),
    Lane("expiry", 5, expire),
    Lane("deliveries", 0.2, deliver),
    Lane("zone_file", 1, write_zone),
    Lane("arrivals", 1, enter_arrivals),
    Lane("merging", 60, merge_zones),
    # Targets hang on purpose: several looks go on at once.
    Lane("probes", 1, probe),
    *(Lane(f"probes {number}", 1, probe) for number in range(2, PROBERS + 1)),
    Lane("verdicts", 5, decide),
    Lane("registrations", 5, look_up),
    Lane("calendar", 30, turn_calendar),
    Lane("readings", 300, digest_readings),
    Lane("erasures", 600, erase_papers),
    Lane("appeals", 600, erase_appeals),
    Lane("blobs", 600, sweep_blobs),
    Lane("answers", 3600, forget_answers),
    # Last, so that one round of all lanes leaves nothing unsealed.
    Lane("seal", 2, seal),
)

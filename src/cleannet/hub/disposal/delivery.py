"""Bring every place on the network up to what stands.

What a place serves follows from the state: a name is served while any order for it stands. Each change of the state
gets the next revision and leaves one row per place, in the transaction that makes it. A place is brought up by one
worker at a time, who takes all that waits there at once and reads what stands then: a late or doubled revision does no
harm. So a place has always reached some revision with all before it.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice, takewhile
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q, QuerySet

from cleannet.hub.disposal import network
from cleannet.hub.disposal.channels.channel import Change, Channel, DeliveryFailed, misfits
from cleannet.hub.disposal.channels.dynamic_update import DynamicUpdate
from cleannet.hub.disposal.channels.zone_file import ZoneFile
from cleannet.hub.disposal.models import Arrival, Delivery, Order
from cleannet.hub.ledger import work
from cleannet.hub.ledger.work import Work
from cleannet.hub.papers import actions as papers

MOST_DELAY = timedelta(minutes=10)
# A thousand parameters are no trouble for any database.
_BATCH = 1000
MERGES = frozenset({"merge", "clear"})
T = TypeVar("T")


class LeaseLost(Exception):
    """Say that another worker has taken over what this one was too slow with."""


def channels() -> dict[str, Channel]:
    """Return the places the settings name, by key; the primary's zone is always one, even where none is set."""
    found: list[Channel] = [DynamicUpdate(network.primary(), settings.CLEANNET_DNS_SECONDS)]
    if settings.CLEANNET_ZONE_FOLDER:
        found.append(ZoneFile(Path(settings.CLEANNET_ZONE_FOLDER), settings.CLEANNET_DNS_ZONE))
    return {channel.key: channel for channel in found}


def changed(*, entering: Collection[Order] = (), leaving: Collection[Order] = (), now: datetime) -> None:
    """Give orders that begin or cease to stand the next revision, and let every place be brought up to it.

    Call it last in the transaction that makes the change: revisions are numbered in the order of their commits.
    """
    revision = papers.next_number("revision")
    for column, orders in (("enters", entering), ("leaves", leaving)):
        for part in batches(orders):
            Order.objects.filter(pk__in=[order.number for order in part]).update(**{column: revision})
            for order in part:
                setattr(order, column, revision)
    if any(order.in_zone for order in (*entering, *leaving)):
        _wait(channels(), revision, now)


def bring_anew(*, now: datetime) -> None:
    """Let every place be brought up to the whole of what stands, as after a server was set up anew."""
    with transaction.atomic():
        _wait(channels(), papers.next_number("revision"), now, does="whole")


def deliver(*, now: datetime, lease: timedelta, only: str = "") -> int:
    """Bring the next place (or `only` this one) that something waits for up to what stands; return 1 when one was
    tried, whether it worked or not.

    A server that refuses or hangs leaves the deliveries waiting with their last error, tried again ever later, at once
    when something else changes.
    """
    for key, channel in channels().items():
        if only in ("", key) and _deliver(channel, now, lease):
            return 1
    return 0


def standing() -> QuerySet[Order]:
    """Return the orders that a rule in the zone carries out now."""
    return Order.objects.filter(leaves=None, in_zone=True)


def standing_names() -> QuerySet[Order, str]:
    """Return every name that the zone holds, sorted and each once."""
    return standing().order_by("target").values_list("target", flat=True).distinct()


def reached(channel: str) -> int:
    """Return the revision a place was brought up to with all before it, 0 where it never was."""
    done = Delivery.objects.filter(channel=channel).exclude(done_at=None)
    return done.aggregate(last=Max("revision"))["last"] or 0


def head(channel: str) -> Delivery | None:
    """Return the delivery that is the next at a place."""
    return Delivery.objects.filter(channel=channel, done_at=None).order_by("revision").first()


def holding(row: Work, now: datetime, lease: timedelta) -> Callable[[], None]:
    """Return what makes sure, before each step outside, that a claimed row is still this worker's, or raises LeaseLost.

    `now` is when it was claimed.
    """
    clock = running(now)

    def hold() -> None:
        if not work.renew(row, until=clock() + lease):
            raise LeaseLost(row.key)

    return hold


def running(now: datetime) -> Callable[[], datetime]:
    """Return a clock that reads `now` at this call and runs on."""
    began = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - began)


def _wait(keys: Collection[str], revision: int, now: datetime, does: str = "bring") -> None:
    Delivery.objects.filter(done_at=None, lease_until=None, ready_at__gt=now).update(ready_at=now)
    Delivery.objects.bulk_create(
        Delivery(key=f"{key}:{revision}", channel=key, revision=revision, made_at=now, does=does, ready_at=now)
        for key in keys
    )


def _deliver(channel: Channel, now: datetime, lease: timedelta) -> bool:
    first = head(channel.key)
    if first is None:
        first = _set_later(channel, now)
    # Whoever holds the first that waits holds the place.
    row = work.claim(Delivery.objects.filter(pk=first.pk), now=now, lease=lease) if first else None
    if row is None:
        return False
    hold, clock = holding(row, now, lease), running(now)
    try:
        if row.does in MERGES:
            _merge(row, channel, now, hold)
        else:
            _bring(row, channel, clock, hold)
    except LeaseLost:
        pass
    except DeliveryFailed as error:
        delay = min(MOST_DELAY, timedelta(seconds=2 ** min(row.attempts, 10)))
        work.postpone(row, until=clock() + delay, failure=str(error))
    return True


def _set_later(channel: Channel, now: datetime) -> Delivery | None:
    """Let a place that was set after orders were issued be brought up to all of them."""
    if Delivery.objects.filter(channel=channel.key).exists() or not standing().exists():
        return None
    with transaction.atomic():
        _wait([channel.key], papers.next_number("revision"), now)
    return head(channel.key)


def _bring(row: Delivery, channel: Channel, clock: Callable[[], datetime], hold: Callable[[], None]) -> None:
    waiting = Delivery.objects.filter(channel=channel.key, done_at=None).order_by("revision")
    rows = list(takewhile(lambda one: one.does not in MERGES, waiting))
    upto = rows[-1].revision
    before = reached(channel.key)
    since = 0 if any(one.does == "whole" for one in rows) else before
    touched = _touched(since, upto)
    stands = sorted(set(standing().filter(target__in=touched.values("target")).values_list("target", flat=True)))
    gone = sorted(set(touched.values_list("target", flat=True)) - set(stands))
    channel.bring(Change(upto, stands, gone, standing_names().iterator), hold)
    at, failure = clock(), misfits(channel, stands)
    served = frozenset(filter(channel.fits, stands))
    came = [number for number, target in _began(since, upto).values_list("number", "target") if target in served]
    left = _over(gone, Q(enters__lte=before), upto)
    # What a try that failed brought, and was over before the next, was served meanwhile, or may have been.
    perhaps = _over(gone, Q(enters__gt=before), upto) if any(one.attempts > 1 for one in (row, *rows)) else []
    arrival = Arrival(key=row.key, place=row.channel, came=came, left=left, perhaps=perhaps, at=at, ready_at=at)
    with transaction.atomic():
        if work.finish(row, now=at):
            late = Delivery.objects.filter(channel=channel.key, done_at=None, revision__lte=upto)
            late.update(done_at=at, failure="")
            if failure:
                Delivery.objects.filter(pk=row.pk).update(failure=failure)
            if came or left or perhaps:
                arrival.save(force_insert=True)


def _merge(row: Delivery, channel: Channel, now: datetime, hold: Callable[[], None]) -> None:
    """Merge the hot zone into the bulk zone, or clear it of what was merged; a failure is kept and waits for nobody:
    orders come behind it, and `merging` asks anew.
    """
    if not isinstance(channel, DynamicUpdate):
        raise TypeError(f"{channel.key} has no zones to merge")
    failure = ""
    try:
        if row.does == "merge":
            channel.merge(_standing_of, hold)
        else:
            channel.clear(hold)
    except DeliveryFailed as error:
        failure = str(error)
    with transaction.atomic():
        if work.finish(row, now=now) and failure:
            Delivery.objects.filter(pk=row.pk).update(failure=failure)


def _standing_of(names: Collection[str]) -> set[str]:
    parts = batches(names)
    return {name for part in parts for name in standing().filter(target__in=part).values_list("target", flat=True)}


def _touched(since: int, upto: int) -> QuerySet[Order]:
    """Return the orders of the zone that began or ceased to stand after one revision, up to another."""
    began, ceased = Q(enters__gt=since, enters__lte=upto), Q(leaves__gt=since, leaves__lte=upto)
    return Order.objects.filter(began | ceased, in_zone=True)


def _began(since: int, upto: int) -> QuerySet[Order]:
    return _touched(since, upto).filter(enters__gt=since).exclude(leaves__lte=upto)


def _over(gone: Sequence[str], began: Q, upto: int) -> list[str]:
    """Return the orders for names that are gone which began so and are over; those issued anew live on in others."""
    over = Order.objects.filter(began, in_zone=True, leaves__lte=upto).exclude(status="reissued")
    parts = (over.filter(target__in=part).values_list("number", flat=True) for part in batches(gone))
    return [number for part in parts for number in part]


def batches(rows: Iterable[T]) -> Iterator[list[T]]:
    """Yield rows in portions that a question to the database may name."""
    left = iter(rows)
    while part := list(islice(left, _BATCH)):
        yield part

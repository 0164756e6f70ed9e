"""Look at the targets whose look was asked for: work of its own lane, because a server that hangs is waited for."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from cleannet.core.indicator import parents
from cleannet.hub.disposal import delivery, manners, network, queries, steps, tallies
from cleannet.hub.disposal.manners import Manners
from cleannet.hub.disposal.models import Order, Probe, Sighting
from cleannet.hub.disposal.network import Seen
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger import work
from cleannet.hub.parties import queries as parties
from cleannet.probe import target
from cleannet.probe.answer import written
from cleannet.probe.target import Target

# Looks that find only addresses that others asked a moment ago are put off so often, then kept as they are.
MOST_WAITS = 10
MOST_DELAY = timedelta(minutes=10)


def probe(*, now: datetime, lease: timedelta) -> int:
    """Look at the target that has waited longest, from every vantage, and keep what was seen; return 1 when one waited.

    A worker killed before the end leaves nothing behind and another looks again; one that was only slow keeps nothing.
    A host or an address asked a moment ago is waited for where a look that goes out decides, and else left in peace.
    Settings that name no vantage put a look off.
    """
    longest = timedelta(seconds=network.longest())
    row = work.claim(Probe.objects.select_related("order"), now=now, lease=max(lease, longest))
    if row is None:
        return 0
    seen: list[Seen] = []
    polite = None
    if _matters(row, row.order):
        try:
            seen, polite, free_at = _look(row.order, now)
        except ValueError as error:
            delay = min(MOST_DELAY, timedelta(seconds=2 ** min(row.attempts, 10)))
            work.postpone(row, until=now + delay, failure=str(error))
            return 1
        if free_at and row.attempts < MOST_WAITS:
            if polite:
                manners.note(polite.asked, now=now)
            work.postpone(row, until=free_at, failure="")
            return 1
    order = row.order
    with transaction.atomic():
        if polite:
            manners.note(polite.asked, now=now)
        if work.finish(row, now=now):
            Sighting.objects.bulk_create(
                Sighting(
                    order=order,
                    kind=one.answer.kind,
                    vantage=one.answer.vantage,
                    decides=one.decides,
                    verdict=one.answer.verdict,
                    evidence=written(one.answer.evidence),
                    seen_at=now,
                )
                for one in seen
            )
    return 1


def _look(order: Order, now: datetime) -> tuple[list[Seen], Manners | None, datetime | None]:
    """Return what is seen of an order's target, with which manners, and until when to wait where it has to be anew."""
    role, aimed = parties.party(order.party).role, target.read(order.reach, order.target)
    goes_out, decides = network.goes_out(order.party, role, order.reach)
    polite, free_at = _polite(aimed, now) if goes_out else (None, None)
    if free_at and decides:
        return [], None, free_at
    above = [] if aimed.why_not else [aimed.host, *parents(aimed.host)]
    blocked = delivery.standing().filter(target__in=above).exists()
    seen = network.look(order.party, role, aimed, polite, blocked=blocked, timeout=settings.CLEANNET_DNS_SECONDS)
    waits = decides and polite is not None and polite.waits
    return seen + _counted(order, role), polite, now + manners.rest() if waits else None


def _matters(row: Probe, order: Order) -> bool:
    """Say whether anybody still wants to know: of a case that ended, only whether what was verified came back."""
    if order.status == "verified":
        return not cases.is_annulled(order.case)
    return not row.scheduled and order.status in steps.LOOKED_AT and cases.is_open(order.case)


def _polite(aimed: Target, now: datetime) -> tuple[Manners | None, datetime | None]:
    """Return the manners of a look that may go out, or None and the moment from which the host may be asked."""
    if aimed.why_not:
        return Manners(), None
    free_at = manners.claim(aimed.host, now=now)
    return (None, free_at) if free_at else (manners.manners(aimed.host, now=now), None)


def _counted(order: Order, role: str) -> list[Seen]:
    program, party = cases.program_of(order.case), order.party if role == "operator" else None
    found = tallies.look(program, party=party, since=queries.disposed_at(order))
    return [Seen(found, decides=False)] if found else []

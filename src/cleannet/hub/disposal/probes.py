"""Look at the names whose look was asked for: work of its own lane, because a server that hangs is waited for."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from cleannet.hub.disposal import network
from cleannet.hub.disposal.models import Probe, Sighting
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger import work
from cleannet.hub.parties import queries as parties


def probe(*, now: datetime, lease: timedelta) -> int:
    """Look at the name that has waited longest, from every vantage, and keep what was seen; return 1 when one waited.

    A worker killed before the end leaves nothing behind and another looks again; one that was only slow keeps nothing.
    """
    longest = timedelta(seconds=network.LONGEST * settings.CLEANNET_DNS_SECONDS)
    row = work.claim(Probe.objects.select_related("order"), now=now, lease=max(lease, longest))
    if row is None:
        return 0
    order, seen = row.order, []
    if cases.is_open(order.case) and order.reach == "name":
        role = parties.party(order.party).role
        seen = network.look(order.party, role, order.target, timeout=settings.CLEANNET_DNS_SECONDS)
    with transaction.atomic():
        if work.finish(row, now=now):
            Sighting.objects.bulk_create(
                Sighting(
                    order=order,
                    kind=one.answer.kind,
                    vantage=one.answer.vantage,
                    decides=one.decides,
                    verdict=one.answer.verdict,
                    evidence=dict(one.answer.evidence),
                    seen_at=now,
                )
                for one in seen
            )
    return 1

"""Enter in the ledger what came to a place and what left it: after the fact, so that no order waits for it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from cleannet.hub.disposal import delivery
from cleannet.hub.disposal.delivery import LeaseLost
from cleannet.hub.disposal.models import Arrival, Order
from cleannet.hub.ledger import many, work
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.many import DELIVERED, REMOVED, Act
from cleannet.hub.parties import queries as parties


def enter(*, now: datetime, lease: timedelta) -> int:
    """Enter the oldest arrival that waits, one act for each order, of the party it binds; return 1 when one waited.

    Each is entered once, however often a worker is killed meanwhile.
    """
    row = work.claim(Arrival.objects.all(), now=now, lease=lease)
    if row is None:
        return 0
    hold = delivery.holding(row, now, lease)
    context = parties.standing(now=now)
    laws = [*context["policies"], *context["overlays"]]
    sure: Mapping[str, object] = {}
    perhaps = {"perhaps": True}
    entering = (
        (DELIVERED, row.came, sure),
        (DELIVERED, row.perhaps, perhaps),
        (REMOVED, row.left, sure),
        (REMOVED, row.perhaps, perhaps),
    )
    try:
        for kind, numbers, told in entering:
            for part in delivery.batches(numbers):
                hold()
                many.enter_many(kind=kind, acts=_acts(kind, row, part, told), now=now, laws=laws)
    except LeaseLost:
        return 1
    with transaction.atomic():
        work.finish(row, now=now, came=[], left=[], perhaps=[])
    return 1


def _acts(kind: str, row: Arrival, numbers: list[str], more: Mapping[str, object]) -> list[Act]:
    orders = list(Order.objects.filter(pk__in=numbers).order_by("number"))
    roles = {code: party.role for code, party in parties.names({order.party for order in orders}).items()}
    return [
        Act(
            Actor(order.party, roles[order.party]),
            refs={"case": order.case, "notice": order.notice},
            facts={"order": order.number, "target": order.target, "place": row.place, **more},
            key=f"{kind.partition('.')[2]}:{row.place}:{order.number}",
            happened_at=row.at,
        )
        for order in orders
    ]

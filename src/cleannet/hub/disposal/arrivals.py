"""Enter in the ledger what came to a place and what left it: after the fact, so that no order waits for it."""

from datetime import datetime, timedelta

from django.db import transaction

from cleannet.hub.disposal import delivery
from cleannet.hub.disposal.delivery import LeaseLost
from cleannet.hub.disposal.models import Arrival, Order
from cleannet.hub.ledger import many, work
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.many import Act
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
    try:
        for kind, numbers in (("order.delivered", row.came), ("order.removed", row.left)):
            for part in delivery.batches(numbers):
                hold()
                many.enter_many(kind=kind, acts=_acts(kind, row.place, part), now=now, laws=laws)
    except LeaseLost:
        return 1
    with transaction.atomic():
        work.finish(row, now=now, came=[], left=[])
    return 1


def _acts(kind: str, place: str, numbers: list[str]) -> list[Act]:
    orders = list(Order.objects.filter(pk__in=numbers).order_by("number"))
    roles = {code: party.role for code, party in parties.names({order.party for order in orders}).items()}
    return [
        Act(
            Actor(order.party, roles[order.party]),
            refs={"case": order.case, "notice": order.notice},
            facts={"order": order.number, "target": order.target, "place": place},
            key=f"{kind.partition('.')[2]}:{place}:{order.number}",
        )
        for order in orders
    ]

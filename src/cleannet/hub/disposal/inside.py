"""Ask an operator's edges to look from inside its network, and keep what they say: it never decides by itself.

The edge asks for requests as it pulls releases; the hub connects to nobody's network.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from cleannet.formats import envelope, looks
from cleannet.formats.messages import BadMessage
from cleannet.hub.disposal.manners import opted_out
from cleannet.hub.disposal.models import Inside, Order, Sighting
from cleannet.hub.disposal.steps import WATCHED
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.watch import actions as watch
from cleannet.hub.watch import queries as counts
from cleannet.hub.watch.actions import MessageRefused
from cleannet.probe import target
from cleannet.probe.answer import INSIDE, written

VALID = timedelta(days=1)
MOST_AT_ONCE = 100


def ask(orders: Collection[Order], *, now: datetime) -> None:
    """Ask each edge of the parties of these orders to look, where it is not asked already.

    What nobody may look at, whose owner asked so, is not handed on either.
    """
    orders = [order for order in orders if not opted_out(target.read(order.reach, order.target).host)]
    waiting = Inside.objects.filter(order__in=orders, answered_at=None, expires_at__gt=now)
    asked = set(waiting.values_list("order_id", "edge"))
    edges = {party: counts.believed(party) for party in {order.party for order in orders}}
    Inside.objects.bulk_create(
        Inside(id=secrets.token_hex(16), order=order, edge=edge, asked_at=now, expires_at=now + VALID)
        for order in orders
        for edge in edges[order.party]
        if (order.number, edge) not in asked
    )


def requests(viewer: Viewer, *, edge: str, now: datetime) -> list[bytes]:
    """Return what one of the viewer's edges is asked to look at, the oldest first, each signed by the hub."""
    if edge not in counts.believed(viewer.party):
        raise MessageRefused("message.unknown_edge", edge=edge)
    waiting = Inside.objects.filter(
        edge=edge, order__party=viewer.party, order__status__in=WATCHED, answered_at=None, expires_at__gt=now
    )
    key = Keyring(settings.CLEANNET_DATA).signer()
    return [
        envelope.sign(_request(row).write(), key, envelope.key_id(key.public_key()), looks.REQUEST)
        for row in waiting.select_related("order").order_by("asked_at", "id")[:MOST_AT_ONCE]
    ]


def receive(*, data: bytes, viewer: Viewer, now: datetime) -> None:
    """Keep what an edge of the viewer's saw for a request made to it, beside and never instead of the hub's own looks.

    The same answer again changes nothing. Raises MessageRefused for what is not signed, not asked or too late.
    """
    edge, payload = watch.verified(data=data, kind=looks.RESULT, party=viewer.party, now=now)
    try:
        result = looks.read_result(payload)
    except BadMessage as error:
        raise MessageRefused("message.malformed", why=str(error)) from error
    if (result.edge, result.party) != (edge, viewer.party):
        raise MessageRefused("message.not_yours", edge=result.edge, party=result.party)
    if result.clock > now + watch.CLOCK_AHEAD:
        raise MessageRefused("message.clock_ahead", clock=result.clock, now=now)
    row = Inside.objects.filter(pk=result.id, edge=edge, order__party=viewer.party).select_related("order").first()
    if row is None:
        raise MessageRefused("message.not_asked", edge=edge)
    with transaction.atomic():
        if Inside.objects.filter(pk=row.pk, answered_at=None, expires_at__gt=now).update(answered_at=now) == 1:
            Sighting.objects.bulk_create(_sighting(row, result, one, now) for one in result.looks)
        elif Inside.objects.filter(pk=row.pk, answered_at=None).exists():
            raise MessageRefused("message.request_over", edge=edge)


def _request(row: Inside) -> looks.LookRequest:
    order = row.order
    return looks.LookRequest(
        row.id, row.edge, order.party, order.number, order.reach, order.target, row.asked_at, row.expires_at
    )


def _sighting(row: Inside, result: looks.LookResult, look: looks.Look, now: datetime) -> Sighting:
    return Sighting(
        order=row.order,
        kind=INSIDE,
        vantage=f"{row.edge} {look.vantage}".replace("\x00", "\ufffd"),
        decides=False,
        verdict=look.verdict,
        evidence={**written(look.evidence), "look": look.kind, "edge": row.edge, "clock": result.clock.isoformat()},
        seen_at=now,
    )

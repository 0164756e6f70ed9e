"""Look again after a verification, and let a person reopen what came back: nothing flips because a look said so."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from cleannet.formats import ledger_record
from cleannet.hub.disposal import queries, steps
from cleannet.hub.disposal.models import Order, Probe
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.grading import locked, standing
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties


def times(verified_at: datetime, days: Collection[int]) -> list[datetime]:
    """Return the moments at which it is looked again, in order."""
    return [verified_at + timedelta(days=day) for day in sorted(set(days))]


def schedule(order: Order, *, now: datetime) -> None:
    """Schedule the looks after an order was verified; call it in the transaction that verifies."""
    Order.objects.filter(pk=order.pk).update(watched_from=now)
    Probe.objects.bulk_create(
        Probe(key=f"{order.number}:again:{ledger_record.stamp(at)}", ready_at=at, order=order, scheduled=True)
        for at in times(now, settings.CLEANNET_RELAPSE_DAYS)
    )


def reopen(*, viewer: Viewer, case: str, reason: str, now: datetime) -> list[Order]:
    """Reopen what came back in a case, and the case where it was closed; the orders can then be issued again.

    Raises OrderRefused where nothing was seen again or no person gives a reason, IncidentRefused where the program has
    a newer case.
    """
    found = _relapsed(viewer, case, reason)
    with transaction.atomic():
        if cases.case(viewer, case).status != "open":
            incidents.reopen(viewer=viewer, case=case, reason=reason.strip(), now=now)
        locked(case)
        for order in found:
            steps.take(order, "relapse")
        _enter("order.reopened", viewer, case, found, reason, now)
    return found


def dismiss(*, viewer: Viewer, case: str, reason: str, now: datetime) -> list[Order]:
    """Say that what was seen again in a case is no relapse; it is watched on. Raises OrderRefused."""
    found = _relapsed(viewer, case, reason)
    with transaction.atomic():
        for order in found:
            if not Order.objects.filter(pk=order.pk, status="verified").update(watched_from=now):
                raise OrderRefused("order.no_relapse", case=case)
        _enter("order.relapse_dismissed", viewer, case, found, reason, now)
    return found


def _relapsed(viewer: Viewer, case: str, reason: str) -> list[Order]:
    found = queries.relapsed(viewer, case=cases.case(viewer, case).number)
    if not found:
        raise OrderRefused("order.no_relapse", case=case)
    if not viewer.person or not reason.strip():
        raise OrderRefused("order.relapse_reason_missing", case=case)
    return found


def _enter(kind: str, viewer: Viewer, case: str, orders: Sequence[Order], reason: str, now: datetime) -> None:
    ledger.enter(
        kind=kind,
        actor=parties.actor_of(viewer),
        happened_at=now,
        now=now,
        refs={"case": case},
        facts={
            "orders": [[order.number, order.target] for order in orders],
            "seen": [
                [one.order_id, one.kind, one.vantage, ledger_record.stamp(one.seen_at)]
                for order in orders
                for one in queries.returned(order)
            ],
        },
        text=reason.strip(),
        **standing(cases.case(viewer, case), now),
    )

"""What ends an order on the network: it is withdrawn, lifted after an appeal, its time is over, its case is annulled.

Each is an act of its own, told to the party it binds, and reaches every place the order reached. Whatever else is said
or seen of an order changes nothing of this, nor does closing its case.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby

from django.db import transaction

from cleannet.core.terms import CALENDAR, Grade
from cleannet.formats import ledger_record
from cleannet.hub.disposal import batch_steps, delivery, queries, steps
from cleannet.hub.disposal.models import Order
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.grading import standing
from cleannet.hub.incidents.queries import Notice
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties

MOST = 1000


def withdraw(*, viewer: Viewer, orders: Collection[str], reason: str, now: datetime) -> list[Order]:
    """Withdraw orders, all or none, whatever was fed back or verified, also after their case was closed.

    Only who issued them, or MIIT, may. The duty to feed back stays; what is withdrawn needs no answer in it. Raises
    OrderRefused.
    """
    found = own(viewer, orders)
    if not reason.strip():
        raise OrderRefused("order.reason_missing", orders=sorted(orders))
    with transaction.atomic():
        _end(found, "withdraw", "order.withdrawn", parties.actor_of(viewer), now, reason.strip())
    return list(Order.objects.filter(pk__in=[order.number for order in found]).order_by("number"))


def lift(*, viewer: Viewer, orders: Collection[str], reason: str, now: datetime) -> None:
    """Lift orders after an appeal (解封), wherever they reached; call it in the transaction of the decision.

    Raises OrderRefused for what another party issued.
    """
    found = own(viewer, orders)
    _end(found, "lift", "order.lifted", parties.actor_of(viewer), now, reason)


def prolong(*, viewer: Viewer, orders: Collection[str], until: datetime | None, now: datetime) -> list[Order]:
    """Let orders that stand expire at another moment, or never; raise OrderRefused.

    What is exempt may only end earlier: its end was part of the exception. Only a person lets an order stand longer.
    """
    found = own(viewer, orders)
    if until is not None and until <= now:
        raise OrderRefused("order.until_past", until=until)
    longer = [one for one in found if one.until is not None and (until is None or until > one.until)]
    exempt = next((one for one in longer if one.exempt), None)
    if exempt is not None:
        raise OrderRefused("order.exempt_fixed", order=exempt.number, until=exempt.until)
    if longer and not viewer.person:
        raise OrderRefused("order.no_person", party=viewer.party)
    numbers = [order.number for order in found]
    with transaction.atomic():
        if Order.objects.filter(pk__in=numbers, leaves=None).update(until=until) != len(numbers):
            ended = next(order for order in Order.objects.filter(pk__in=numbers).exclude(leaves=None))
            raise OrderRefused("order.stands_no_longer", order=ended.number, status=ended.status)
        facts = {"until": ledger_record.stamp(until) if until else None}
        _enter(found, "order.prolonged", parties.actor_of(viewer), now, facts=facts)
    return list(Order.objects.filter(pk__in=numbers).order_by("number"))


def expire(*, now: datetime) -> int:
    """End the orders whose time is over, and return how many; some are left for the next round where many are."""
    with transaction.atomic():
        over = Order.objects.select_for_update().filter(leaves=None, until__lte=now)
        found = list(over.order_by("until", "number")[:MOST])
        if found:
            _end(found, "expire", "order.expired", Actor(CALENDAR.key, CALENDAR.key), now)
    return len(found)


def annul(*, viewer: Viewer, case: str, now: datetime) -> None:
    """Annul a case as a second person; its orders are withdrawn and its drafts declined for the same reason.

    Raises IncidentRefused.
    """
    opened = cases.open_case(viewer, case)
    proposal = cases.annulment(viewer, opened)
    with transaction.atomic():
        if proposal:
            batch_steps.decline_all(viewer, opened, proposal.reason, now)
        incidents.confirm_annulment(viewer=viewer, case=case, now=now)
        found = list(Order.objects.filter(case=case, leaves=None).order_by("number"))
        if found and proposal:
            _end(found, "withdraw", "order.withdrawn", parties.actor_of(viewer), now, proposal.reason)


def own(viewer: Viewer, numbers: Collection[str]) -> list[Order]:
    """Return orders by number that the viewer's party issued, or any as MIIT; raise OrderRefused, or NoOrder."""
    found = list(queries.orders(viewer).filter(number__in=set(numbers)).order_by("number"))
    lacking = sorted(set(numbers) - {order.number for order in found})
    if lacking or not found:
        raise queries.NoOrder("order.unknown", order=next(iter(lacking), ""))
    for notice in sorted({order.notice for order in found}):
        issuer = cases.notice(viewer, notice).issuer
        if viewer.party != issuer and viewer.role != "miit":
            raise OrderRefused("order.issued_by_another", notice=notice, party=issuer)
    return found


def _end(orders: Sequence[Order], step: str, kind: str, actor: Actor, now: datetime, reason: str = "") -> None:
    columns = {"reason": reason} if reason else {}
    steps.take_all(orders, step, **columns)
    _enter(orders, kind, actor, now, text=reason)
    delivery.changed(leaving=orders, now=now)


def _enter(
    orders: Sequence[Order],
    kind: str,
    actor: Actor,
    now: datetime,
    *,
    text: str = "",
    facts: dict[str, str | None] | None = None,
) -> None:
    """Enter one act for each notice and party, told to the party."""
    everyone = queries.everyone()
    notices: dict[str, Notice] = {}
    by = sorted(orders, key=lambda order: (order.notice, order.party, order.number))
    for (number, party), own in groupby(by, key=lambda order: (order.notice, order.party)):
        notice = notices.setdefault(number, cases.notice(everyone, number))
        ledger.enter(
            kind=kind,
            actor=actor,
            happened_at=now,
            now=now,
            refs={"case": notice.case_id, "notice": number},
            grades={notice.policy: Grade(notice.grade)},
            recipients=(party,),
            text=text,
            facts={"orders": [[order.number, order.kind, order.target] for order in own], **(facts or {})},
            **standing(notice.case, now),
        )

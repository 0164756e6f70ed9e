"""Order, deliver to the network, acknowledge, issue again and close: each step its own act in the ledger."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from cleannet.core.allow import REASONS
from cleannet.core.terms import Grade
from cleannet.formats import rpz
from cleannet.hub.disposal import network, queries, resolution, routing, steps
from cleannet.hub.disposal.models import Delivery, Order
from cleannet.hub.disposal.routing import Routed
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.incidents import notices
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.first import First
from cleannet.hub.incidents.grading import standing
from cleannet.hub.incidents.queries import Case, Notice
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import work
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties
from cleannet.hub.programs import queries as programs

CHANNEL = "rpz"
MOST_DELAY = timedelta(minutes=10)
# Whom the law lets be ordered (545号 十一), and access and IDC providers, who are asked: no duty arises for them.
DISPOSERS = ("operator", "registry", "registrar", "cncert", "access", "idc")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Name one order to issue: who shall act on which target, and what that is; see programs.queries.Resource."""

    party: str
    kind: str
    target: str


def issue(
    *,
    viewer: Viewer,
    case: str,
    wanted: Collection[Wanted],
    now: datetime,
    changes: Mapping[str, str] | None = None,
    first: First | None = None,
) -> list[Order]:
    """Issue a notice with its orders on names, addresses and URLs; each is owed a feedback, a rule on a name delivered.

    What an allow-list holds or what cannot be written into a zone is refused, and then nothing is issued. In urgency
    the notice is told `first` by phone or mail (545号 十五).
    """
    found = cases.open_case(viewer, case)
    _check(viewer, found, wanted)
    draft = notices.Draft(
        viewer=viewer, case=case, addressees={one.party for one in wanted}, now=now, changes=changes or {}
    )
    prepared = None if first else draft.rendered()
    proposed = routing.routes(viewer, case)
    with transaction.atomic():
        notice = notices.issue(draft, prepared, first)
        return _issue(viewer, notice, sorted(set(wanted), key=lambda one: (one.party, one.target)), proposed, now)


def issue_again(*, viewer: Viewer, case: str, now: datetime) -> list[Order]:
    """Issue the orders of a case that failed verification, or were not carried out, again under a further notice."""
    failed = [order for order in queries.orders(viewer, case=case) if order.status in ("failed", "not_done")]
    if not failed:
        raise OrderRefused("order.nothing_failed", case=case)
    kinds = {(order.party, order.target): order.kind for order in failed}
    wanted = [Wanted(party, kind, target) for (party, target), kind in sorted(kinds.items())]
    _check(viewer, cases.open_case(viewer, case), wanted)
    draft = notices.Draft(viewer=viewer, case=case, addressees={one.party for one in wanted}, now=now, changes={})
    prepared = draft.rendered()
    proposed = routing.routes(viewer, case)
    with transaction.atomic():
        notice = notices.issue(draft, prepared)
        made = _issue(viewer, notice, wanted, proposed, now)
        successor = {(order.party, order.target): order for order in made}
        for order in failed:
            steps.take(order, "issue_again", again=successor[order.party, order.target])
        return made


def acknowledge(*, viewer: Viewer, order: str, now: datetime) -> None:
    """Sign for an order (签收), which starts and delays no clock."""
    found = queries.own_order(viewer, order)
    cases.open_case(viewer, found.case)
    with transaction.atomic():
        steps.take(found, "acknowledge")
        _enter("order.acknowledged", found, parties.actor_of(viewer), now)


def deliver(*, now: datetime, lease: timedelta) -> int:
    """Bring the order that has waited longest to the network; return 1 when one was ready, whether it arrived or not.

    One at a time, so that its lease begins when it is tried, however long those before it hung. A server that refuses
    or hangs leaves the delivery waiting with its last error, tried again ever later. What a case that ended still had
    waiting is given up.
    """
    row = work.claim(Delivery.objects.select_related("order"), now=now, lease=lease)
    if row is None:
        return 0
    if not cases.is_open(row.order.case):
        with transaction.atomic():
            if work.finish(row, now=now):
                Delivery.objects.filter(pk=row.pk).update(given_up=True)
        return 1
    primary = network.primary()
    try:
        if primary is None:
            raise resolution.DeliveryFailed("no primary is set; set CLEANNET_DNS_PRIMARY and its key")
        resolution.publish(primary, [row.order.target], timeout=settings.CLEANNET_DNS_SECONDS)
    except resolution.DeliveryFailed as error:
        delay = min(MOST_DELAY, timedelta(seconds=2 ** min(row.attempts, 10)))
        work.postpone(row, until=now + delay, failure=str(error))
        return 1
    with transaction.atomic():
        if work.finish(row, now=now):
            owner = parties.party(row.order.party)
            _enter("order.delivered", row.order, Actor(owner.code, owner.role), now, key=f"delivered:{row.key}")
    return 1


def close(*, viewer: Viewer, case: str, now: datetime) -> None:
    """Close a case whose orders are all verified as gone, or were issued again."""

    def settled() -> None:
        waiting = sorted(order.target for order in queries.orders(viewer, case=case) if order.status not in steps.FINAL)
        if waiting:
            raise OrderRefused("order.not_verified", case=case, targets=waiting)

    settled()
    incidents.close(viewer=viewer, case=case, now=now, settled=settled)


def _check(viewer: Viewer, case: Case, wanted: Collection[Wanted]) -> None:
    if not wanted:
        raise OrderRefused("order.nothing_wanted", case=case.number)
    if len({(one.party, one.target) for one in wanted}) < len(wanted):
        raise OrderRefused("order.wanted_twice", case=case.number)
    disposers = parties.names({one.party for one in wanted})
    idle = sorted(code for code, party in disposers.items() if party.role not in DISPOSERS)
    if idle:
        raise OrderRefused("order.cannot_dispose", parties=idle)
    resources = {one.target: one for one in programs.resources(viewer, case.program)}
    for one in wanted:
        known = resources.get(one.target)
        if known is None:
            raise OrderRefused("order.not_a_resource", target=one.target, program=case.program)
        if one.kind != known.kind:
            raise OrderRefused("order.another_kind", target=one.target, kind=known.kind)
        if known.held or known.reach == "nothing":
            why = REASONS[known.reason]
            raise OrderRefused("order.held_by_allow_list", target=one.target, reason=f"{why.zh} {why.en}")
        if known.reach != "name":
            continue
        try:
            rpz.owners(one.target, settings.CLEANNET_DNS_ZONE)
        except rpz.CannotBlock as error:
            raise OrderRefused("order.cannot_block", target=one.target, why=str(error)) from error


def _issue(
    viewer: Viewer, notice: Notice, wanted: Sequence[Wanted], proposed: Sequence[Routed], now: datetime
) -> list[Order]:
    reaches = {one.resource.target: one.resource.reach for one in proposed}
    made = [
        Order(
            number=f"{notice.number}-{place:02}",
            case=notice.case_id,
            notice=notice.number,
            party=one.party,
            kind=one.kind,
            target=one.target,
            reach=reaches[one.target],
            issued_at=now,
        )
        for place, one in enumerate(wanted, 1)
    ]
    Order.objects.bulk_create(made)
    why = routing.keep(viewer, made, proposed, now)
    # A registry or registrar acts on the domain itself; only an operator's resolvers take rules, and only of names.
    operators = {code for code, party in parties.names(notice.addressees).items() if party.role == "operator"}
    Delivery.objects.bulk_create(
        Delivery(key=f"{order.number}:{CHANNEL}", ready_at=now, order=order, channel=CHANNEL)
        for order in made
        if order.party in operators and order.reach == "name"
    )
    for party in sorted({order.party for order in made}):
        ledger.enter(
            kind="order.issued",
            actor=parties.actor_of(viewer),
            happened_at=now,
            now=now,
            refs={"case": notice.case_id, "notice": notice.number},
            grades={notice.policy: Grade(notice.grade)},
            recipients=(party,),
            facts={
                "orders": [[order.number, order.kind, order.target] for order in made if order.party == party],
                "routes": {order.number: why[order.number] for order in made if order.party == party},
            },
            **standing(notice.case, now),
        )
    return made


def _enter(kind: str, order: Order, actor: Actor, now: datetime, key: str = "") -> None:
    ledger.enter(
        kind=kind,
        actor=actor,
        happened_at=now,
        now=now,
        refs={"case": order.case, "notice": order.notice},
        facts={"order": order.number, "target": order.target},
        key=key,
        **parties.standing(now=now, case=order.case),
    )

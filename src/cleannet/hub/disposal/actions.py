"""Order, deliver to the network, acknowledge, issue again and close: each step its own act in the ledger."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from django.db import transaction

from cleannet.core.terms import Grade
from cleannet.hub.disposal import batch_steps, delivery, orderable, queries, routing, steps
from cleannet.hub.disposal.models import Order
from cleannet.hub.disposal.orderable import Exemption as Exemption
from cleannet.hub.disposal.orderable import Wanted as Wanted
from cleannet.hub.disposal.routing import Routed
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.incidents import notices
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.first import First
from cleannet.hub.incidents.grading import standing
from cleannet.hub.incidents.queries import Notice
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties
from cleannet.hub.programs.queries import Resource

# Why what waits is declined with its case.
CLOSED = "案件已关闭 the case was closed"


def issue(
    *,
    viewer: Viewer,
    case: str,
    wanted: Collection[Wanted],
    now: datetime,
    changes: Mapping[str, str] | None = None,
    first: First | None = None,
    until: datetime | None = None,
    exempt: Collection[Exemption] = (),
    within: Callable[[Notice], None] = lambda notice: None,
) -> list[Order]:
    """Issue a notice with its orders on names, addresses and URLs; each is owed a feedback, a rule on a name delivered.

    They stand until they are withdrawn, or `until` a moment. What an allow-list holds and is not `exempt`, what cannot
    be written into a zone, or what stands already in the case is refused, and then nothing is issued. In urgency the
    notice is told `first` by phone or mail (545号 十五). `within` is called inside the transaction and may refuse, too.
    See `batches` for who may.
    """
    found = cases.open_case(viewer, case)
    resources = orderable.check(viewer, found, wanted, now, until, exempt)
    proposed = routing.routes(viewer, case, now=now)
    draft = notices.Draft(
        viewer=viewer,
        case=case,
        addressees={one.party for one in wanted},
        now=now,
        changes=changes or {},
        servers=routing.servers(proposed, resources),
    )
    prepared = None if first else draft.rendered()
    with transaction.atomic():
        notice = notices.issue(draft, prepared, first)
        # Asked with the row of the case locked, so that two of the same are never issued at once.
        orderable.refuse_standing(case, wanted)
        ordered = sorted(set(wanted), key=lambda one: (one.party, one.target))
        made = _issue(viewer, notice, ordered, resources, proposed, now, until, exempt)
        delivery.changed(entering=made, now=now)
        within(notice)
        return made


def failed_orders(viewer: Viewer, case: str) -> list[Order]:
    """Return the orders of a case that failed verification or were not carried out."""
    return [order for order in queries.orders(viewer, case=case) if order.status in steps.STEPS["issue_again"]]


def wanted_again(viewer: Viewer, case: str, now: datetime) -> tuple[list[Wanted], list[Exemption], dict[str, Resource]]:
    """Return what failed as what is to be ordered again, what of it is exempt, and on what; raise OrderRefused."""
    failed = failed_orders(viewer, case)
    if not failed:
        raise OrderRefused("order.nothing_failed", case=case)
    wanted = [Wanted(order.party, order.kind, order.target) for order in failed]
    wanted.sort(key=lambda one: (one.party, one.target))
    exempt: dict[str, Exemption] = {}
    for order in failed:
        # Where parties have the same target until different moments, the exception ends at the first.
        if order.exempt and order.until and (order.target not in exempt or order.until < exempt[order.target].until):
            exempt[order.target] = Exemption(order.target, order.exempt, order.until)
    resources = orderable.check(viewer, cases.open_case(viewer, case), wanted, now, None, exempt.values())
    return wanted, list(exempt.values()), resources


def issue_again(
    *, viewer: Viewer, case: str, now: datetime, within: Callable[[Notice], None] = lambda notice: None
) -> list[Order]:
    """Issue the orders of a case that failed verification, or were not carried out, again under a further notice.

    What was exempt stays so. `within` is called inside the transaction and may refuse, too.
    """
    failed = failed_orders(viewer, case)
    wanted, exempt, resources = wanted_again(viewer, case, now)
    proposed = routing.routes(viewer, case, now=now)
    draft = notices.Draft(
        viewer=viewer,
        case=case,
        addressees={one.party for one in wanted},
        now=now,
        changes={},
        servers=routing.servers(proposed, resources),
    )
    prepared = draft.rendered()
    with transaction.atomic():
        notice = notices.issue(draft, prepared)
        made = _issue(viewer, notice, wanted, resources, proposed, now, None, exempt)
        successor = {(order.party, order.target): order for order in made}
        for order in failed:
            after = successor[order.party, order.target]
            steps.take(order, "issue_again", again=after)
            if order.until and order.until > now:
                after.until = order.until
        Order.objects.bulk_update(made, ["until"])
        delivery.changed(entering=made, leaving=failed, now=now)
        within(notice)
        return made


def acknowledge(*, viewer: Viewer, order: str, now: datetime) -> None:
    """Sign for an order (签收), which starts and delays no clock."""
    found = queries.own_order(viewer, order)
    cases.open_case(viewer, found.case)
    with transaction.atomic():
        steps.take(found, "acknowledge")
        ledger.enter(
            kind="order.acknowledged",
            actor=parties.actor_of(viewer),
            happened_at=now,
            now=now,
            refs={"case": found.case, "notice": found.notice},
            facts={"order": found.number, "target": found.target},
            **parties.standing(now=now, case=found.case),
        )


def close(*, viewer: Viewer, case: str, now: datetime) -> None:
    """Close a case whose orders are all verified as gone, or were issued again; drafts that wait are declined."""

    def settled() -> None:
        waiting = sorted(order.target for order in queries.orders(viewer, case=case) if order.status not in steps.FINAL)
        if waiting:
            raise OrderRefused("order.not_verified", case=case, targets=waiting)

    def settle() -> None:
        settled()
        batch_steps.decline_all(viewer, cases.case(viewer, case), CLOSED, now)

    settled()
    incidents.close(viewer=viewer, case=case, now=now, settled=settle)


def _issue(
    viewer: Viewer,
    notice: Notice,
    wanted: Sequence[Wanted],
    resources: Mapping[str, Resource],
    proposed: Sequence[Routed],
    now: datetime,
    until: datetime | None,
    exempt: Collection[Exemption],
) -> list[Order]:
    # A registry or registrar acts on the domain itself; only an operator's resolvers take rules, and only of names.
    operators = {code for code, party in parties.names(notice.addressees).items() if party.role == "operator"}
    exempted = {one.target: one for one in exempt}
    made = [
        Order(
            number=f"{notice.number}-{place:02}",
            case=notice.case_id,
            notice=notice.number,
            party=one.party,
            kind=one.kind,
            target=one.target,
            reach=resources[one.target].reach,
            issued_at=now,
            until=until,
        )
        for place, one in enumerate(wanted, 1)
    ]
    for order in made:
        order.in_zone = order.reach == "name" and order.party in operators
        if exemption := exempted.get(order.target):
            order.exempt = exemption.reason.strip()
            order.until = min(exemption.until, until or exemption.until)
    Order.objects.bulk_create(made)
    why = routing.keep(viewer, made, proposed, now)
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
                "exempt": {order.number: order.exempt for order in made if order.party == party and order.exempt},
                "routes": {order.number: why[order.number] for order in made if order.party == party},
            },
            **standing(notice.case, now),
        )
    return made

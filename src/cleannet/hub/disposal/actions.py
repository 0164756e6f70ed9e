"""Order, deliver to the network, acknowledge, issue again and close: each step its own act in the ledger."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db import transaction

from cleannet.core import space
from cleannet.core.allow import REASONS
from cleannet.core.terms import Grade
from cleannet.formats import rpz
from cleannet.hub.disposal import delivery, queries, routing, steps
from cleannet.hub.disposal.models import Order
from cleannet.hub.disposal.routing import Routed
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.incidents import notices
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.first import First
from cleannet.hub.incidents.grading import standing
from cleannet.hub.incidents.queries import Case, Notice
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties
from cleannet.hub.programs import queries as programs
from cleannet.hub.programs.queries import Resource

# Whom the law lets be ordered (545号 十一), and access and IDC providers, who are asked: no duty arises for them.
DISPOSERS = ("operator", "registry", "registrar", "cncert", "access", "idc")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Name one order to issue: who shall act on which target, and what that is; see programs.queries.Resource."""

    party: str
    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class Exemption:
    """Let one name or address be ordered although an allow-list or its neighbours hold it: why, and until when."""

    target: str
    reason: str
    until: datetime


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

    They stand until they are withdrawn, or `until` a moment. What an allow-list holds and is not `exempt`, or what
    cannot be written into a zone is refused, and then nothing is issued. In urgency the notice is told `first` by phone
    or mail (545号 十五). `within` is called inside the transaction and may refuse, too. See `batches` for who may.
    """
    found = cases.open_case(viewer, case)
    resources = check(viewer, found, wanted, now, until, exempt)
    draft = notices.Draft(
        viewer=viewer, case=case, addressees={one.party for one in wanted}, now=now, changes=changes or {}
    )
    prepared = None if first else draft.rendered()
    proposed = routing.routes(viewer, case)
    with transaction.atomic():
        notice = notices.issue(draft, prepared, first)
        ordered = sorted(set(wanted), key=lambda one: (one.party, one.target))
        made = _issue(viewer, notice, ordered, resources, proposed, now, until, exempt)
        delivery.changed(entering=made, now=now)
        within(notice)
        return made


def failed_orders(viewer: Viewer, case: str) -> list[Order]:
    """Return the orders of a case that failed verification or were not carried out; raise OrderRefused for none."""
    failed = [order for order in queries.orders(viewer, case=case) if order.status in steps.STEPS["issue_again"]]
    if not failed:
        raise OrderRefused("order.nothing_failed", case=case)
    return failed


def wanted_again(orders: Collection[Order]) -> list[Wanted]:
    """Return what is to be ordered again, each target of a party once."""
    kinds = {(order.party, order.target): order.kind for order in orders}
    return [Wanted(party, kind, target) for (party, target), kind in sorted(kinds.items())]


def issue_again(
    *, viewer: Viewer, case: str, now: datetime, within: Callable[[Notice], None] = lambda notice: None
) -> list[Order]:
    """Issue the orders of a case that failed verification, or were not carried out, again under a further notice.

    What was exempt stays so. `within` is called inside the transaction and may refuse, too.
    """
    failed = failed_orders(viewer, case)
    wanted = wanted_again(failed)
    exempt = [Exemption(order.target, order.exempt, order.until) for order in failed if order.exempt and order.until]
    resources = check(viewer, cases.open_case(viewer, case), wanted, now, None, exempt)
    draft = notices.Draft(viewer=viewer, case=case, addressees={one.party for one in wanted}, now=now, changes={})
    prepared = draft.rendered()
    proposed = routing.routes(viewer, case)
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
    """Close a case whose orders are all verified as gone, or were issued again."""

    def settled() -> None:
        waiting = sorted(order.target for order in queries.orders(viewer, case=case) if order.status not in steps.FINAL)
        if waiting:
            raise OrderRefused("order.not_verified", case=case, targets=waiting)

    settled()
    incidents.close(viewer=viewer, case=case, now=now, settled=settled)


def check(
    viewer: Viewer,
    case: Case,
    wanted: Collection[Wanted],
    now: datetime,
    until: datetime | None = None,
    exempt: Collection[Exemption] = (),
) -> dict[str, Resource]:
    """Return what is wanted as it may be ordered, by target; raise OrderRefused for what may not."""
    if not wanted:
        raise OrderRefused("order.nothing_wanted", case=case.number)
    if len({(one.party, one.target) for one in wanted}) < len(wanted):
        raise OrderRefused("order.wanted_twice", case=case.number)
    disposers = parties.names({one.party for one in wanted})
    idle = sorted(code for code, party in disposers.items() if party.role not in DISPOSERS)
    if idle:
        raise OrderRefused("order.cannot_dispose", parties=idle)
    if until is not None and until <= now:
        raise OrderRefused("order.until_past", until=until)
    found = programs.resources(viewer, case.program)
    resources = {one.target: one for one in found} | _exempted(found, wanted, now, exempt)
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
            rpz.owners(one.target, max(settings.CLEANNET_DNS_ZONE, settings.CLEANNET_DNS_BULK_ZONE, key=len))
        except rpz.CannotBlock as error:
            raise OrderRefused("order.cannot_block", target=one.target, why=str(error)) from error
    return resources


def _exempted(
    found: Collection[Resource], wanted: Collection[Wanted], now: datetime, exempt: Collection[Exemption]
) -> dict[str, Resource]:
    """Return, by target, the resources that an exemption lets be ordered by their name or address after all."""
    by_host = {one.host: one for one in found if one.host}
    targets = {one.target for one in wanted}
    made = {}
    for one in exempt:
        if one.target not in targets or one.target not in by_host:
            raise OrderRefused("order.exempt_for_nothing", target=one.target)
        if not one.reason.strip():
            raise OrderRefused("order.exempt_without_reason", target=one.target)
        if one.until <= now:
            raise OrderRefused("order.until_past", until=one.until)
        made[one.target] = replace(by_host[one.target], target=one.target, reach=reach_of(one.target), held=False)
    return made


def reach_of(host: str) -> str:
    """Return how far an order on a whole host reaches: name or address."""
    return "name" if space.network(host) is None else "address"


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

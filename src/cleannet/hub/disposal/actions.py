"""Order, deliver to the network, acknowledge, issue again and close: each step its own act in the ledger."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from cleannet.core.allow import REASONS
from cleannet.core.terms import Grade
from cleannet.formats import rpz
from cleannet.hub.disposal import delivery, queries, steps
from cleannet.hub.disposal.models import Order
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

# Whom the law lets be ordered (545号 十一); access and IDC providers get requests without a duty.
DISPOSERS = ("operator", "registry", "registrar", "cncert")


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
    until: datetime | None = None,
) -> list[Order]:
    """Issue a notice with its orders to block names; each is delivered to the network and owed a feedback.

    They stand until they are withdrawn, or `until` a moment. What an allow-list holds or what cannot be written into a
    zone is refused, and then nothing is issued. In urgency the notice is told `first` by phone or mail (545号 十五).
    """
    found = cases.open_case(viewer, case)
    _check(viewer, found, wanted)
    if until is not None and until <= now:
        raise OrderRefused("order.until_past", until=until)
    draft = notices.Draft(
        viewer=viewer, case=case, addressees={one.party for one in wanted}, now=now, changes=changes or {}
    )
    prepared = None if first else draft.rendered()
    with transaction.atomic():
        notice = notices.issue(draft, prepared, first)
        made = _issue(viewer, notice, sorted(set(wanted), key=lambda one: (one.party, one.target)), now, until)
        delivery.changed(entering=made, now=now)
        return made


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
    with transaction.atomic():
        notice = notices.issue(draft, prepared)
        made = _issue(viewer, notice, wanted, now)
        successor = {(order.party, order.target): order for order in made}
        for order in failed:
            after = successor[order.party, order.target]
            steps.take(order, "issue_again", again=after)
            if order.until and order.until > now:
                after.until = order.until
        Order.objects.bulk_update(made, ["until"])
        delivery.changed(entering=made, leaving=failed, now=now)
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
        if known.held or known.reach != "name":
            why = REASONS[known.reason]
            raise OrderRefused("order.held_by_allow_list", target=one.target, reason=f"{why.zh} {why.en}")
        try:
            rpz.owners(one.target, max(settings.CLEANNET_DNS_ZONE, settings.CLEANNET_DNS_BULK_ZONE, key=len))
        except rpz.CannotBlock as error:
            raise OrderRefused("order.cannot_block", target=one.target, why=str(error)) from error


def _issue(
    viewer: Viewer, notice: Notice, wanted: Sequence[Wanted], now: datetime, until: datetime | None = None
) -> list[Order]:
    # A registry or registrar acts on the domain itself; only an operator's resolvers take rules.
    operators = {code for code, party in parties.names(notice.addressees).items() if party.role == "operator"}
    made = [
        Order(
            number=f"{notice.number}-{place:02}",
            case=notice.case_id,
            notice=notice.number,
            party=one.party,
            kind=one.kind,
            target=one.target,
            reach="name",
            issued_at=now,
            until=until,
        )
        for place, one in enumerate(wanted, 1)
    ]
    for order in made:
        order.in_zone = order.reach == "name" and order.party in operators
    Order.objects.bulk_create(made)
    for party in sorted({order.party for order in made}):
        ledger.enter(
            kind="order.issued",
            actor=parties.actor_of(viewer),
            happened_at=now,
            now=now,
            refs={"case": notice.case_id, "notice": notice.number},
            grades={notice.policy: Grade(notice.grade)},
            recipients=(party,),
            facts={"orders": [[order.number, order.kind, order.target] for order in made if order.party == party]},
            **standing(notice.case, now),
        )
    return made

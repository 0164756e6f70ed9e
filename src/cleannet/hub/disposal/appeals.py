"""申诉, 解封: somebody says an order wrongs him; another person reviews it, lifts the orders or not, and why is told.

545号 十三: who takes a complaint settles it. What came with it is kept apart (`enclosures`) and erased as
long after the answer as papers are after the last act on a case.
"""

import re
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from cleannet.core.clock import BEIJING
from cleannet.core.indicator import NotUnderstood, parse
from cleannet.core.refusal import Refusal
from cleannet.hub.blobs import actions as blobs
from cleannet.hub.disposal import enclosures, life, queries
from cleannet.hub.disposal.enclosures import Applicant, Material
from cleannet.hub.disposal.models import Appeal as Appeal
from cleannet.hub.disposal.models import Order
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.grading import laws, standing
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import actions as papers
from cleannet.hub.parties import queries as parties

OPEN, GRANTED, REJECTED, ANSWERED = "open", "granted", "rejected", "answered"
TAKERS = ("cncert", "operator", "registry", "registrar")
# What a person has done who had a part in orders; a draft names its batch, all later ones its notice.
PARTS = ("order.drafted", "order.issued", "order.issued_alone", "order.confirmed")


class NoAppeal(Refusal):
    """Say that there is no such appeal for this viewer: `appeal.unknown`."""


def receive(
    *,
    viewer: Viewer,
    target: str,
    grounds: str,
    applicant: Applicant,
    received_at: datetime,
    now: datetime,
    materials: Collection[Material] = (),
) -> Appeal:
    """Take an appeal against the orders that stand on a target, which begins the duty to settle it (545号 十三).

    The target may be written as people do: as a URL of it, defanged, in capitals. Raises OrderRefused where no order
    stands on it as far as the viewer sees, or something is missing.
    """
    words = enclosures.words(grounds, applicant)
    if viewer.role not in TAKERS:
        raise OrderRefused("appeal.not_taken_here", role=viewer.role)
    found = _standing(viewer, target)
    if not found:
        raise OrderRefused("appeal.nothing_stands", target=target)
    if received_at > now:
        raise OrderRefused("feedback.in_future", at=received_at)
    case = cases.case(viewer, found[0].case)
    stored = enclosures.put(words, materials, now=now)
    year = now.astimezone(BEIJING).year
    with transaction.atomic():
        for ref in stored:
            blobs.keep(ref=ref, until=None)
        number = f"{viewer.party}-complaint-{year}-{papers.next_number(f'complaint:{viewer.party}:{year}')}"
        made = Appeal.objects.create(
            number=number,
            case=case.number,
            party=viewer.party,
            target=found[0].target,
            orders=[order.number for order in found],
            said=stored[0],
            materials=stored[1:],
            received_at=received_at,
            received_by=viewer.person,
        )
        ledger.enter(
            kind="complaint.received",
            actor=parties.actor_of(viewer),
            happened_at=received_at,
            received_at=received_at,
            now=now,
            refs={"case": case.number, "complaint": number},
            recipients=sorted({_issuer(viewer, order) for order in found} - {viewer.party}),
            province=viewer.province,
            facts={"target": made.target, "orders": made.orders},
            blobs=stored,
            **standing(case, now, of=viewer.party, started=received_at),
        )
    return made


def decide(*, viewer: Viewer, appeal: str, grant: bool, reason: str, remedy: str, now: datetime) -> Appeal:
    """Review an appeal: lift what stands on its target, or let it stand; with the reason and the remedy to be told.

    Only who issued the orders it is against and those that stand now decides, or MIIT. Nobody reviews orders he
    drafted, issued or confirmed himself, also if they were withdrawn since, nor an appeal he took. Raises OrderRefused.
    """
    found = one(viewer, appeal)
    if not reason.strip() or not remedy.strip():
        raise OrderRefused("appeal.reason_missing", appeal=appeal)
    orders = life.own(viewer, against(viewer, found).values_list("number", flat=True))
    _another(viewer, found, orders)
    left = [order.number for order in orders if order.leaves is None]
    case = cases.case(viewer, found.case)
    with transaction.atomic():
        _take(found, OPEN, GRANTED if grant else REJECTED, reason=reason.strip(), remedy=remedy.strip())
        ledger.enter(
            kind="appeal.decided",
            actor=parties.actor_of(viewer),
            happened_at=now,
            now=now,
            refs={"case": found.case, "complaint": found.number},
            recipients=sorted({found.party, *(order.party for order in orders if grant)} - {viewer.party}),
            text=reason.strip(),
            facts={"granted": grant, "remedy": remedy.strip(), "orders": [order.number for order in orders]},
            **standing(case, now),
        )
        if grant and left:
            life.lift(viewer=viewer, orders=left, reason=reason.strip(), now=now)
    return one(viewer, appeal)


def answer(*, viewer: Viewer, appeal: str, answered_at: datetime, now: datetime) -> Appeal:
    """Record that the applicant was told the result, its reason and his remedy, which settles the complaint.

    Only the party that took the appeal answers. Raises OrderRefused.
    """
    found = one(viewer, appeal)
    if found.party != viewer.party:
        raise OrderRefused("appeal.anothers", appeal=appeal, party=found.party)
    if answered_at > now:
        raise OrderRefused("feedback.in_future", at=answered_at)
    case = cases.case(viewer, found.case)
    with transaction.atomic():
        decided = Appeal.objects.filter(pk=appeal, status__in=(GRANTED, REJECTED))
        if not decided.update(status=ANSWERED, granted=found.status == GRANTED, answered_at=answered_at):
            raise OrderRefused("appeal.out_of_turn", appeal=appeal, status=found.status)
        papers.end_keeping_of(refs=[found.said, *found.materials], laws=laws(case), last_act=now)
        ledger.enter(
            kind="complaint.settled",
            actor=parties.actor_of(viewer),
            happened_at=answered_at,
            now=now,
            refs={"case": found.case, "complaint": found.number},
            province=viewer.province,
            text=f"{found.reason}\n{found.remedy}",
            facts={"granted": found.status == GRANTED},
            **standing(case, now, of=viewer.party),
        )
    return one(viewer, appeal)


def appeals(viewer: Viewer, *, case: str | None = None) -> QuerySet[Appeal]:
    """Return the appeals the viewer may see, the newest first: its own party's, MIIT and CNCERT all."""
    found = Appeal.objects.order_by("-received_at", "-number")
    if case is not None:
        found = found.filter(case=case)
    return found if viewer.sees_all else found.filter(party=viewer.party)


def one(viewer: Viewer, number: str) -> Appeal:
    """Return one appeal; raise NoAppeal."""
    found = appeals(viewer).filter(number=number).first()
    if found is None:
        raise NoAppeal("appeal.unknown", appeal=number)
    return found


def against(viewer: Viewer, appeal: Appeal) -> QuerySet[Order]:
    """Return the orders that are judged with an appeal: those it is against, and what stands on its target now."""
    named = Q(number__in=appeal.orders) | Q(target=appeal.target, leaves=None)
    return queries.orders(viewer).filter(named).order_by("number")


def waiting(viewer: Viewer) -> QuerySet[Appeal]:
    """Return the appeals that wait for their review, the oldest first, for those who may review; else none."""
    found = appeals(viewer).filter(status=OPEN).order_by("received_at", "number")
    return found if viewer.may("order") else found.none()


def _standing(viewer: Viewer, target: str) -> list[Order]:
    """Return the orders that stand on a target however it is written, on the host of a URL where none is on the URL."""
    text = target.strip().replace("[.]", ".")
    written = [text]
    try:
        pattern = parse(re.sub(r"^hxxp", "http", text, flags=re.IGNORECASE))
        written += [pattern.text, pattern.host]
    except NotUnderstood:
        pass
    found = list(queries.orders(viewer).filter(target__in=written, leaves=None).order_by("number"))
    named = next((one for one in written if any(order.target == one for order in found)), "")
    return [order for order in found if order.target == named]


def _issuer(viewer: Viewer, order: Order) -> str:
    return cases.notice(viewer, order.notice).issuer


def _another(viewer: Viewer, appeal: Appeal, orders: Collection[Order]) -> None:
    """Refuse who had a part in what is reviewed, and a program."""
    if not viewer.person:
        raise OrderRefused("order.no_person", party=viewer.party)
    notices = {order.notice for order in orders}
    own = ledger_queries.entries(viewer).filter(case__in={order.case for order in orders}, kind__in=PARTS)
    acts = [(entry.person, entry.refs.get("notice"), entry.facts.get("batch")) for entry in own]
    batches = {batch for _person, notice, batch in acts if batch and notice in notices}
    part = {person for person, notice, batch in acts if notice in notices or batch in batches}
    if viewer.person in part | {appeal.received_by}:
        raise OrderRefused("appeal.had_a_part", appeal=appeal.number)


def _take(appeal: Appeal, before: str, after: str, **columns: str) -> None:
    if Appeal.objects.filter(pk=appeal.number, status=before).update(status=after, **columns) != 1:
        raise OrderRefused("appeal.out_of_turn", appeal=appeal.number, status=appeal.status)

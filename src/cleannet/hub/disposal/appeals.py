"""申诉, 解封: somebody says an order wrongs him; another person reviews it, lifts the orders or not, and why is told.

545号 十三: who takes a complaint settles it. The applicant's name and how to reach him are kept apart and encrypted,
and erased as long after the answer as papers are after the last act on a case.
"""

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from cleannet.core.clock import BEIJING
from cleannet.core.refusal import Refusal
from cleannet.hub.blobs import actions as blobs
from cleannet.hub.blobs import queries as kept
from cleannet.hub.disposal import life, queries
from cleannet.hub.disposal.models import Appeal as Appeal
from cleannet.hub.disposal.models import Batch, Order
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.grading import laws, standing
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import actions as papers
from cleannet.hub.parties import queries as parties

OPEN, GRANTED, REJECTED, ANSWERED = "open", "granted", "rejected", "answered"
TAKERS = ("cncert", "operator", "registry", "registrar")
MOST_FILES, MOST_BYTES = 10, 20 * 2**20
MOST_ERASED = 100
KIND = "appeal"


class NoAppeal(Refusal):
    """Say that there is no such appeal for this viewer: `appeal.unknown`."""


@dataclass(frozen=True, slots=True)
class Material:
    """Hold one file that came with an appeal, by the name it came under."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Applicant:
    """Say who appeals and how the answer reaches him."""

    name: str
    contact: str


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

    Raises OrderRefused where no order stands on it as far as the viewer sees, or something is missing.
    """
    lacking = [name for name, text in _said(grounds, applicant).items() if not text]
    if lacking:
        raise OrderRefused("appeal.lacking", fields=lacking)
    if viewer.role not in TAKERS:
        raise OrderRefused("appeal.not_taken_here", role=viewer.role)
    found = list(queries.orders(viewer).filter(target=target.strip(), leaves=None).order_by("number"))
    if not found:
        raise OrderRefused("appeal.nothing_stands", target=target)
    if received_at > now:
        raise OrderRefused("feedback.in_future", at=received_at)
    if len(materials) > MOST_FILES or any(len(one.content) > MOST_BYTES for one in materials):
        raise OrderRefused("appeal.too_much", files=MOST_FILES, mebibytes=MOST_BYTES // 2**20)
    case = cases.case(viewer, found[0].case)
    # What is kept of two appeals is never one blob: each is erased in its own time.
    year, own = now.astimezone(BEIJING).year, secrets.token_hex(8)
    said = json.dumps({**_said(grounds, applicant), "id": own}, ensure_ascii=False).encode()
    stored = [blobs.put(said, kind=KIND, now=now).ref]
    stored += [blobs.put(one.content, kind=f"{KIND}.{own}", now=now).ref for one in materials]
    with transaction.atomic():
        number = f"{viewer.party}-complaint-{year}-{papers.next_number(f'complaint:{viewer.party}:{year}')}"
        made = Appeal.objects.create(
            number=number,
            case=case.number,
            party=viewer.party,
            target=found[0].target,
            said=stored[0],
            materials=[[one.name, ref] for one, ref in zip(materials, stored[1:], strict=True)],
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
            facts={"target": made.target, "orders": [order.number for order in found]},
            blobs=stored,
            **standing(case, now, of=viewer.party, started=received_at),
        )
    return made


def decide(*, viewer: Viewer, appeal: str, grant: bool, reason: str, remedy: str, now: datetime) -> Appeal:
    """Review an appeal: lift the orders on its target, or let them stand; with the reason and the remedy to be told.

    Nobody reviews orders he drafted, issued or confirmed himself, nor an appeal he took. Raises OrderRefused.
    """
    found = one(viewer, appeal)
    if not reason.strip() or not remedy.strip():
        raise OrderRefused("appeal.reason_missing", appeal=appeal)
    orders = list(queries.orders(viewer).filter(target=found.target, leaves=None).order_by("number"))
    _another(viewer, found, orders)
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
        if grant and orders:
            life.lift(viewer=viewer, orders=orders, reason=reason.strip(), now=now)
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
        papers.end_keeping_of(refs=refs(found), laws=laws(case), last_act=now)
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


def said(appeal: Appeal) -> Mapping[str, str]:
    """Return what the applicant said and who he is; empty once it is erased."""
    try:
        return dict(json.loads(kept.get(appeal.said)))
    except kept.BlobGone:
        return {}


def material(viewer: Viewer, number: str, place: int) -> Material:
    """Return one file of an appeal; raise NoAppeal where there is none any more."""
    found = one(viewer, number)
    try:
        name, ref = found.materials[place]
        return Material(name, kept.get(ref))
    except (IndexError, kept.BlobGone) as error:
        raise NoAppeal("appeal.unknown", appeal=number) from error


def refs(appeal: Appeal) -> list[str]:
    """Return the references of all that came with an appeal."""
    return [appeal.said, *(ref for _name, ref in appeal.materials)]


def erase_expired(*, now: datetime) -> int:
    """Erase what came with appeals whose time is over, each whole and with its entry; return how many."""
    ripe = kept.erasable(now, kinds=[KIND])[:MOST_ERASED]
    done = 0
    for appeal in Appeal.objects.filter(said__in=ripe, erased_at=None).order_by("number"):
        with transaction.atomic():
            for ref in refs(appeal):
                blobs.erase(ref=ref, now=now)
            Appeal.objects.filter(pk=appeal.pk).update(erased_at=now)
            ledger.enter(
                kind="blob.erased",
                actor=Actor(settings.CLEANNET_PARTY, settings.CLEANNET_ROLE),
                happened_at=now,
                now=now,
                refs={"case": appeal.case, "complaint": appeal.number},
                blobs=refs(appeal),
                key=f"erased:{appeal.number}",
                **parties.standing(now=now, case=appeal.case),
            )
        done += 1
    return done


def _said(grounds: str, applicant: Applicant) -> dict[str, str]:
    return {"grounds": grounds.strip(), "applicant": applicant.name.strip(), "contact": applicant.contact.strip()}


def _issuer(viewer: Viewer, order: Order) -> str:
    return cases.notice(viewer, order.notice).issuer


def _another(viewer: Viewer, appeal: Appeal, orders: Collection[Order]) -> None:
    """Refuse who had a part in what is reviewed, and a program."""
    if not viewer.person:
        raise OrderRefused("order.no_person", party=viewer.party)
    notices = {order.notice for order in orders}
    issued = ledger_queries.entries(viewer, case=appeal.case, kind="order.issued")
    part = {entry.person for entry in issued if entry.refs.get("notice") in notices}
    for batch in Batch.objects.filter(notice__in=notices):
        part |= {batch.drafted_by, batch.decided_by}
    if viewer.person in part | {appeal.received_by}:
        raise OrderRefused("appeal.had_a_part", appeal=appeal.number)


def _take(appeal: Appeal, before: str, after: str, **columns: str) -> None:
    if Appeal.objects.filter(pk=appeal.number, status=before).update(status=after, **columns) != 1:
        raise OrderRefused("appeal.out_of_turn", appeal=appeal.number, status=appeal.status)

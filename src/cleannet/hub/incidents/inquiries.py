"""询问, 答复, 认定: MIIT puts a lead (十九) to its party, the party answers, MIIT decides; in that order, once each.

The law sets no limit for the answer: a day that MIIT names is a fact of the question and no duty. A rule of an
overlay may make it one (`lead.answered` per lead).
"""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from cleannet.core.clock import BEIJING
from cleannet.core.refusal import Refusal
from cleannet.hub.incidents import leads
from cleannet.hub.incidents.grading import standing
from cleannet.hub.incidents.leads import ANSWERED, ASKED, NOT_UPHELD, OPEN, UPHELD
from cleannet.hub.incidents.models import Case, Inquiry
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.queries import Entry
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties
from cleannet.hub.parties.queries import Standing

# How the answer of a party without a system comes in.
BY_HAND = ("paper", "mail", "phone")
MOST_NAMED = 50


class LeadRefused(Refusal):
    """Say why a step on a lead is not taken: `lead.*`."""


def ask(*, viewer: Viewer, lead: str, said: str, now: datetime, answer_by: date | None = None) -> Entry:
    """Put a lead to its party: as MIIT, with the lead as it stands and the entries it rests on. Raises LeadRefused.

    `answer_by` is the day (Beijing's) by which MIIT asks for the answer.
    """
    known = leads.one(viewer, lead, now=now)
    found = known.lead
    if known.inquiry is not None:
        raise LeadRefused("lead.out_of_turn", lead=lead, state=known.state)
    if found.party == viewer.party:
        raise LeadRefused("lead.own", lead=lead)
    if answer_by is not None and answer_by < now.astimezone(BEIJING).date():
        raise LeadRefused("lead.day_past", day=answer_by)
    by = {"answer_by": answer_by.isoformat()} if answer_by else {}
    with transaction.atomic():
        entry = _enter(
            "lead.asked",
            lead=lead,
            case=found.case,
            actor=parties.actor_of(viewer),
            recipients=[found.party],
            said=said,
            now=now,
            facts={"lead": leads.written(found), **by},
        )
        _, new = Inquiry.objects.get_or_create(
            lead=lead,
            defaults={
                "kind": found.kind,
                "party": found.party,
                "case": found.case,
                "status": ASKED,
                "asked_at": now,
                "question": entry.id,
            },
        )
        if not new:
            raise LeadRefused("lead.out_of_turn", lead=lead, state=ASKED)
        return entry


def answer(
    *,
    viewer: Viewer,
    lead: str,
    said: str,
    now: datetime,
    entries: Collection[str] = (),
    medium: str = "system",
    received_at: datetime | None = None,
) -> Entry:
    """Answer a question as the party it was put to, naming entries that bear it out. Raises LeadRefused.

    For a party without a system MIIT records by which `medium` its answer came, and when.
    """
    inquiry = _asked(viewer, lead, now)
    party = parties.party(inquiry.party)
    by_hand = viewer.role == "miit" and party.remote
    if viewer.party != inquiry.party and not by_hand:
        raise LeadRefused("lead.anothers", lead=lead, party=inquiry.party)
    by_paper = medium in BY_HAND and received_at is not None
    if not (by_paper if by_hand else medium == "system" and received_at is None):
        raise LeadRefused("lead.wrong_medium", medium=medium)
    if received_at is not None and received_at < inquiry.asked_at:
        raise LeadRefused("lead.before_the_question", received_at=received_at)
    if len(entries) > MOST_NAMED:
        raise LeadRefused("lead.too_many_entries", most=MOST_NAMED)
    named = [ledger_queries.entry(viewer, id).id for id in dict.fromkeys(entries)]
    asking = ledger_queries.entry(viewer, inquiry.question)
    with transaction.atomic():
        entry = _enter(
            "lead.answered",
            lead=lead,
            case=inquiry.case,
            actor=Actor(party.code, party.role, viewer.person),
            recipients=[asking.party],
            said=said,
            now=now,
            happened_at=received_at,
            medium=medium,
            facts={"lead": lead, "entries": named},
        )
        _step(inquiry, ASKED, ANSWERED, answer=entry.id)
        return entry


def decide(*, viewer: Viewer, lead: str, upheld: bool, reason: str, now: datetime) -> Entry:
    """Decide as MIIT, after the party's answer, whether a lead is upheld, with the reason. Raises LeadRefused."""
    inquiry = _asked(viewer, lead, now)
    with transaction.atomic():
        entry = _enter(
            "lead.decided",
            lead=lead,
            case=inquiry.case,
            actor=parties.actor_of(viewer),
            recipients=[inquiry.party],
            said=reason,
            now=now,
            facts={"lead": lead, "upheld": upheld},
        )
        _step(inquiry, ANSWERED, UPHELD if upheld else NOT_UPHELD, decision=entry.id, decided_at=now)
        return entry


def nameable(viewer: Viewer, inquiry: Inquiry) -> list[Entry]:
    """Return the newest entries of the questioned party to choose from, of the lead's case where it made any there."""
    own = ledger_queries.entries(viewer).filter(party=inquiry.party).order_by("-happened_at", "-id")
    on_case = own.filter(case=inquiry.case) if inquiry.case else own.none()
    return list((on_case if on_case.exists() else own)[:MOST_NAMED])


def _asked(viewer: Viewer, lead: str, now: datetime) -> Inquiry:
    known = leads.one(viewer, lead, now=now)
    if known.inquiry is None:
        raise LeadRefused("lead.out_of_turn", lead=lead, state=OPEN)
    return known.inquiry


def _step(inquiry: Inquiry, before: str, after: str, **columns: object) -> None:
    if Inquiry.objects.filter(pk=inquiry.lead, status=before).update(status=after, **columns) != 1:
        raise LeadRefused("lead.out_of_turn", lead=inquiry.lead, state=inquiry.status)


def _enter(
    kind: str,
    *,
    lead: str,
    case: str,
    actor: Actor,
    recipients: Collection[str],
    said: str,
    now: datetime,
    facts: dict[str, object],
    happened_at: datetime | None = None,
    medium: str = "system",
) -> Entry:
    """Enter a step, seen by MIIT, CNCERT and the party alone: it names no province, so no bureau sees it."""
    if not said.strip():
        raise LeadRefused("lead.words_missing", lead=lead)
    return ledger.enter(
        kind=kind,
        actor=actor,
        happened_at=happened_at or now,
        now=now,
        refs={"lead": lead, **({"case": case} if case else {})},
        recipients=recipients,
        medium=medium,
        text=said.strip(),
        facts=facts,
        **_context(case, now),
    )


def _context(case: str, now: datetime) -> Standing:
    found = Case.objects.filter(pk=case).first()
    return standing(found, now) if found else parties.standing(now=now)

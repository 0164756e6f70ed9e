"""Take in tallies, grade, report, notify, annul and close: every step of a case, each ending in the ledger."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from cleannet.core.grading import Graded, grade
from cleannet.core.terms import Grade
from cleannet.formats import ledger_record
from cleannet.hub.incidents import grading, opening, queries
from cleannet.hub.incidents.grading import BASE_LAW, IncidentRefused, newest, standing
from cleannet.hub.incidents.models import Annulment, Case, Grading
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import actions as papers
from cleannet.hub.parties import queries as parties
from cleannet.hub.programs import actions as programs
from cleannet.hub.watch import actions as watch
from cleannet.hub.watch import queries as counts


@dataclass(frozen=True, slots=True)
class Receipt:
    """Answer a tally: which cases it opened or continued, and whether it had been taken before.

    `provisional` are the programs that became known by it; they are counted and wait for a person to describe them.
    """

    edge: str
    sequence: int
    cases: tuple[str, ...]
    provisional: tuple[str, ...]
    again: bool


def receive_tally(*, data: bytes, viewer: Viewer, now: datetime) -> Receipt:
    """Take in a signed tally; open or continue the case of each program, grade it, open the duties: all or nothing."""
    with transaction.atomic():
        taken = watch.take_tally(data=data, party=viewer.party, now=now)
        cases = taken.cases
        if not taken.again:
            counted = sorted(one.program for one in taken.tally.programs if one.infected.maximum or one.loss_fen)
            # A group is the operator that is graded; its branch's person did not act for it.
            group = parties.heads([viewer.party])[viewer.party]
            actor = Actor(group, "operator", viewer.person if group == viewer.party else "")
            found_at = min(taken.tally.found_at, now)
            # In one order everywhere, so that two edges never wait for each other's programs.
            continued = [_continue(program, actor, viewer.party, found_at, now) for program in counted]
            cases = tuple(number for number in continued if number)
            watch.answered(taken=taken, cases=cases)
        return Receipt(taken.message.edge, taken.message.sequence, cases, taken.provisional, taken.again)


def _continue(program: str, actor: Actor, sender: str, found_at: datetime, now: datetime) -> str:
    """Grade a program's case anew; return its number, "" where all that was counted belongs to a case that ended.

    `sender` is the actor itself or a branch of it.
    """
    programs.hold(code=program)
    own = counts.scale(program, party=actor.party, since=grading.counted_from(program))
    if not own.infected and not grading.is_new_to(program, counts.scale(program)):
        return ""
    shares = {actor.party: own.provinces, sender: counts.scale(program, party=sender).provinces}
    case = opening.case_of(program, shares=shares, scale=own, actor=actor, now=now)
    grading.grade_operator(case, scale=own, actor=actor, found_at=found_at, now=now)
    grading.grade_whole(case, now=now)
    return case.number


def state_facts(
    *, viewer: Viewer, case: str, policy: str, facts: Mapping[str, int], role: str, found_at: datetime, now: datetime
) -> list[Grading]:
    """Grade a case under a law that grades on what a person states, and not on what the edges count; `role` is the part
    the party has in that law. Raises IncidentRefused.
    """
    found = queries.open_case(viewer, case)
    owner = parties.party(viewer.party)
    if role != owner.role and role not in owner.also:
        raise IncidentRefused("incident.not_your_role", role=role, party=owner.code)
    law = next((law for law in grading.laws(found) if law.id == policy), None)
    if law is None:
        raise IncidentRefused("incident.not_under_this_law", case=case, policy=policy)
    if "infected_24h" in law.facts():
        raise IncidentRefused("incident.not_stated_by_hand", policy=policy)
    graded = grade(law, facts)
    with transaction.atomic():
        grading.locked(case)
        before = newest(found, policy, viewer.party)
        if before and Grade(before.grade).gravity >= graded.grade.gravity:
            raise IncidentRefused("incident.not_graver", grade=graded.grade.value, before=before.grade)
        actor = Actor(viewer.party, role, viewer.person)
        return grading.record(found, {policy: graded}, facts=facts, actor=actor, found_at=found_at, now=now)


def raise_grade(*, viewer: Viewer, case: str, grade: Grade, reason: str, now: datetime) -> Grading:
    """Raise CNCERT's grade by an assessment (研判) with its reason, for the effect on society (545号 八, 十(三))."""
    found = queries.open_case(viewer, case)
    if not reason.strip():
        raise IncidentRefused("incident.reason_missing", case=case)
    with transaction.atomic():
        grading.locked(case)
        before = newest(found, BASE_LAW, settings.CLEANNET_PARTY)
        if before is None or Grade(before.grade).gravity >= grade.gravity:
            raise IncidentRefused("incident.not_graver", grade=grade.value, before=before.grade if before else "")
        ledger.enter(
            kind="incident.assessed",
            actor=parties.actor_of(viewer),
            happened_at=now,
            now=now,
            refs={"case": case},
            grades={BASE_LAW: grade},
            text=reason,
            **standing(found, now),
        )
        decided = {BASE_LAW: Graded(BASE_LAW, grade, before.article)}
        actor = Actor(settings.CLEANNET_PARTY, "cncert")
        (row,) = grading.record(found, decided, facts=before.facts, actor=actor, found_at=now, now=now, reason=reason)
        return row


def propose_annulment(*, viewer: Viewer, case: str, reason: str, now: datetime) -> None:
    """Propose to annul a case; another person confirms it."""
    found = queries.open_case(viewer, case)
    if not reason.strip():
        raise IncidentRefused("incident.reason_missing", case=case)
    if not viewer.person:
        raise IncidentRefused("incident.no_person", case=case)
    Annulment.objects.update_or_create(
        case=found, defaults={"reason": reason, "proposed_by": viewer.person, "proposed_at": now}
    )


def confirm_annulment(*, viewer: Viewer, case: str, now: datetime) -> None:
    """Annul a case another person proposed to annul; its open duties end as void and all who were told are told."""
    found = queries.open_case(viewer, case)
    proposal = Annulment.objects.filter(case=found).first()
    if proposal is None:
        raise IncidentRefused("incident.not_proposed", case=case)
    if not viewer.person or proposal.proposed_by == viewer.person:
        raise IncidentRefused("incident.two_persons", case=case)
    told = _told(found)
    with transaction.atomic():
        _end(found, "annulled", now)
        ledger.enter(
            kind="incident.annulled",
            actor=parties.actor_of(viewer),
            happened_at=now,
            now=now,
            refs={"case": case},
            recipients=told,
            text=proposal.reason,
            facts={"proposed_by": proposal.proposed_by},
            **standing(found, now),
        )


def close(*, viewer: Viewer, case: str, now: datetime, settled: Callable[[], None] = lambda: None) -> None:
    """Close a case that owes nothing any more but what closing ends, or what outlives it. Raises IncidentRefused.

    `settled` is asked while the case is locked and may refuse, too.
    """
    found = queries.open_case(viewer, case)
    with transaction.atomic():
        grading.locked(case)
        settled()
        owed = queries.hindering(viewer, case)
        if owed:
            raise IncidentRefused("incident.duties_open", case=case, duties=owed)
        _end(found, "closed", now)
        ledger.enter(
            kind="incident.closed",
            actor=parties.actor_of(viewer),
            happened_at=now,
            now=now,
            refs={"case": case},
            **standing(found, now),
        )


def reopen(*, viewer: Viewer, case: str, reason: str, now: datetime) -> None:
    """Reopen a closed case whose resources came back; its papers are kept on. Raises IncidentRefused.

    Where the program has a newer case, that one goes on instead: nobody is counted in two.
    """
    found = queries.case(viewer, case)
    if not viewer.person or not reason.strip():
        raise IncidentRefused("incident.reason_missing", case=case)
    with transaction.atomic():
        programs.hold(code=found.program)
        newer = Case.objects.filter(program=found.program, opened_at__gt=found.opened_at).order_by("opened_at").first()
        if newer is not None:
            raise IncidentRefused("incident.newer_case", case=case, newer=newer.number)
        if Case.objects.filter(pk=case, status="closed").update(status="open", ended_at=None) != 1:
            raise IncidentRefused("incident.not_closed", case=case)
        papers.keep_on(case=case)
        ledger.enter(
            kind="incident.reopened",
            actor=parties.actor_of(viewer),
            happened_at=now,
            now=now,
            refs={"case": case},
            recipients=_told(found),
            text=reason.strip(),
            **standing(found, now),
        )


def _told(case: Case) -> list[str]:
    """Return everybody who was told of a case by an entry of it, takes part in it or owes an act on it."""
    everyone = Viewer(settings.CLEANNET_PARTY, "cncert")
    told = {code for entry in ledger_queries.entries(everyone, case=case.number) for code in entry.recipients}
    owing = {duty.owes for duty in ledger_queries.open_duties(everyone, case=case.number)}
    return sorted({*told, *owing, *ledger_record.codes(case.concerned)} - {""})


def _end(case: Case, status: str, now: datetime) -> None:
    loss = counts.scale(case.program).loss_fen or 0
    ended = Case.objects.filter(pk=case.number, status="open").update(status=status, ended_at=now, loss_fen_at_end=loss)
    if ended != 1:
        raise IncidentRefused("incident.not_open", case=case.number)
    papers.end_keeping(case=case.number, laws=grading.laws(case), last_act=now)

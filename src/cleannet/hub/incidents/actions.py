"""Take in tallies, grade, report, notify, annul and close: every step of a case, each ending in the ledger."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from cleannet.core.grading import Graded, grade
from cleannet.core.policy import Policy
from cleannet.core.terms import Grade
from cleannet.hub.incidents import contents, grading, queries
from cleannet.hub.incidents.grading import BASE_LAW, IncidentRefused, newest, single_province, standing
from cleannet.hub.incidents.models import Annulment, Case, Grading
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import actions as papers
from cleannet.hub.papers.queries import Paper
from cleannet.hub.parties import queries as parties
from cleannet.hub.watch import actions as watch
from cleannet.hub.watch import queries as counts

REPORT_FORM = "annex3"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Answer a tally: which cases it opened or continued, and whether it had been taken before."""

    edge: str
    sequence: int
    cases: tuple[str, ...]
    again: bool


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """Hold an 附件三 before it is issued: its law, the grade it states, to whom, and what is known of each field."""

    law: Policy
    own: Grading
    to: tuple[str, ...]
    cc: tuple[str, ...]
    values: Mapping[str, str]


def receive_tally(*, data: bytes, viewer: Viewer, now: datetime) -> Receipt:
    """Take in a signed tally; open or continue the case of each program, grade it, open the duties: all or nothing."""
    with transaction.atomic():
        taken = watch.take_tally(data=data, party=viewer.party, now=now)
        programs = [one.program for one in taken.tally.programs if one.infected.maximum or one.loss_fen]
        if taken.again:
            known = Case.objects.filter(program__in=programs).order_by("number")
            cases = [case.number for case in known]
        else:
            actor = Actor(viewer.party, "operator", viewer.person)
            found_at = min(taken.tally.found_at, now)
            cases = [_continue(program, actor, found_at, now) for program in programs]
        return Receipt(taken.message.edge, taken.message.sequence, tuple(cases), taken.again)


def _continue(program: str, actor: Actor, found_at: datetime, now: datetime) -> str:
    own = counts.scale(program, party=actor.party)
    case = grading.case_of(program, party=actor.party, scale=own, actor=actor, now=now)
    grading.grade_operator(case, scale=own, actor=actor, found_at=found_at, now=now)
    grading.grade_whole(case, now=now)
    return case.number


def state_facts(
    *, viewer: Viewer, case: str, policy: str, facts: Mapping[str, int], role: str, found_at: datetime, now: datetime
) -> list[Grading]:
    """Grade a case under a law that grades on what a person states; `role` is the part the party has in that law."""
    found = queries.open_case(viewer, case)
    owner = parties.party(viewer.party)
    if role != owner.role and role not in owner.also:
        raise IncidentRefused("incident.not_your_role", role=role, party=owner.code)
    law = next((law for law in grading.laws(found) if law.id == policy), None)
    if law is None:
        raise IncidentRefused("incident.not_under_this_law", case=case, policy=policy)
    graded = grade(law, facts)
    with transaction.atomic():
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
    before = newest(found, BASE_LAW, settings.CLEANNET_PARTY)
    if before is None or Grade(before.grade).gravity >= grade.gravity:
        raise IncidentRefused("incident.not_graver", grade=grade.value, before=before.grade if before else "")
    with transaction.atomic():
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


def draft_report(*, viewer: Viewer, case: str, now: datetime) -> ReportDraft:
    """Return what `report` would issue at `now`, for a person to look at and change; nothing is written."""
    found = queries.open_case(viewer, case)
    own = _own_grade(found, viewer)
    to, cc = _owed_to(viewer, found, "incident.reported", now)
    values = contents.annex3(viewer, found, own, to=to, cc=cc, now=now)
    return ReportDraft(queries.law_of(found, own.policy), own, tuple(to), tuple(cc), values)


def report(*, viewer: Viewer, case: str, now: datetime, changes: Mapping[str, str] | None = None) -> Paper:
    """Report the viewer's own grade of a case on 附件三 to all it is owed to (545号 十(二), 十(三)).

    After a first report by phone it is the paper still owed (十五). `changes` replaces what the form is filled with.
    """
    found = queries.open_case(viewer, case)
    draft = draft_report(viewer=viewer, case=case, now=now)
    own, to, cc = draft.own, draft.to, draft.cc
    values = {**draft.values, **(changes or {})}
    prepared = papers.prepare(policy=draft.law, form=REPORT_FORM, values=values, at=now)
    with transaction.atomic():
        entries = [
            ledger.enter(
                kind=kind,
                actor=parties.actor_of(viewer),
                happened_at=now,
                now=now,
                refs={"case": case, **about},
                grades={own.policy: Grade(own.grade)},
                recipients=(*to, *cc),
                province=single_province(found),
                facts={"form": REPORT_FORM, "missing": prepared.missing},
                blobs=prepared.blobs,
                **standing(found, now),
            )
            for kind, about in _acts(viewer, case)
        ]
        return papers.issue(
            prepared=prepared,
            number=f"{case}-A3-{viewer.party}",
            case=case,
            party=viewer.party,
            recipients=(*to, *cc),
            entry=entries[0].id,
        )


def report_first(
    *,
    viewer: Viewer,
    case: str,
    medium: str,
    confirmed_by: Collection[str],
    said: str,
    happened_at: datetime,
    now: datetime,
) -> None:
    """Record a first report by phone or mail in an urgent case; the paper stays owed (545号 十五)."""
    found = queries.open_case(viewer, case)
    if medium not in ("phone", "mail"):
        raise IncidentRefused("incident.not_a_first_notice", medium=medium)
    own = _own_grade(found, viewer)
    to, cc = _owed_to(viewer, found, "incident.reported", now)
    ledger.enter(
        kind="incident.reported",
        actor=parties.actor_of(viewer),
        happened_at=happened_at,
        now=now,
        refs={"case": case},
        grades={own.policy: Grade(own.grade)},
        recipients=(*to, *cc),
        medium=medium,
        urgent=True,
        confirmed_by=confirmed_by,
        text=said,
        **standing(found, now),
    )


def propose_annulment(*, viewer: Viewer, case: str, reason: str, now: datetime) -> None:
    """Propose to annul a case; another person confirms it."""
    found = queries.open_case(viewer, case)
    if not reason.strip():
        raise IncidentRefused("incident.reason_missing", case=case)
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
    with transaction.atomic():
        _end(found, "annulled", now)
        ledger.enter(
            kind="incident.annulled",
            actor=parties.actor_of(viewer),
            happened_at=now,
            now=now,
            refs={"case": case},
            recipients=_told(found),
            text=proposal.reason,
            facts={"proposed_by": proposal.proposed_by},
            **standing(found, now),
        )


def close(*, viewer: Viewer, case: str, now: datetime) -> None:
    """Close a case that owes nothing any more within a limit of the law."""
    found = queries.open_case(viewer, case)
    with transaction.atomic():
        owed = [duty.key for duty in ledger_queries.open_duties(viewer, case=case) if duty.due is not None]
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


def _acts(viewer: Viewer, case: str) -> list[tuple[str, dict[str, str]]]:
    """Return the acts one paper is: a report, the paper after a first report, a copy to provinces found later."""
    owed = [duty for duty in ledger_queries.open_duties(viewer, case=case) if duty.owes == viewer.party]
    acts = [("paper.supplied", dict[str, str]()) for duty in owed if duty.expects == "paper.supplied"][:1]
    changes = {duty.scope["change"] for duty in owed if duty.expects == "incident.reported" and "change" in duty.scope}
    acts += [("incident.reported", {"change": change}) for change in sorted(changes)]
    return acts or [("incident.reported", {})]


def _own_grade(case: Case, viewer: Viewer) -> Grading:
    own = newest(case, BASE_LAW, viewer.party)
    if own is None:
        raise IncidentRefused("incident.not_graded", case=case.number)
    if own.grade == Grade.IV:
        raise IncidentRefused("incident.reported_by_tally", case=case.number)
    return own


def _owed_to(viewer: Viewer, case: Case, kind: str, now: datetime) -> tuple[list[str], list[str]]:
    """Return the recipients and copies of the viewer's own duties of a kind on a case, met ones included."""
    owed = [
        duty
        for duty in ledger_queries.duties(viewer, case=case.number)
        if duty.owes == viewer.party and duty.expects == kind
    ]
    to = sorted({code for duty in owed for code in duty.to})
    # A province added after the duty opened is told as well.
    bureaus = standing(case, now)["participants"].of("bureau:relevant")
    cc = sorted({code for duty in owed for code in duty.cc} | set(bureaus) - set(to))
    if not to:
        raise IncidentRefused("incident.nothing_owed", case=case.number, kind=kind)
    return to, cc


def _told(case: Case) -> list[str]:
    """Return everybody who was told of a case by an entry of it."""
    everyone = Viewer(settings.CLEANNET_PARTY, "cncert")
    return sorted({code for entry in ledger_queries.entries(everyone, case=case.number) for code in entry.recipients})


def _end(case: Case, status: str, now: datetime) -> None:
    if Case.objects.filter(pk=case.number, status="open").update(status=status, ended_at=now) != 1:
        raise IncidentRefused("incident.not_open", case=case.number)

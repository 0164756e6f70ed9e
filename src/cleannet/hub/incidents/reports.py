"""Report a case: on the form of the law, or by phone or mail first and on paper after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from cleannet.core.policy import Policy
from cleannet.core.terms import Grade
from cleannet.hub.incidents import contents, queries
from cleannet.hub.incidents.first import First, told
from cleannet.hub.incidents.grading import BASE_LAW, IncidentRefused, locked, newest, seat_of, standing, tell
from cleannet.hub.incidents.models import Case, Grading
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.queries import Duty, Entry
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import actions as papers
from cleannet.hub.papers.queries import Paper

REPORT_FORM = "annex3"


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """Hold a report before it is issued: its law and form, the grade stated, to whom, what is known of each field."""

    law: Policy
    form: str
    own: Grading
    to: tuple[str, ...]
    cc: tuple[str, ...]
    values: Mapping[str, str]


def draft_report(*, viewer: Viewer, case: str, now: datetime, policy: str = BASE_LAW) -> ReportDraft:
    """Return what `report` would issue at `now`, for a person to look at and change; nothing is written."""
    found = queries.open_case(viewer, case)
    own = _own_grade(found, viewer, policy)
    owed = _owed(viewer, found, policy)
    to, cc = _recipients(found, owed, now, policy)
    law = queries.law_of(found, policy)
    form = next(duty.form for duty in owed if duty.form)
    write = contents.annex3 if form == REPORT_FORM else contents.report
    values = write(viewer, found, own, to=to, cc=cc, now=now)
    return ReportDraft(law, form, own, tuple(to), tuple(cc), values)


def report(
    *, viewer: Viewer, case: str, now: datetime, changes: Mapping[str, str] | None = None, policy: str = BASE_LAW
) -> Paper:
    """Report the viewer's own grade of a case on the form of a law to all it is owed to (545号 十(二), 十(三)).

    After a first report by phone it is the paper still owed (十五), and once nothing is missing any more the
    supplement of what went out empty (十九). `changes` replaces what the form is filled with.
    """
    found = queries.open_case(viewer, case)
    draft = draft_report(viewer=viewer, case=case, now=now, policy=policy)
    recipients = (*draft.to, *draft.cc)
    values = papers.changed(draft.law.forms[draft.form], draft.values, changes or {}, role=viewer.role)
    prepared = papers.prepare(policy=draft.law, form=draft.form, values=values, at=now)
    with transaction.atomic():
        locked(case)
        tell(case, recipients)
        entries = [
            ledger.enter(
                kind=kind,
                actor=Actor(viewer.party, draft.own.role, viewer.person),
                happened_at=now,
                now=now,
                refs={"case": case, **about},
                grades={policy: Grade(draft.own.grade)},
                recipients=recipients,
                province=seat_of(viewer.party),
                form=draft.form,
                facts={"missing": prepared.missing, "figures": draft.own.facts},
                blobs=prepared.blobs,
                **standing(found, now, of=viewer.party),
            )
            for kind, about in _acts(viewer, found, policy, complete=not prepared.missing)
        ]
        return papers.issue(
            prepared=prepared,
            number=f"{case}-{'A3' if draft.form == REPORT_FORM else draft.form}-{viewer.party}",
            case=case,
            party=viewer.party,
            recipients=recipients,
            entry=entries[0].id,
        )


def report_first(*, viewer: Viewer, case: str, first: First, now: datetime) -> Entry:
    """Record a first report by phone or mail in an urgent case (545号 十五).

    It is claimed until every recipient has confirmed it, and counts from `first.at` then; the paper stays owed. A copy
    owed to a province found later is told by the same call.
    """
    found = queries.open_case(viewer, case)
    own = _own_grade(found, viewer, BASE_LAW)
    to, cc = _recipients(found, _owed(viewer, found, BASE_LAW), now, BASE_LAW)
    abouts = [about for kind, about in _acts(viewer, found, BASE_LAW, complete=False) if kind == "incident.reported"]
    with transaction.atomic():
        locked(case)
        tell(case, [*to, *cc])
        entries = [
            ledger.enter(
                kind="incident.reported",
                actor=Actor(viewer.party, own.role, viewer.person),
                now=now,
                refs={"case": case, **about},
                grades={own.policy: Grade(own.grade)},
                recipients=[*to, *cc],
                province=seat_of(viewer.party),
                facts={"figures": own.facts},
                **told(first, now),
                **standing(found, now, of=viewer.party, started=first.at),
            )
            for about in abouts or [{}]
        ]
        return entries[0]


def _acts(viewer: Viewer, case: Case, policy: str, *, complete: bool) -> list[tuple[str, dict[str, str]]]:
    """Return the acts one paper is: a report, the paper after a first report, a copy to provinces found later, and
    where it is complete the supplement of an earlier one.
    """
    mine = [duty for duty in ledger_queries.open_duties(viewer, case=case.number) if duty.owes == viewer.party]
    owed = [duty for duty in mine if duty.policy == policy]
    papers_owed = [duty for duty in owed if duty.expects == "paper.supplied" and "notice" not in duty.scope]
    acts = [("paper.supplied", dict[str, str]()) for _ in papers_owed[:1]]
    if complete and any(duty.expects == "report.supplemented" for duty in owed):
        acts.append(("report.supplemented", {}))
    reports = [duty for duty in owed if duty.expects == "incident.reported"]
    changes = sorted({duty.scope["change"] for duty in reports if "change" in duty.scope})
    acts += [("incident.reported", {"change": change}) for change in changes]
    if not acts or (reports and not changes):
        acts.append(("incident.reported", {}))
    return acts


def _own_grade(case: Case, viewer: Viewer, policy: str) -> Grading:
    own = newest(case, policy, viewer.party)
    if own is None:
        raise IncidentRefused("incident.not_graded", case=case.number)
    if own.grade == Grade.IV:
        raise IncidentRefused("incident.reported_by_tally", case=case.number)
    return own


def _owed(viewer: Viewer, case: Case, policy: str) -> list[Duty]:
    """Return the viewer's own duties to report a case under a law, met ones included."""
    owed = [
        duty
        for duty in ledger_queries.duties(viewer, case=case.number)
        if duty.owes == viewer.party and duty.policy == policy and duty.expects == "incident.reported"
    ]
    if not any(duty.to and duty.form for duty in owed):
        raise IncidentRefused("incident.nothing_owed", case=case.number, kind="incident.reported")
    return owed


def _recipients(case: Case, owed: list[Duty], now: datetime, policy: str) -> tuple[list[str], list[str]]:
    """Return to whom and in copy to whom a report goes: a copy owed to a province found later is a copy still."""
    first = [duty for duty in owed if "change" not in duty.scope]
    to = sorted({code for duty in first for code in duty.to})
    context = standing(case, now, of=owed[0].owes)
    bureaus = context["participants"].of("bureau:relevant") if policy == BASE_LAW else ()
    cc = {code for duty in owed for code in (*duty.cc, *duty.to)} | set(bureaus)
    return to, sorted(cc - set(to))

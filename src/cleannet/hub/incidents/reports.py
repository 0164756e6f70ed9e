"""Report a case: on the form of the law, or by phone or mail first and on paper after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from cleannet.core.policy import Policy
from cleannet.core.terms import Grade
from cleannet.hub.incidents import contents, queries
from cleannet.hub.incidents.grading import BASE_LAW, IncidentRefused, newest, province_of, standing
from cleannet.hub.incidents.models import Case, Grading
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.queries import Duty, Entry
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import actions as papers
from cleannet.hub.papers.queries import Paper
from cleannet.hub.parties import queries as parties

REPORT_FORM = "annex3"
FIRST_MEDIA = ("phone", "mail")


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
        entries = [
            ledger.enter(
                kind=kind,
                actor=Actor(viewer.party, draft.own.role, viewer.person),
                happened_at=now,
                now=now,
                refs={"case": case, **about},
                grades={policy: Grade(draft.own.grade)},
                recipients=recipients,
                province=province_of(found, viewer.party),
                form=draft.form,
                facts={"missing": prepared.missing},
                blobs=prepared.blobs,
                **standing(found, now),
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


def report_first(*, viewer: Viewer, case: str, medium: str, said: str, happened_at: datetime, now: datetime) -> Entry:
    """Record a first report by phone or mail in an urgent case (545号 十五).

    It is claimed until every recipient has confirmed it, and counts from `happened_at` then; the paper stays owed.
    """
    found = queries.open_case(viewer, case)
    if medium not in FIRST_MEDIA:
        raise IncidentRefused("incident.not_a_first_notice", medium=medium)
    own = _own_grade(found, viewer, BASE_LAW)
    to, cc = _recipients(found, _owed(viewer, found, BASE_LAW), now, BASE_LAW)
    with transaction.atomic():
        return _first(viewer.party, viewer.person, found, own, medium, said, [*to, *cc], [], happened_at, now)


def confirm_first(*, viewer: Viewer, entry: str, now: datetime) -> bool:
    """Confirm, as one of its recipients, a first report by phone or mail; return whether all have confirmed now.

    With the last confirmation the report is entered as made when it was made.
    """
    claimed = ledger_queries.entry(viewer, entry)
    if claimed.kind != "incident.reported" or claimed.medium not in FIRST_MEDIA or claimed.confirmed_by:
        raise IncidentRefused("incident.not_a_first_report", entry=entry)
    if viewer.party not in claimed.recipients:
        raise IncidentRefused("incident.not_told", entry=entry, party=viewer.party)
    found = queries.open_case(viewer, claimed.refs["case"])
    with transaction.atomic():
        Case.objects.select_for_update().get(pk=found.number)
        ledger.enter(
            kind="first.confirmed",
            actor=parties.actor_of(viewer),
            happened_at=now,
            now=now,
            refs={"case": found.number, "first": entry},
            recipients=(claimed.party,),
            key=f"confirmed:{entry}:{viewer.party}",
            **standing(found, now),
        )
        confirmed = {
            row.party
            for row in ledger_queries.entries(_everyone(), case=found.number, kind="first.confirmed")
            if row.refs.get("first") == entry
        }
        if confirmed < set(claimed.recipients):
            return False
        own = newest(found, BASE_LAW, claimed.party)
        if own is None:
            raise IncidentRefused("incident.not_graded", case=found.number)
        told = list(claimed.recipients)
        at = claimed.happened_at
        _first(claimed.party, claimed.person, found, own, claimed.medium, claimed.text, told, told, at, now, entry)
        return True


def awaiting_confirmation(viewer: Viewer, case: str) -> list[Entry]:
    """Return the first reports of a case the viewer was told of and has not confirmed yet."""
    entries = list(ledger_queries.entries(viewer, case=case))
    done = {row.refs.get("first") for row in entries if row.kind == "first.confirmed" and row.party == viewer.party}
    return [
        row
        for row in entries
        if row.kind == "incident.reported"
        and row.medium in FIRST_MEDIA
        and not row.confirmed_by
        and viewer.party in row.recipients
        and row.id not in done
    ]


def _first(
    party: str,
    person: str,
    case: Case,
    own: Grading,
    medium: str,
    said: str,
    told: list[str],
    confirmed: list[str],
    happened_at: datetime,
    now: datetime,
    claim: str = "",
) -> Entry:
    return ledger.enter(
        kind="incident.reported",
        actor=Actor(party, own.role, person),
        happened_at=happened_at,
        now=now,
        refs={"case": case.number, **({"first": claim} if claim else {})},
        grades={own.policy: Grade(own.grade)},
        recipients=told,
        medium=medium,
        urgent=True,
        confirmed_by=confirmed,
        text=said,
        province=province_of(case, party),
        key=f"first:{claim}" if claim else "",
        **standing(case, now),
    )


def _everyone() -> Viewer:
    return Viewer(settings.CLEANNET_PARTY, "cncert")


def _acts(viewer: Viewer, case: Case, policy: str, *, complete: bool) -> list[tuple[str, dict[str, str]]]:
    """Return the acts one paper is: a report, the paper after a first report, a copy to provinces found later, and
    where it is complete the supplement of an earlier one.
    """
    mine = [duty for duty in ledger_queries.open_duties(viewer, case=case.number) if duty.owes == viewer.party]
    owed = [duty for duty in mine if duty.policy == policy]
    acts = [("paper.supplied", dict[str, str]()) for duty in owed if duty.expects == "paper.supplied"][:1]
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
    bureaus = standing(case, now)["participants"].of("bureau:relevant") if policy == BASE_LAW else ()
    cc = {code for duty in owed for code in (*duty.cc, *duty.to)} | set(bureaus)
    return to, sorted(cc - set(to))

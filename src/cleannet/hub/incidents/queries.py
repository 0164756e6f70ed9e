"""Read cases as a viewer may see them: an operator its own figures, a bureau its province's share."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet

from cleannet.core.ending import OUTLIVING
from cleannet.core.policy import Policy
from cleannet.core.refusal import Refusal
from cleannet.core.terms import Grade
from cleannet.formats import ledger_record
from cleannet.hub.incidents import grading
from cleannet.hub.incidents.models import Annulment as Annulment
from cleannet.hub.incidents.models import Case as Case
from cleannet.hub.incidents.models import Grading as Grading
from cleannet.hub.incidents.models import Notice as Notice
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties
from cleannet.hub.watch import queries as watch
from cleannet.hub.watch.queries import Scale


class NoCase(Refusal):
    """Say that there is no such case or notice for this viewer, or that it is not open: `incident.unknown`,
    `incident.not_open`.
    """


@dataclass(frozen=True, slots=True)
class Standing:
    """Hold the grade that counts of one grader under one law."""

    policy: str
    grader: str
    role: str
    grade: Grade
    article: str
    row: Grading


def cases(viewer: Viewer, *, status: str | None = None) -> QuerySet[Case]:
    """Return the cases the viewer may see, newest first."""
    found = Case.objects.order_by("-opened_at", "-number")
    if status is not None:
        found = found.filter(status=status)
    if viewer.sees_all:
        return found
    seen = Q()
    for code in parties.family(viewer.party):
        seen |= grading.named("concerned", code) | grading.named("told", code)
    if viewer.role == "bureau" and viewer.province:
        seen |= grading.named("provinces", viewer.province)
    return found.filter(seen)


def case(viewer: Viewer, number: str) -> Case:
    """Return one case; raise NoCase."""
    found = cases(viewer).filter(number=number).first()
    if found is None:
        raise NoCase("incident.unknown", case=number)
    return found


def open_case(viewer: Viewer, number: str) -> Case:
    """Return one case that is still open; raise NoCase."""
    found = case(viewer, number)
    if found.status != "open":
        raise NoCase("incident.not_open", case=number, status=found.status)
    return found


def unrouted(viewer: Viewer) -> list[tuple[Case, list[str]]]:
    """Return the open cases with their provinces whose bureau nobody registered, or that no log states."""
    found = [
        (case, parties.unserved(sorted({*ledger_record.codes(case.provinces), *ledger_record.codes(case.servers)})))
        for case in cases(viewer, status="open")
    ]
    return [(case, provinces) for case, provinces in found if provinces]


def programs_at_work() -> dict[str, str]:
    """Return the programs of the open cases, with the number of the case; shows no content."""
    return dict(Case.objects.filter(status="open").order_by("number").values_list("program", "number"))


def is_open(number: str) -> bool:
    """Say whether a case is open; shows no content, so it asks for no viewer."""
    return Case.objects.filter(number=number, status="open").exists()


def hindering(viewer: Viewer, case: str) -> list[str]:
    """Return the keys of the duties for which a case cannot be closed: all that closing does not end or outlive."""
    return [
        duty.key
        for duty in ledger.open_duties(viewer, case=case)
        if duty.expects != "report.supplemented" and not OUTLIVING & duty.scope.keys()
    ]


def is_annulled(number: str) -> bool:
    """Say whether a case was annulled; shows no content, so it asks for no viewer."""
    return Case.objects.filter(number=number, status="annulled").exists()


def program_of(number: str) -> str:
    """Return the code of a case's program, which is no secret between the parties; raise NoCase."""
    found = Case.objects.filter(number=number).values_list("program", flat=True).first()
    if found is None:
        raise NoCase("incident.unknown", case=number)
    return found


def notices(viewer: Viewer, *, case: str) -> list[Notice]:
    """Return the notices of a case that the viewer issued, received or may see, oldest first."""
    found = Notice.objects.filter(case_id=case).select_related("case").order_by("issued_at", "number")
    return [row for row in found if _reached(viewer, row)]


def notice(viewer: Viewer, number: str) -> Notice:
    """Return one notice; raise NoCase."""
    found = Notice.objects.filter(number=number).select_related("case").first()
    if found is None or not _reached(viewer, found):
        raise NoCase("incident.unknown", notice=number)
    return found


def gradings(viewer: Viewer, case: Case) -> list[Grading]:
    """Return every grade the viewer may see, oldest first: all for MIIT and CNCERT, a bureau's without others' figures,
    an operator's own.
    """
    found = Grading.objects.filter(case=case).order_by("found_at", "pk")
    if viewer.sees_all:
        return list(found)
    return list(found.filter(grader=viewer.party))


def standing_grades(viewer: Viewer, case: Case) -> list[Standing]:
    """Return the grade that counts of each grader and law the viewer may see, the gravest first."""
    best: dict[tuple[str, str], Grading] = {}
    for row in gradings(viewer, case):
        known = best.get((row.policy, row.grader))
        if known is None or Grade(row.grade).gravity > Grade(known.grade).gravity:
            best[row.policy, row.grader] = row
    found = [Standing(row.policy, row.grader, row.role, Grade(row.grade), row.article, row) for row in best.values()]
    return sorted(found, key=lambda one: (-one.grade.gravity, one.role, one.policy))


def grade_told(viewer: Viewer, case: Case) -> Grade | None:
    """Return the one grade to show for a case: CNCERT's for those who see it, a notice's, else the viewer's own."""
    if viewer.sees_all or viewer.role == "bureau":
        rows = Grading.objects.filter(case=case, grader=settings.CLEANNET_PARTY)
        given = [Grade(row.grade) for row in rows]
    else:
        given = [Grade(row.grade) for row in notices(viewer, case=case.number)]
        given = given or [one.grade for one in standing_grades(viewer, case)]
    return max(given, key=lambda grade: grade.gravity, default=None)


def scale(viewer: Viewer, case: Case) -> Scale:
    """Return the scale as the viewer may see it: all operators', a province's share, or its own."""
    since, until = case.counted_from, case.ended_at
    if viewer.sees_all:
        return watch.scale(case.program, since=since, until=until)
    if viewer.role == "bureau":
        return watch.scale(case.program, province=viewer.province, since=since, until=until)
    return watch.scale(case.program, party=viewer.party, since=since, until=until)


def silent(viewer: Viewer, case: Case, *, now: datetime) -> list[str]:
    """Return the operators concerned by an open case with an edge that sends no data: the figure may be too low.

    A viewer is told of the edges it may see. A revoked edge is missed only where its operator has no other.
    """
    if case.status != "open":
        return []
    found: dict[str, list[watch.Coverage]] = {}
    covered = watch.coverage(viewer, now=now)
    operators = parties.heads({one.party for one in covered})
    for one in covered:
        if operators[one.party] in ledger_record.codes(case.concerned):
            found.setdefault(one.party, []).append(one)
    alive = {party: [one for one in edges if one.why != "revoked"] for party, edges in found.items()}
    return sorted(party for party, edges in alive.items() if not edges or any(one.silent for one in edges))


def annulment(viewer: Viewer, case: Case) -> Annulment | None:
    """Return the proposal to annul a case that waits for a second person."""
    return Annulment.objects.filter(case=case).first() if viewer.sees_all and case.status == "open" else None


def law_of(case: Case, policy: str) -> Policy:
    """Return one law of a case as it was when the case opened; raise NoCase."""
    found = next((law for law in grading.laws(case) if law.id == policy), None)
    if found is None:
        raise NoCase("incident.unknown", case=case.number, policy=policy)
    return found


def _reached(viewer: Viewer, notice: Notice) -> bool:
    return viewer.sees_all or bool({*notice.addressees, notice.issuer} & {*parties.family(viewer.party)})

"""CNCERT's own view of an operator: what it saw of a program there, from which an omitted report (漏报) is drawn."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from cleannet.core.grading import NotApplicable, grade
from cleannet.core.policy import Policy
from cleannet.core.terms import Grade
from cleannet.hub.incidents.grading import IncidentRefused, standing
from cleannet.hub.incidents.leads import OBSERVED
from cleannet.hub.incidents.models import Case
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.queries import Entry
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties
from cleannet.hub.programs import queries as programs

# The law counts distinct numbers within 24 hours (八): of a longer period nothing follows for any 24 of them.
WINDOW = timedelta(hours=24)


def observe(
    *,
    viewer: Viewer,
    program: str,
    operator: str,
    infected: int,
    began_at: datetime,
    ended_at: datetime,
    source: str,
    now: datetime,
) -> Entry:
    """State as CNCERT how many distinct infected phone numbers it saw at an operator, in which 24 hours at most, and by
    what source; MIIT reads it, the operator does not.

    A branch's are its group's. Raises IncidentRefused, NoProgram, NoParty.
    """
    seen = programs.program(viewer, program)
    unit = seen.unit_id or seen.code
    head = parties.heads([operator])[operator]
    if parties.party(head).role != "operator":
        raise IncidentRefused("incident.no_operator", party=operator)
    if not source.strip():
        raise IncidentRefused("incident.source_missing")
    if not timedelta() < ended_at - began_at <= WINDOW:
        raise IncidentRefused("incident.not_within_a_day", began_at=began_at, ended_at=ended_at)
    figures = {"infected_24h": infected}
    case = Case.objects.filter(program=unit, status="open").first()
    context = standing(case, now) if case else parties.standing(now=now)
    with transaction.atomic():
        return ledger.enter(
            kind=OBSERVED,
            actor=parties.actor_of(viewer),
            happened_at=ended_at,
            now=now,
            refs={"case": case.number} if case else {},
            grades=_passed(context["policies"], figures),
            recipients=sorted(set(context["participants"].of("miit")) - {viewer.party}),
            text=source.strip(),
            facts={"program": unit, "operator": head, "began_at": began_at.isoformat(), "figures": figures},
            **context,
        )


def observations(viewer: Viewer) -> QuerySet[Entry]:
    """Return what CNCERT stated so, the newest first, as far as the viewer may see it."""
    return ledger_queries.entries(viewer, kind=OBSERVED).order_by("-happened_at", "-id")


def _passed(laws: list[Policy], figures: dict[str, int]) -> dict[str, Grade]:
    """Return the grade under each law of which a threshold is passed; none where none is."""
    found = {}
    for law in laws:
        try:
            graded = grade(law, figures)
        except NotApplicable:
            continue
        if graded.passed:
            found[law.id] = graded.grade
    return found

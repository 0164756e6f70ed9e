"""Leads of 十九: what this hub's own record points to in a month, and how far MIIT, which decides, came with each."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from cleannet.core.clock import BEIJING, moment, month_of
from cleannet.core.leads import Lead
from cleannet.core.leads import leads as found_in
from cleannet.core.policy import Text
from cleannet.core.refusal import Refusal
from cleannet.formats import ledger_record
from cleannet.hub.incidents.grading import IncidentRefused
from cleannet.hub.incidents.models import Case
from cleannet.hub.incidents.models import Inquiry as Inquiry
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger import turning
from cleannet.hub.ledger.queries import Entry
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties

OPEN, ASKED, ANSWERED, UPHELD, NOT_UPHELD = "open", "asked", "answered", "upheld", "not_upheld"
DECIDED = (UPHELD, NOT_UPHELD)
OBSERVED = "incident.observed"
# Acts whose month is that of a lead on them.
_POINTING = ("incident.reported", "disposal.fed_back")
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)
_WIDTH = len("2026-01")


class NoLead(Refusal):
    """Say that there is no such lead for this viewer: `lead.unknown`."""


@dataclass(frozen=True, slots=True)
class Known:
    """Hold a lead as the record points to it now, or as it was put to its party, with how far it came."""

    lead: Lead
    inquiry: Inquiry | None = None

    @property
    def state(self) -> str:
        return self.inquiry.status if self.inquiry else OPEN


@dataclass(frozen=True, slots=True)
class Words:
    """Hold one step of an inquiry as it stands in the ledger: the entry, what was said, and what goes with it."""

    entry: Entry
    said: str
    facts: Mapping[str, Any]


def month_span(month: str) -> tuple[datetime, datetime]:
    """Return when a month (YYYY-MM, Beijing's) begins and ends; raise IncidentRefused for what is no month."""
    read = _MONTH.fullmatch(month)
    if read is None:
        raise IncidentRefused("incident.no_month", month=month)
    began = datetime(int(read[1]), int(read[2]), 1, tzinfo=BEIJING)
    return began, turning.following(began)


def leads(viewer: Viewer, *, month: str, now: datetime) -> list[Known]:
    """Return what the record of a month (YYYY-MM, Beijing's) points to at `now`, and what was asked of it.

    MIIT and CNCERT see all, everyone else its own. What was asked stays, whatever the record says since. Raises
    IncidentRefused for what is no month.
    """
    pointed = {lead.number: Known(lead) for lead in _pointed_to(viewer, month, now)}
    asked = list(inquiries(viewer).filter(lead__startswith=f"{month}-"))
    return sorted(
        (pointed | {known.lead.number: known for known in _as_asked(viewer, asked)}).values(),
        key=lambda known: (known.lead.at, known.lead.number),
    )


def one(viewer: Viewer, number: str, *, now: datetime) -> Known:
    """Return one lead by its number; raise NoLead."""
    asked = inquiries(viewer).filter(lead=number).first()
    if asked is not None:
        return _as_asked(viewer, [asked])[0]
    month = number[:_WIDTH]
    pointed = _pointed_to(viewer, month, now) if _MONTH.fullmatch(month) else []
    found = next((lead for lead in pointed if lead.number == number), None)
    if found is None:
        raise NoLead("lead.unknown", lead=number)
    return Known(found)


def inquiries(viewer: Viewer) -> QuerySet[Inquiry]:
    """Return the inquiries the viewer may see, the oldest first: those of its own party, MIIT and CNCERT all."""
    found = Inquiry.objects.order_by("asked_at", "lead")
    return found if viewer.sees_all else found.filter(party=viewer.party)


def waiting(viewer: Viewer) -> QuerySet[Inquiry]:
    """Return the inquiries that wait for the viewer's party: its answer, or MIIT's decision."""
    mine = Q(status=ASKED, party=viewer.party)
    return inquiries(viewer).filter(mine | Q(status=ANSWERED) if viewer.role == "miit" else mine)


def steps(viewer: Viewer, inquiry: Inquiry) -> dict[str, Words]:
    """Return the question, answer and decision of an inquiry, as far as there are, by these words."""
    named = {"question": inquiry.question, "answer": inquiry.answer, "decision": inquiry.decision}
    found = {row.id: row for row in ledger.entries(viewer).filter(id__in=named.values())}
    return {
        name: Words(found[id], ledger.note(viewer, found[id]), ledger.facts(viewer, found[id]))
        for name, id in named.items()
        if id in found
    }


def seen_of(viewer: Viewer, evidence: Iterable[str]) -> list[Entry]:
    """Return those entries of a lead's evidence that the viewer may see, oldest first."""
    return list(ledger.entries(viewer).filter(id__in=[one for one in evidence if "|" not in one]))


def written(lead: Lead) -> dict[str, object]:
    """Return a lead as the entry of a question holds it."""
    names = ("kind", "party", "policy", "article", "case", "about")
    return {
        **{name: getattr(lead, name) for name in names},
        "number": lead.number,
        "at": ledger_record.stamp(lead.at),
        "evidence": list(lead.evidence),
        "said": {"zh": lead.said.zh, "en": lead.said.en},
    }


def answer_by(words: Words) -> date | None:
    """Return the day by which MIIT asked for the answer; the law sets none."""
    return date.fromisoformat(words.facts["answer_by"]) if words.facts.get("answer_by") else None


def _as_asked(viewer: Viewer, asked: Iterable[Inquiry]) -> list[Known]:
    rows = list(asked)
    found = {row.id: row for row in ledger.entries(viewer).filter(id__in=[row.question for row in rows])}
    return [Known(_read(found[row.question].facts["lead"]), row) for row in rows]


def _read(told: Mapping[str, Any]) -> Lead:
    given = {name: told[name] for name in ("kind", "party", "policy", "article", "case", "about")}
    return Lead(**given, evidence=tuple(told["evidence"]), said=Text(**told["said"]), at=moment(told["at"]))


def _pointed_to(viewer: Viewer, month: str, now: datetime) -> list[Lead]:
    began, ended = month_span(month)
    duties = list(ledger.duties(viewer).filter(start__gte=began, start__lt=ended))
    acts = ledger.entries(viewer).filter(happened_at__gte=began, happened_at__lt=ended)
    entries = {act.id: act for act in acts.filter(kind=OBSERVED)}
    programs = {str(act.facts["program"]) for act in entries.values()}
    cases = {
        *(duty.case for duty in duties),
        *acts.filter(kind__in=_POINTING).values_list("case", flat=True),
        *Case.objects.filter(program__in=programs).values_list("number", flat=True),
    }
    for case in sorted(cases - {""}):
        entries |= {act.id: act for act in ledger.entries(viewer, case=case)}
    found = found_in(parties.laws(now=now), duties, entries.values(), now)
    mine = [lead for lead in found if viewer.sees_all or lead.party == viewer.party]
    return [lead for lead in mine if month_of(lead.at) == month]

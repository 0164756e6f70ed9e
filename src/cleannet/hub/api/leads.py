"""信息报送 (十九): leads, what was asked, answered and decided of them, what CNCERT saw, and the circular."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status

from cleannet.core.terms import BREACHES
from cleannet.formats import sheet
from cleannet.hub.api import schemas
from cleannet.hub.api.conventions import PROBLEMS, allowed, now, once, page, viewer_of
from cleannet.hub.incidents import circular as circulars
from cleannet.hub.incidents import inquiries, leads, observations
from cleannet.hub.incidents.leads import Known, Words
from cleannet.hub.ledger.queries import Entry

router = Router()


class LeadOut(Schema):
    number: str
    state: str
    kind: str
    party: str
    policy: str
    article: str
    case: str
    evidence: list[str]
    said: str


class StepOut(Schema):
    entry: str
    party: str
    at: datetime
    medium: str
    said: str


class QuestionOut(StepOut):
    answer_by: date | None


class AnswerOut(StepOut):
    entries: list[str]


class LeadWhole(LeadOut):
    question: QuestionOut | None
    answer: AnswerOut | None
    decision: StepOut | None


class AskIn(Schema):
    said: str
    answer_by: date | None = None


class AnswerIn(Schema):
    said: str
    entries: list[str] = []
    medium: str = "system"
    received_at: schemas.Moment | None = None


class DecideLeadIn(Schema):
    upheld: bool
    reason: str


class ObservationIn(Schema):
    program: str
    operator: str
    infected: schemas.People
    began_at: schemas.Moment
    ended_at: schemas.Moment
    source: str


class ObservationOut(Schema):
    entry: str
    program: str
    operator: str
    infected: int
    began_at: datetime
    ended_at: datetime
    source: str
    case: str
    grades: dict[str, str]


class ObservationsOut(Schema):
    items: list[ObservationOut]
    next: str | None


class CircularIn(Schema):
    said: str


class CountOut(Schema):
    party: str
    upheld: dict[str, int]


class CircularOut(Schema):
    month: str
    entry: str | None
    said: str
    rows: list[CountOut]


@router.get("/leads", response={200: list[LeadOut], **PROBLEMS})
@allowed("read")
def list_leads(request: HttpRequest, month: str) -> list[dict[str, Any]]:
    """List what a month's record (YYYY-MM) points to: late, omitted, concealed or false reports, each with a state."""
    return [_lead(one) for one in leads.leads(viewer_of(request), month=month, now=now())]


@router.get("/leads/{number}", response={200: LeadWhole, **PROBLEMS})
@allowed("read")
def show_lead(request: HttpRequest, number: str) -> dict[str, Any]:
    """Return one lead with its question, answer and decision; MIIT, CNCERT and the party it is on see it."""
    viewer = viewer_of(request)
    known = leads.one(viewer, number, now=now())
    steps = leads.steps(viewer, known.inquiry) if known.inquiry else {}
    question, answer, decision = (steps.get(name) for name in ("question", "answer", "decision"))
    return {
        **_lead(known),
        "question": question and {**_step(question), "answer_by": leads.answer_by(question)},
        "answer": answer and {**_step(answer), "entries": answer.facts["entries"]},
        "decision": decision and _step(decision),
    }


@router.post("/leads/{number}/question", response={201: schemas.EntryMade, **PROBLEMS})
@allowed("assess")
@once
def ask(request: HttpRequest, number: str, body: AskIn) -> Status[Any]:
    """Put a lead to its party, as MIIT; `answer_by` is a wish, as the law sets no limit."""
    made = inquiries.ask(viewer=viewer_of(request), lead=number, now=now(), **body.dict())
    return Status(201, {"entry": made.id})


@router.post("/leads/{number}/answer", response={201: schemas.EntryMade, **PROBLEMS})
@allowed("record")
@once
def answer(request: HttpRequest, number: str, body: AnswerIn) -> Status[Any]:
    """Answer the question on a lead, naming entries; for a party without an account MIIT says how and when it came."""
    made = inquiries.answer(viewer=viewer_of(request), lead=number, now=now(), **body.dict())
    return Status(201, {"entry": made.id})


@router.post("/leads/{number}/decision", response={201: schemas.EntryMade, **PROBLEMS})
@allowed("assess")
@once
def decide(request: HttpRequest, number: str, body: DecideLeadIn) -> Status[Any]:
    """Decide as MIIT, after the answer, whether a lead is upheld."""
    made = inquiries.decide(viewer=viewer_of(request), lead=number, now=now(), **body.dict())
    return Status(201, {"entry": made.id})


@router.get("/observations", response={200: ObservationsOut, **PROBLEMS})
@allowed("read")
def list_observations(request: HttpRequest, after: str = "", limit: int = 100) -> dict[str, Any]:
    """List what CNCERT stated that it saw itself at operators; to all but CNCERT and MIIT the list is empty."""
    rows, following = page(observations.observations(viewer_of(request)), by="id", after=after, limit=limit)
    return {"items": [_observation(row) for row in rows], "next": following}


@router.post("/observations", response={201: schemas.EntryMade, **PROBLEMS})
@allowed("verify")
@once
def observe(request: HttpRequest, body: ObservationIn) -> Status[Any]:
    """State as CNCERT how many distinct infected phone numbers it saw at an operator within 24 hours at most."""
    made = observations.observe(viewer=viewer_of(request), now=now(), **body.dict())
    return Status(201, {"entry": made.id})


@router.get("/circulars/{number}", response={200: CircularOut, **PROBLEMS})
@allowed("read")
def show_circular(request: HttpRequest, number: str) -> dict[str, Any]:
    """Return the circular on a month (YYYY-MM); MIIT and CNCERT read before its issue what it would say."""
    found = circulars.circular(viewer_of(request), number)
    rows = [{"party": row.party, "upheld": dict(zip(BREACHES, row.upheld, strict=True))} for row in found.rows]
    return {"month": number, "entry": found.entry.id if found.entry else None, "said": found.said, "rows": rows}


@router.get("/circulars/{number}/sheet", response={200: Any, **PROBLEMS})
@allowed("read")
def download_circular(request: HttpRequest, number: str) -> HttpResponse:
    """Return the table of the circular on a month as a spreadsheet (.xlsx)."""
    made = circulars.as_sheet(circulars.circular(viewer_of(request), number))
    return HttpResponse(made, content_type=sheet.KIND)


@router.post("/circulars/{number}", response={201: schemas.EntryMade, **PROBLEMS})
@allowed("assess")
@once
def issue_circular(request: HttpRequest, number: str, body: CircularIn) -> Status[Any]:
    """Issue the circular on a month (YYYY-MM) that is over to all units, as MIIT."""
    made = circulars.issue(viewer=viewer_of(request), month=number, said=body.said, now=now())
    return Status(201, {"entry": made.id})


def _lead(known: Known) -> dict[str, Any]:
    """Return a lead, in Chinese as it is put to the party."""
    lead = known.lead
    names = ("number", "kind", "party", "policy", "article", "case")
    shown = {name: getattr(lead, name) for name in names}
    return {**shown, "state": known.state, "evidence": list(lead.evidence), "said": lead.said.zh}


def _step(words: Words) -> dict[str, Any]:
    entry = words.entry
    shown = {"entry": entry.id, "party": entry.party, "at": entry.happened_at, "medium": entry.medium}
    return {**shown, "said": words.said}


def _observation(entry: Entry) -> dict[str, Any]:
    facts = entry.facts
    return {
        **{name: facts[name] for name in ("program", "operator", "began_at")},
        "entry": entry.id,
        "infected": facts["figures"]["infected_24h"],
        "ended_at": entry.happened_at,
        "source": entry.text,
        "case": entry.case,
        "grades": entry.grades,
    }

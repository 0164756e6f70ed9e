"""Who takes part and what is recorded by hand: contacts, delegations, acts, facts under other laws."""

from datetime import datetime
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from django.http import HttpRequest
from ninja import Router, Schema, Status

from cleannet.core.terms import Grade
from cleannet.formats import canonical
from cleannet.hub.api import answers, schemas
from cleannet.hub.api.conventions import PROBLEMS, allowed, now, once, viewer_of
from cleannet.hub.disposal import life
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.incidents import acts, receipts
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties import contacts, queries

router = Router()


class ContactOut(Schema):
    part: str
    name: str
    phone: str
    mail: str


class ContactIn(Schema):
    part: str
    name: str
    phone: str = ""
    mail: str = ""


class ContactsIn(Schema):
    contacts: list[ContactIn]
    changed_at: schemas.Moment


class Met(Schema):
    duties: int


class DelegationIn(Schema):
    policy: str
    rule: str
    delegate: str
    case: str = ""


class DelegationOut(DelegationIn):
    id: int
    delegator: str
    recorded_at: datetime


class BeginIn(Schema):
    kind: str
    said: str
    happened_at: schemas.Moment
    case: str = ""


class FulfilIn(Schema):
    duty: str
    said: str
    happened_at: schemas.Moment
    also: list[str] = []


class FactsIn(Schema):
    policy: str
    role: str
    facts: dict[str, Annotated[int, Ge(0), Le(canonical.LARGEST)]]
    found_at: schemas.Moment


class ReasonIn(Schema):
    reason: str


class AssessIn(ReasonIn):
    grade: Literal["I", "II", "III", "IV"]


class ReceiptIn(Schema):
    party: str
    medium: str
    received_at: schemas.Moment


@router.get("/parties/{code}/contacts", response={200: list[ContactOut], **PROBLEMS})
@allowed("read")
def list_contacts(request: HttpRequest, code: str) -> list[dict[str, Any]]:
    """List the contacts of a party that you may see; there are three at most."""
    found = contacts.contacts(viewer_of(request), code)
    return [{name: getattr(row, name) for name in ("part", "name", "phone", "mail")} for row in found.values()]


@router.post("/contacts", response={201: schemas.EntryMade, **PROBLEMS})
@allowed("administer")
@once
def change_contacts(request: HttpRequest, body: ContactsIn) -> Status[Any]:
    """Name your party's contacts anew; the change is owed to MIIT within the law's limit."""
    given = {one.part: contacts.Reached(one.name, one.phone, one.mail) for one in body.contacts}
    entry = contacts.change(viewer=viewer_of(request), given=given, changed_at=body.changed_at, now=now())
    return Status(201, {"entry": entry.id})


@router.post("/contacts/report", response={200: Met, **PROBLEMS})
@allowed("administer")
@once
def report_contacts(request: HttpRequest) -> Status[Any]:
    """Report your party's contacts to whom it is owed."""
    return Status(200, {"duties": contacts.report(viewer=viewer_of(request), now=now())})


@router.get("/delegations", response={200: list[DelegationOut], **PROBLEMS})
@allowed("read")
def list_delegations(request: HttpRequest) -> list[dict[str, Any]]:
    """List who may act for whom now, as far as it concerns you; a hub holds a handful."""
    names = ("id", "policy", "rule", "delegator", "delegate", "case", "recorded_at")
    return [{name: getattr(row, name) for name in names} for row in queries.delegations(viewer_of(request))]


@router.post("/delegations", response={201: DelegationOut, **PROBLEMS})
@allowed("administer")
@once
def delegate(request: HttpRequest, body: DelegationIn) -> Status[Any]:
    """Let another party do what a rule asks of yours, for a case or standing."""
    made = parties.delegate(actor=queries.actor_of(viewer_of(request)), now=now(), **body.dict())
    names = ("id", "policy", "rule", "delegator", "delegate", "case")
    return Status(201, {**{name: getattr(made, name) for name in names}, "recorded_at": made.recorded_at.isoformat()})


@router.post("/delegations/{number}/end", response={200: schemas.Taken, **PROBLEMS})
@allowed("administer")
@once
def end_delegation(request: HttpRequest, number: int) -> Status[Any]:
    """End a delegation of your party."""
    parties.end_delegation(number=number, actor=queries.actor_of(viewer_of(request)), now=now())
    return Status(200, {"taken": True})


@router.post("/acts", response={201: schemas.EntryMade, **PROBLEMS})
@allowed("record")
@once
def begin(request: HttpRequest, body: BeginIn) -> Status[Any]:
    """Record that something began: a complaint, a suspicion, a consultation, a change of your own mechanism."""
    return Status(201, {"entry": acts.begin(viewer=viewer_of(request), now=now(), **body.dict()).id})


@router.post("/duties/fulfil", response={201: schemas.EntryMade, **PROBLEMS})
@allowed("record")
@once
def fulfil(request: HttpRequest, body: FulfilIn) -> Status[Any]:
    """Record in words that what a duty of your party asks for was done."""
    return Status(201, {"entry": acts.fulfil(viewer=viewer_of(request), now=now(), **body.dict()).id})


@router.post("/cases/{number}/facts", response={201: list[schemas.GradeOut], **PROBLEMS})
@allowed("report")
@once
def state_facts(request: HttpRequest, number: str, body: FactsIn) -> Status[Any]:
    """State the facts a law grades on that no edge counts; money in fen."""
    rows = incidents.state_facts(viewer=viewer_of(request), case=number, now=now(), **body.dict())
    return Status(201, [answers.grading(row) for row in rows])


@router.post("/cases/{number}/grade", response={201: schemas.GradeOut, **PROBLEMS})
@allowed("assess")
@once
def raise_grade(request: HttpRequest, number: str, body: AssessIn) -> Status[Any]:
    """Raise CNCERT's grade by an assessment (研判) with its reason."""
    row = incidents.raise_grade(
        viewer=viewer_of(request), case=number, grade=Grade(body.grade), reason=body.reason, now=now()
    )
    return Status(201, answers.grading(row))


@router.post("/cases/{number}/annulment", response={200: schemas.Taken, **PROBLEMS})
@allowed("notify")
@once
def propose_annulment(request: HttpRequest, number: str, body: ReasonIn) -> Status[Any]:
    """Propose to annul a case; another person confirms it."""
    incidents.propose_annulment(viewer=viewer_of(request), case=number, reason=body.reason, now=now())
    return Status(200, {"taken": True})


@router.post("/cases/{number}/annulment/confirm", response={200: schemas.Taken, **PROBLEMS})
@allowed("notify")
@once
def confirm_annulment(request: HttpRequest, number: str) -> Status[Any]:
    """Annul a case another person proposed to annul."""
    life.annul(viewer=viewer_of(request), case=number, now=now())
    return Status(200, {"taken": True})


@router.post("/notices/{number}/receipt", response={200: schemas.Taken, **PROBLEMS})
@allowed("notify")
@once
def record_receipt(request: HttpRequest, number: str, body: ReceiptIn) -> Status[Any]:
    """Record by hand that a party without a system received a notice of yours."""
    receipts.record(viewer=viewer_of(request), notice=number, now=now(), **body.dict())
    return Status(200, {"taken": True})

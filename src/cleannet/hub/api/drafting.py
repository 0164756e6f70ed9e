"""Orders are drafted by one person, and issued as one batch by another."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from cleannet.hub.api import answers, schemas
from cleannet.hub.api.conventions import PROBLEMS, allowed, now, once, viewer_of
from cleannet.hub.disposal import batches, dry_run
from cleannet.hub.disposal.actions import Exemption, Wanted

router = Router()


class WantedIn(Schema):
    party: str
    kind: str
    target: str


class ExemptIn(Schema):
    target: str
    reason: str
    until: schemas.Moment


class OrdersIn(Schema):
    orders: list[WantedIn]
    changes: dict[str, str] = {}
    until: schemas.Moment | None = None
    exempt: list[ExemptIn] = []


class BatchOut(Schema):
    number: str
    case: str
    grade: str
    status: str
    orders: list[WantedIn]
    again: bool
    changes: dict[str, str]
    exempt: list[ExemptIn]
    until: datetime | None
    reason: str
    notice: str
    drafted_by: str
    drafted_at: datetime
    decided_by: str
    decided_at: datetime | None
    countersigned_by: str
    countersigned_at: datetime | None


class DifferenceOut(Schema):
    place: str
    party: str
    lines: list[str]


class ConfirmIn(Schema):
    first: schemas.FirstIn | None = None


class AloneIn(ConfirmIn):
    reason: str


class RemarkIn(Schema):
    remark: str = ""


class DeclineIn(Schema):
    reason: str


@router.post("/cases/{number}/orders", response={201: BatchOut, **PROBLEMS})
@allowed("order")
@once
def draft_orders(request: HttpRequest, number: str, body: OrdersIn) -> Status[Any]:
    """Draft orders on a case as one batch, for another person to issue under a notice (附件四).

    `exempt` lets a name or address be ordered that an allow-list or its neighbours hold: why, and until when.
    """
    made = batches.draft(
        viewer=viewer_of(request),
        case=number,
        wanted=[Wanted(**one.dict()) for one in body.orders],
        now=now(),
        changes=body.changes,
        until=body.until,
        exempt=[Exemption(**one.dict()) for one in body.exempt],
    )
    return Status(201, answers.batch(made))


@router.post("/cases/{number}/orders/again", response={201: BatchOut, **PROBLEMS})
@allowed("order")
@once
def draft_again(request: HttpRequest, number: str) -> Status[Any]:
    """Draft again what failed verification or was not carried out, for a further notice of the same task number."""
    return Status(201, answers.batch(batches.draft_again(viewer=viewer_of(request), case=number, now=now())))


@router.get("/batches", response={200: list[BatchOut], **PROBLEMS})
@allowed("order")
def list_batches(request: HttpRequest, case: str = "") -> list[dict[str, Any]]:
    """List your party's batches: all of a case, or all that wait for a second person."""
    return [answers.batch(one) for one in batches.batches(viewer_of(request), case=case or None)]


@router.get("/batches/{number}/dry-run", response={200: list[DifferenceOut], **PROBLEMS})
@allowed("order")
def show_differences(request: HttpRequest, number: str) -> list[dict[str, Any]]:
    """Show what issuing a batch would change at each place of the network and in each party's feed, line by line."""
    viewer = viewer_of(request)
    found = batches.own(viewer, number)
    differences = dry_run.differences(batches.wanted(found), batches.reaches(viewer, found))
    return [{"place": one.place, "party": one.party, "lines": list(one.lines)} for one in differences]


@router.post("/batches/{number}/confirm", response={201: list[schemas.OrderOut], **PROBLEMS})
@allowed("order")
@once
def confirm(request: HttpRequest, number: str, body: ConfirmIn) -> Status[Any]:
    """Issue a batch that another person drafted; `first` tells the notice by phone or mail, the paper follows."""
    first = schemas.first_of(body.first)
    made = batches.confirm(viewer=viewer_of(request), batch=number, now=now(), first=first)
    return Status(201, [answers.order(one) for one in made])


@router.post("/batches/{number}/issue-alone", response={201: list[schemas.OrderOut], **PROBLEMS})
@allowed("order")
@once
def issue_alone(request: HttpRequest, number: str, body: AloneIn) -> Status[Any]:
    """Issue a batch at once because nobody else is on duty; that another person confirms it becomes a duty."""
    first = schemas.first_of(body.first)
    made = batches.issue_alone(viewer=viewer_of(request), batch=number, reason=body.reason, now=now(), first=first)
    return Status(201, [answers.order(one) for one in made])


@router.post("/batches/{number}/countersign", response={200: schemas.Taken, **PROBLEMS})
@allowed("order")
@once
def countersign(request: HttpRequest, number: str, body: RemarkIn) -> Status[Any]:
    """Confirm, as another person, what was issued alone."""
    batches.countersign(viewer=viewer_of(request), batch=number, now=now(), remark=body.remark)
    return Status(200, {"taken": True})


@router.post("/batches/{number}/decline", response={200: schemas.Taken, **PROBLEMS})
@allowed("order")
@once
def decline(request: HttpRequest, number: str, body: DeclineIn) -> Status[Any]:
    """Give a batch back that is not to be issued."""
    batches.decline(viewer=viewer_of(request), batch=number, reason=body.reason, now=now())
    return Status(200, {"taken": True})

"""Ordinary incidents: what is fed back on them monthly."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status

from cleannet.formats import sheet
from cleannet.hub.api import schemas
from cleannet.hub.api.conventions import PROBLEMS, allowed, now, once, viewer_of
from cleannet.hub.disposal import monthly
from cleannet.hub.ledger import queries as ledger

router = Router()


class SaidIn(Schema):
    case: str
    target: str
    done: bool
    reason: str = ""


class MonthIn(Schema):
    month: str
    items: list[SaidIn]


class SaidOut(SaidIn):
    program: str
    kind: str


class MonthOut(Schema):
    party: str
    entry: str
    items: list[SaidOut]


@router.get("/months", response={200: list[MonthOut], **PROBLEMS})
@allowed("read")
def list_month(request: HttpRequest, month: str) -> list[dict[str, Any]]:
    """List what each party fed back on a month's (YYYY-MM) ordinary incidents, as far as you may see it."""
    viewer = viewer_of(request)
    return [
        {"party": entry.party, "entry": entry.id, "items": ledger.facts(viewer, entry).get("items", [])}
        for entry in monthly.given(viewer, month)
    ]


@router.get("/months/sheet", response={200: Any, **PROBLEMS})
@allowed("read")
def download_sheet(request: HttpRequest, month: str, party: str = "") -> HttpResponse:
    """Return the sheet (.xlsx) of a month: your own to fill in, or with `party` what that one fed back."""
    viewer = viewer_of(request)
    made = monthly.as_sheet(viewer, month, party) if party else monthly.blank(viewer, month)
    return HttpResponse(made, content_type=sheet.KIND)


@router.post("/months/feedback", response={201: schemas.EntryMade, **PROBLEMS})
@allowed("feed_back")
@once
def feed_back_month(request: HttpRequest, body: MonthIn) -> Status[Any]:
    """Feed back what was done in a month about ordinary incidents, every listed resource once."""
    items = [monthly.Done(**one.dict()) for one in body.items]
    entry = monthly.feed_back(viewer=viewer_of(request), month=body.month, items=items, now=now())
    return Status(201, {"entry": entry.id})


@router.post("/months/sheet", response={201: schemas.EntryMade, **PROBLEMS})
@allowed("feed_back")
@once
def send_sheet(request: HttpRequest, month: str) -> Status[Any]:
    """Feed back a month by the filled sheet (.xlsx), which is the body."""
    items = monthly.read(request.body)
    entry = monthly.feed_back(viewer=viewer_of(request), month=month, items=items, now=now())
    return Status(201, {"entry": entry.id})

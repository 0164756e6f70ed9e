"""Appeals against orders: take, review, answer."""

import base64
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status

from cleannet.hub.api import schemas
from cleannet.hub.api.conventions import PROBLEMS, ApiRefused, allowed, now, once, page, viewer_of
from cleannet.hub.disposal import appeals, enclosures
from cleannet.hub.disposal.appeals import Appeal
from cleannet.hub.disposal.enclosures import Applicant, Material

router = Router()


class MaterialIn(Schema):
    name: str
    content: str


class AppealIn(Schema):
    target: str
    grounds: str
    applicant: str
    contact: str
    received_at: schemas.Moment
    materials: list[MaterialIn] = []


class DecideIn(Schema):
    grant: bool
    reason: str
    remedy: str


class AnsweredIn(Schema):
    answered_at: schemas.Moment


class AppealOut(Schema):
    number: str
    case: str
    party: str
    target: str
    status: str
    received_at: datetime
    reason: str
    remedy: str
    granted: bool | None
    answered_at: datetime | None


class SaidOut(Schema):
    grounds: str
    applicant: str
    contact: str
    files: list[str]


class AppealWhole(AppealOut):
    orders: list[str]
    said: SaidOut | None


class AppealsOut(Schema):
    items: list[AppealOut]
    next: str | None


@router.post("/appeals", response={201: AppealOut, **PROBLEMS})
@allowed("record")
@once
def take_appeal(request: HttpRequest, body: AppealIn) -> Status[Any]:
    """Take an appeal against the orders that stand on a target; materials are base64, together 64 MiB at most."""
    made = appeals.receive(
        viewer=viewer_of(request),
        target=body.target,
        grounds=body.grounds,
        applicant=Applicant(body.applicant, body.contact),
        received_at=body.received_at,
        now=now(),
        materials=[Material(one.name, _decoded(one)) for one in body.materials],
    )
    return Status(201, _shown(made))


@router.get("/appeals", response={200: AppealsOut, **PROBLEMS})
@allowed("read")
def list_appeals(request: HttpRequest, case: str = "", after: str = "", limit: int = 100) -> dict[str, Any]:
    """List the appeals you may see, by number."""
    found = appeals.appeals(viewer_of(request), case=case or None)
    rows, following = page(found, by="number", after=after, limit=limit)
    return {"items": [_shown(row) for row in rows], "next": following}


@router.get("/appeals/{number}", response={200: AppealWhole, **PROBLEMS})
@allowed("read")
def show_appeal(request: HttpRequest, number: str) -> dict[str, Any]:
    """Return one appeal with the orders it is against; `said` is null once erased, and without `order` or `record`."""
    viewer = viewer_of(request)
    found = appeals.one(viewer, number)
    told = enclosures.said(viewer, found)
    said = told and {
        "grounds": told.grounds,
        "applicant": told.applicant.name,
        "contact": told.applicant.contact,
        "files": told.files,
    }
    return {**_shown(found), "orders": found.orders, "said": said}


@router.get("/appeals/{number}/materials/{place}", response={200: Any, **PROBLEMS})
@allowed("read")
def download_material(request: HttpRequest, number: str, place: int) -> HttpResponse:
    """Return one file of an appeal, by its place among `said.files` from 0 on, to those who review or answer."""
    viewer = viewer_of(request)
    found = enclosures.material(viewer, appeals.one(viewer, number), place)
    return HttpResponse(found.content, content_type="application/octet-stream")


@router.post("/appeals/{number}/decide", response={200: AppealOut, **PROBLEMS})
@allowed("order")
@once
def decide_appeal(request: HttpRequest, number: str, body: DecideIn) -> Status[Any]:
    """Review an appeal as a person who had no part in the orders; granting it lifts them everywhere."""
    return Status(200, _shown(appeals.decide(viewer=viewer_of(request), appeal=number, now=now(), **body.dict())))


@router.post("/appeals/{number}/answer", response={200: AppealOut, **PROBLEMS})
@allowed("record")
@once
def answer_appeal(request: HttpRequest, number: str, body: AnsweredIn) -> Status[Any]:
    """Record that the applicant was told the result, its reason and the remedy."""
    made = appeals.answer(viewer=viewer_of(request), appeal=number, answered_at=body.answered_at, now=now())
    return Status(200, _shown(made))


def _decoded(one: MaterialIn) -> bytes:
    try:
        return base64.b64decode(one.content, validate=True)
    except ValueError as error:
        raise ApiRefused("api.bad_request", why=f"materials: the content of {one.name} is no base64") from error


def _shown(appeal: Appeal) -> dict[str, Any]:
    fields = "number case party target status reason remedy granted".split()
    moments = {name: getattr(appeal, name) for name in ("received_at", "answered_at")}
    return {
        **{name: getattr(appeal, name) for name in fields},
        **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
    }

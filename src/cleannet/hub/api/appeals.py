"""Appeals against orders: take, review, answer."""

import base64
import binascii
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from cleannet.hub.api import schemas
from cleannet.hub.api.conventions import PROBLEMS, ApiRefused, allowed, now, once, page, viewer_of
from cleannet.hub.disposal import appeals
from cleannet.hub.disposal.appeals import Appeal, Applicant, Material

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


class AppealsOut(Schema):
    items: list[AppealOut]
    next: str | None


@router.post("/appeals", response={201: AppealOut, **PROBLEMS})
@allowed("record")
@once
def take_appeal(request: HttpRequest, body: AppealIn) -> Status[Any]:
    """Take an appeal against the orders that stand on a target; the content of materials is base64."""
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
    except binascii.Error as error:
        raise ApiRefused("api.bad_request", why=f"materials: the content of {one.name} is no base64") from error


def _shown(appeal: Appeal) -> dict[str, Any]:
    fields = "number case party target status reason remedy granted".split()
    moments = {name: getattr(appeal, name) for name in ("received_at", "answered_at")}
    return {
        **{name: getattr(appeal, name) for name in fields},
        **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
    }

"""What ends an order: withdraw it, or let it expire at another moment."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from cleannet.hub.api import answers, schemas
from cleannet.hub.api.conventions import PROBLEMS, allowed, now, once, viewer_of
from cleannet.hub.disposal import life

router = Router()


@router.post("/orders/withdraw", response={200: list[schemas.OrderOut], **PROBLEMS})
@allowed("order")
@once
def withdraw(request: HttpRequest, body: schemas.WithdrawIn) -> Status[Any]:
    """Withdraw orders, all or none, with a reason; every place they reached ceases to serve them."""
    ended = life.withdraw(viewer=viewer_of(request), orders=body.orders, reason=body.reason, now=now())
    return Status(200, [answers.order(row) for row in ended])


@router.post("/orders/prolong", response={200: list[schemas.OrderOut], **PROBLEMS})
@allowed("order")
@once
def prolong(request: HttpRequest, body: schemas.ProlongIn) -> Status[Any]:
    """Let orders expire at another moment, or never (null)."""
    changed = life.prolong(viewer=viewer_of(request), orders=body.orders, until=body.until, now=now())
    return Status(200, [answers.order(row) for row in changed])

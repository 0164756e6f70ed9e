"""Notices with their orders, feedback on them, and verification."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from cleannet.hub.api import answers, schemas
from cleannet.hub.api.conventions import PROBLEMS, allowed, now, once, page, viewer_of
from cleannet.hub.disposal import actions as disposal
from cleannet.hub.disposal import by_hand, feedback, relapses, verification
from cleannet.hub.disposal import queries as orders
from cleannet.hub.incidents import notices
from cleannet.hub.incidents import queries as cases

router = Router()


@router.post("/cases/{number}/notices", response={201: schemas.NoticeOut, **PROBLEMS})
@allowed("notify")
@once
def notify(request: HttpRequest, number: str, body: schemas.NoticeIn) -> Status[Any]:
    """Issue a notice (附件四) without orders; `first` tells it by phone or mail, the paper follows."""
    made = notices.notify(
        viewer=viewer_of(request),
        case=number,
        addressees=body.addressees,
        now=now(),
        changes=body.changes,
        first=schemas.first_of(body.first),
    )
    return Status(201, answers.notice(made))


@router.get("/orders", response={200: schemas.OrdersOut, **PROBLEMS})
@allowed("read")
def list_orders(request: HttpRequest, case: str = "", after: str = "", limit: int = 100) -> dict[str, Any]:
    """List the orders you may see, by number, each with whether and where it is in force on the network."""
    found = orders.orders(viewer_of(request), case=case or None)
    rows, following = page(found, by="number", after=after, limit=limit)
    return {"items": answers.orders_with_effects(rows), "next": following}


@router.post("/orders/{number}/acknowledge", response={200: schemas.Taken, **PROBLEMS})
@allowed("feed_back")
@once
def acknowledge(request: HttpRequest, number: str) -> Status[Any]:
    """Sign for an order (签收)."""
    disposal.acknowledge(viewer=viewer_of(request), order=number, now=now())
    return Status(200, {"taken": True})


@router.post("/notices/{number}/feedback", response={201: schemas.FeedbackOut, **PROBLEMS})
@allowed("feed_back")
@once
def feed_back(request: HttpRequest, number: str, body: schemas.FeedbackIn) -> Status[Any]:
    """Feed back on 附件五 what was done under a notice, and why the rest was not."""
    made = feedback.feed_back(
        viewer=viewer_of(request),
        notice=number,
        items=[feedback.Done(**item.dict()) for item in body.items],
        users_told=body.users_told,
        disposed_at=body.disposed_at,
        now=now(),
        changes=body.changes,
        first=schemas.first_of(body.first),
    )
    return Status(201, answers.feedback(made))


@router.post("/cases/{number}/look", response={202: list[schemas.OrderOut], **PROBLEMS})
@allowed("verify")
@once
def look(request: HttpRequest, number: str) -> Status[Any]:
    """Ask for a look at the names of a case that was fed back on; the orders asked of, the sightings come later."""
    asked = verification.look(viewer=viewer_of(request), case=number, now=now())
    return Status(202, [answers.order(row) for row in asked])


@router.get("/cases/{number}/sightings", response={200: schemas.SightingsOut, **PROBLEMS})
@allowed("read")
def list_sightings(request: HttpRequest, number: str, after: int = 0, limit: int = 100) -> dict[str, Any]:
    """List what was seen of the orders of a case that you may see, one row for each look, order and vantage."""
    viewer = viewer_of(request)
    cases.case(viewer, number)
    rows, following = page(orders.case_sightings(viewer, case=number), by="pk", after=str(after), limit=limit)
    return {"items": [answers.sighting(row) for row in rows], "next": following}


@router.post("/feedbacks/{number}/verify", response={200: schemas.VerdictsOut, **PROBLEMS})
@allowed("verify")
@once
def verify(request: HttpRequest, number: str, body: schemas.VerifyIn) -> Status[Any]:
    """Answer a feedback with what was seen since it came; with a `reason` also where that is not certain."""
    verdicts = verification.verify(
        viewer=viewer_of(request), feedback=number, now=now(), reason=body.reason, first=schemas.first_of(body.first)
    )
    return Status(200, {"verdicts": dict(verdicts)})


@router.get("/relapses", response={200: list[schemas.OrderOut], **PROBLEMS})
@allowed("read")
def list_relapses(request: HttpRequest, case: str = "") -> list[dict[str, Any]]:
    """List the verified orders you may see whose targets were seen again since; a person reopens or dismisses them."""
    return [answers.order(row) for row in orders.relapsed(viewer_of(request), case=case or None)]


@router.post("/cases/{number}/reopen", response={200: list[schemas.OrderOut], **PROBLEMS})
@allowed("verify")
@once
def reopen(request: HttpRequest, number: str, body: schemas.ReasonIn) -> Status[Any]:
    """Reopen what came back in a case, and the case where it was closed, as a person with a reason."""
    found = relapses.reopen(viewer=viewer_of(request), case=number, reason=body.reason, now=now())
    return Status(200, [answers.order(row) for row in found])


@router.post("/cases/{number}/relapse/dismiss", response={200: list[schemas.OrderOut], **PROBLEMS})
@allowed("verify")
@once
def dismiss_relapse(request: HttpRequest, number: str, body: schemas.ReasonIn) -> Status[Any]:
    """Say with a reason that what was seen again in a case is no relapse; it is watched on."""
    found = relapses.dismiss(viewer=viewer_of(request), case=number, reason=body.reason, now=now())
    return Status(200, [answers.order(row) for row in found])


@router.post("/notices/{number}/users-warned", response={200: schemas.Taken, **PROBLEMS})
@allowed("feed_back")
@once
def warn_users(request: HttpRequest, number: str, body: schemas.WarnedIn) -> Status[Any]:
    """Say how many of your users were warned and advised under a notice."""
    feedback.warn_users(viewer=viewer_of(request), notice=number, now=now(), **body.dict())
    return Status(200, {"taken": True})


@router.post("/notices/{number}/paper", response={201: schemas.PaperOut, **PROBLEMS})
@allowed("notify")
@once
def supply_notice(request: HttpRequest, number: str, body: schemas.ReportIn) -> Status[Any]:
    """Supply the paper (附件四) after a first notice by phone or mail."""
    made = notices.supply(viewer=viewer_of(request), notice=number, now=now(), changes=body.changes)
    return Status(201, answers.paper(made))


@router.post("/feedbacks/{number}/paper", response={201: schemas.PaperOut, **PROBLEMS})
@allowed("feed_back")
@once
def supply_feedback(request: HttpRequest, number: str, body: schemas.ReportIn) -> Status[Any]:
    """Supply the paper (附件五) after a first feedback by phone or mail."""
    made = feedback.supply(viewer=viewer_of(request), feedback=number, now=now(), changes=body.changes)
    return Status(201, answers.paper(made))


@router.post("/notices/{number}/feedback/by-hand", response={201: schemas.FeedbackOut, **PROBLEMS})
@allowed("verify")
@once
def record_feedback(request: HttpRequest, number: str, body: schemas.FeedbackByHandIn) -> Status[Any]:
    """Record by hand the feedback of a party without a system: it counts from when it came."""
    given = body.dict() | {"items": [feedback.Done(**item.dict()) for item in body.items]}
    made = by_hand.record(viewer=viewer_of(request), notice=number, now=now(), **given)
    return Status(201, answers.feedback(made))


@router.post("/feedbacks/{number}/paper/by-hand", response={200: schemas.Taken, **PROBLEMS})
@allowed("verify")
@once
def record_paper(request: HttpRequest, number: str, body: schemas.CameIn) -> Status[Any]:
    """Record by hand that the paper of a party without a system came."""
    by_hand.record_paper(viewer=viewer_of(request), feedback=number, received_at=body.received_at, now=now())
    return Status(200, {"taken": True})


@router.post("/feedbacks/{number}/result-paper", response={201: schemas.PaperOut, **PROBLEMS})
@allowed("verify")
@once
def supply_verification(request: HttpRequest, number: str) -> Status[Any]:
    """Supply the paper (附件五 with the result) after a first answer by phone or mail."""
    return Status(201, answers.paper(verification.supply(viewer=viewer_of(request), feedback=number, now=now())))

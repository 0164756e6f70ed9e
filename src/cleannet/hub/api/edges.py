"""What edges send and pull: tallies, heartbeats, keys, releases of the watchlist, looks from inside."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status

from cleannet.hub.api import schemas
from cleannet.hub.api.conventions import PROBLEMS, allowed, now, viewer_of
from cleannet.hub.api.description import RELEASE, SIGNED_BODY
from cleannet.hub.disposal import inside
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.ledger import sealing
from cleannet.hub.programs import actions
from cleannet.hub.programs import queries as programs
from cleannet.hub.watch import actions as watch

router = Router()


class ProgramIn(Schema):
    zh: str
    behaviour: str
    harm: str
    systems: str


class ProgramOut(ProgramIn):
    code: str
    provisional: bool


@router.post(
    "/tallies", response={200: schemas.TallyReceipt, 201: schemas.TallyReceipt, **PROBLEMS}, openapi_extra=SIGNED_BODY
)
@allowed("submit")
def receive_tally(request: HttpRequest) -> Status[Any]:
    """Take in a signed tally (the body is the envelope). The receipt carries the signed head of the ledger."""
    at = now()
    receipt = incidents.receive_tally(data=request.body, viewer=viewer_of(request), now=at)
    head = sealing.seal_all(now=at)
    answer = {
        "edge": receipt.edge,
        "sequence": receipt.sequence,
        "cases": list(receipt.cases),
        "provisional": list(receipt.provisional),
        "again": receipt.again,
        "head": bytes(head.envelope).decode(),
    }
    return Status(200 if receipt.again else 201, answer)


@router.post("/heartbeats", response={200: schemas.Taken, **PROBLEMS}, openapi_extra=SIGNED_BODY)
@allowed("submit")
def receive_heartbeat(request: HttpRequest) -> Status[Any]:
    """Take in a signed heartbeat (the body is the envelope): what an edge covers."""
    watch.take_heartbeat(data=request.body, party=viewer_of(request).party, now=now())
    return Status(200, {"taken": True})


@router.post("/keys", response={200: schemas.Taken, **PROBLEMS}, openapi_extra=SIGNED_BODY)
@allowed("submit")
def receive_rotation(request: HttpRequest) -> Status[Any]:
    """Take in a signed rotation (the body is the envelope): the key an edge will sign with from now on."""
    watch.take_rotation(data=request.body, party=viewer_of(request).party, now=now())
    return Status(200, {"taken": True})


@router.get("/looks", response={200: schemas.LooksOut, **PROBLEMS})
@allowed("submit")
def list_looks(request: HttpRequest, edge: str) -> dict[str, Any]:
    """List what an edge of yours is asked to look at from inside, each a message signed by the hub."""
    asked = inside.requests(viewer_of(request), edge=edge, now=now())
    return {"requests": [one.decode() for one in asked]}


@router.post("/seen", response={200: schemas.Taken, **PROBLEMS}, openapi_extra=SIGNED_BODY)
@allowed("submit")
def receive_seen(request: HttpRequest) -> Status[Any]:
    """Take in what an edge saw for a request (the body is the envelope); it goes with the hub's own looks."""
    inside.receive(data=request.body, viewer=viewer_of(request), now=now())
    return Status(200, {"taken": True})


@router.get("/releases/latest", response={204: None, **PROBLEMS}, openapi_extra=RELEASE)
@allowed("read")
def latest_release(request: HttpRequest, after: int = 0) -> HttpResponse | Status[Any]:
    """Return the newest release of the watchlist, signed, or the signed delta from `after`; 204 if none is newer."""
    found = programs.release_after(viewer_of(request), after=after, now=now())
    return Status(204, None) if found is None else HttpResponse(found, content_type="application/json")


@router.put("/programs/{path:code}", response={200: ProgramOut, **PROBLEMS})
@allowed("administer")
def describe_program(request: HttpRequest, code: str, body: ProgramIn) -> Any:
    """Give a program its official name and what the forms say of it, as the hub's own party."""
    return actions.describe(viewer=viewer_of(request), code=code, **body.dict())

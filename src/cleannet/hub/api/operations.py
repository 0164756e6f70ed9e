"""Every operation of /api/v1: each makes one call of an app's actions or queries."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from ninja import Status
from ninja.errors import AuthenticationError, ValidationError

from cleannet.core.refusal import Refusal
from cleannet.hub.api import answers, schemas
from cleannet.hub.api.conventions import ApiRefused, ByToken, allowed, now, once, page, problem, viewer_of
from cleannet.hub.api.description import RELEASE, SIGNED_BODY, Described
from cleannet.hub.disposal import actions as disposal
from cleannet.hub.disposal import feedback, verification
from cleannet.hub.disposal import queries as orders
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.incidents import notices, receipts, reports
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.first import First
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger import sealing
from cleannet.hub.papers import queries as papers
from cleannet.hub.programs import queries as programs
from cleannet.hub.watch import actions as watch

PROBLEMS = {400: schemas.Problem, 401: schemas.Problem, 403: schemas.Problem, 404: schemas.Problem}
PROBLEMS |= {409: schemas.Problem, 422: schemas.Problem}

api = Described(
    title="CleanNet 清网",
    version="1",
    auth=ByToken(),
    docs_url=None,
    docs_decorator=require_safe,
    urls_namespace="api",
    description="Cases, duties, papers and orders of one hub. Errors are problem+json. "
    "A POST takes an Idempotency-Key, but tallies and heartbeats are idempotent by the sequence and the clock they "
    "are signed with.",
)


@api.exception_handler(Refusal)
def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return problem(refusal)


@api.exception_handler(AuthenticationError)
def stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem(ApiRefused("api.not_authenticated"))


@api.exception_handler(ValidationError)
def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    why = "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors)
    return problem(ApiRefused("api.bad_request", why=why))


@api.post(
    "/tallies", response={200: schemas.TallyReceipt, 201: schemas.TallyReceipt, **PROBLEMS}, openapi_extra=SIGNED_BODY
)
@allowed("submit")
def receive_tally(request: HttpRequest) -> Status[Any]:
    """Take in a signed tally (the body is the envelope). The receipt carries the signed head of the ledger."""
    at = now()
    receipt = incidents.receive_tally(data=request.body, viewer=viewer_of(request), now=at)
    sealing.seal(now=at)
    head = sealing.last_head()
    if head is None:
        raise RuntimeError("a tally was taken in and nothing of it is sealed")
    answer = {
        "edge": receipt.edge,
        "sequence": receipt.sequence,
        "cases": list(receipt.cases),
        "again": receipt.again,
        "head": bytes(head.envelope).decode(),
    }
    return Status(200 if receipt.again else 201, answer)


@api.post("/heartbeats", response={200: schemas.Taken, **PROBLEMS}, openapi_extra=SIGNED_BODY)
@allowed("submit")
def receive_heartbeat(request: HttpRequest) -> Status[Any]:
    """Take in a signed heartbeat (the body is the envelope): what an edge covers."""
    watch.take_heartbeat(data=request.body, party=viewer_of(request).party, now=now())
    return Status(200, {"taken": True})


@api.post("/keys", response={200: schemas.Taken, **PROBLEMS}, openapi_extra=SIGNED_BODY)
@allowed("submit")
def receive_rotation(request: HttpRequest) -> Status[Any]:
    """Take in a signed rotation (the body is the envelope): the key an edge will sign with from now on."""
    watch.take_rotation(data=request.body, party=viewer_of(request).party, now=now())
    return Status(200, {"taken": True})


@api.get("/releases/latest", response={204: None, **PROBLEMS}, openapi_extra=RELEASE)
@allowed("read")
def latest_release(request: HttpRequest, after: int = 0) -> HttpResponse | Status[Any]:
    """Return the newest release of the watchlist, signed, or the signed delta from `after`; 204 if none is newer."""
    found = programs.release_after(viewer_of(request), after=after, now=now())
    return Status(204, None) if found is None else HttpResponse(found, content_type="application/json")


@api.get("/cases", response={200: schemas.CasesOut, **PROBLEMS})
@allowed("read")
def list_cases(request: HttpRequest, status: str = "", after: str = "", limit: int = 50) -> dict[str, Any]:
    """List the cases you may see, by number."""
    viewer = viewer_of(request)
    rows, following = page(cases.cases(viewer, status=status or None), by="number", after=after, limit=limit)
    return {"items": [answers.case(viewer, row) for row in rows], "next": following}


@api.get("/cases/{number}", response={200: schemas.CaseOut, **PROBLEMS})
@allowed("read")
def show_case(request: HttpRequest, number: str) -> dict[str, Any]:
    """Show a case with the figures and grades you may see."""
    viewer = viewer_of(request)
    return answers.case(viewer, cases.case(viewer, number))


@api.get("/cases/{number}/entries", response={200: schemas.EntriesOut, **PROBLEMS})
@allowed("read")
def list_entries(request: HttpRequest, number: str, after: str = "", limit: int = 100) -> dict[str, Any]:
    """List the ledger entries of a case that you may see, in the order they were entered."""
    viewer = viewer_of(request)
    cases.case(viewer, number)
    rows, following = page(ledger.entries(viewer, case=number), by="id", after=after, limit=limit)
    return {"items": [answers.entry(viewer, row) for row in rows], "next": following}


@api.get("/duties", response={200: schemas.DutiesOut, **PROBLEMS})
@allowed("read")
def list_duties(
    request: HttpRequest, case: str = "", own: bool = False, after: str = "", limit: int = 100
) -> dict[str, Any]:
    """List the duties you may see, by key; of one case, or only your party's own open ones."""
    viewer = viewer_of(request)
    found = ledger.own_duties(viewer) if own else ledger.duties(viewer, case=case or None)
    rows, following = page(found, by="key", after=after, limit=limit)
    return {"items": [answers.duty(row, now()) for row in rows], "next": following}


@api.post("/cases/{number}/report", response={201: schemas.PaperOut, **PROBLEMS})
@allowed("report")
@once
def report(request: HttpRequest, number: str, body: schemas.ReportIn) -> Status[Any]:
    """Report your own grade of a case on 附件三; `changes` replaces fields by key."""
    return Status(
        201, answers.paper(reports.report(viewer=viewer_of(request), case=number, now=now(), changes=body.changes))
    )


@api.post("/entries/{entry}/confirm", response={200: schemas.Confirmed, **PROBLEMS})
@allowed("read")
@once
def confirm_first(request: HttpRequest, entry: str) -> Status[Any]:
    """Confirm what your party was told by phone or mail; `complete` once all have."""
    complete = receipts.confirm(viewer=viewer_of(request), entry=entry, now=now())
    return Status(200, {"complete": complete})


@api.post("/cases/{number}/first-report", response={201: schemas.EntryMade, **PROBLEMS})
@allowed("report")
@once
def report_first(request: HttpRequest, number: str, body: schemas.FirstIn) -> Status[Any]:
    """Record a first report by phone or mail: claimed until every recipient confirms it; the paper stays owed."""
    made = reports.report_first(viewer=viewer_of(request), case=number, first=First(**body.dict()), now=now())
    return Status(201, {"entry": made.id})


@api.get("/cases/{number}/papers", response={200: schemas.PapersOut, **PROBLEMS})
@allowed("read")
def list_papers(request: HttpRequest, number: str, after: int = 0, limit: int = 100) -> dict[str, Any]:
    """List the papers of a case that you made, received or may see, by id."""
    viewer = viewer_of(request)
    cases.case(viewer, number)
    rows, following = page(papers.papers(viewer, case=number), by="pk", after=str(after), limit=limit)
    return {"items": [answers.paper(row) for row in rows], "next": following}


@api.get("/papers/{number}/{kind}", response={200: None, 410: schemas.Problem, **PROBLEMS})
@allowed("read")
def download(request: HttpRequest, number: int, kind: str) -> HttpResponse:
    """Download a paper by its id as it was issued, as pdf or docx; 410 once it was erased."""
    content = papers.content(papers.paper(viewer_of(request), number), kind)
    return HttpResponse(content, content_type=papers.FILES[kind])


@api.post("/cases/{number}/orders", response={201: list[schemas.OrderOut], **PROBLEMS})
@allowed("order")
@once
def issue_orders(request: HttpRequest, number: str, body: schemas.OrdersIn) -> Status[Any]:
    """Issue a notice (附件四) with its orders; `first` tells it by phone or mail, the paper follows."""
    wanted = [disposal.Wanted(**one.dict()) for one in body.orders]
    made = disposal.issue(
        viewer=viewer_of(request),
        case=number,
        wanted=wanted,
        now=now(),
        changes=body.changes,
        first=_first(body.first),
    )
    return Status(201, [answers.order(row) for row in made])


@api.post("/cases/{number}/orders/again", response={201: list[schemas.OrderOut], **PROBLEMS})
@allowed("order")
@once
def issue_again(request: HttpRequest, number: str) -> Status[Any]:
    """Issue what failed verification again, under a further notice of the same task number."""
    return Status(
        201, [answers.order(row) for row in disposal.issue_again(viewer=viewer_of(request), case=number, now=now())]
    )


@api.get("/orders", response={200: schemas.OrdersOut, **PROBLEMS})
@allowed("read")
def list_orders(request: HttpRequest, case: str = "", after: str = "", limit: int = 100) -> dict[str, Any]:
    """List the orders you may see, by number."""
    found = orders.orders(viewer_of(request), case=case or None)
    rows, following = page(found, by="number", after=after, limit=limit)
    return {"items": [answers.order(row) for row in rows], "next": following}


@api.post("/orders/{number}/acknowledge", response={200: schemas.Taken, **PROBLEMS})
@allowed("feed_back")
@once
def acknowledge(request: HttpRequest, number: str) -> Status[Any]:
    """Sign for an order (签收)."""
    disposal.acknowledge(viewer=viewer_of(request), order=number, now=now())
    return Status(200, {"taken": True})


@api.post("/notices/{number}/feedback", response={201: schemas.FeedbackOut, **PROBLEMS})
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
        first=_first(body.first),
    )
    names = ("number", "case", "notice", "party")
    answer = {name: getattr(made, name) for name in names}
    return Status(201, {**answer, "fed_back_at": made.fed_back_at.isoformat(), "verified_at": None})


@api.post("/cases/{number}/look", response={200: list[schemas.SightingOut], **PROBLEMS})
@allowed("verify")
@once
def look(request: HttpRequest, number: str) -> Status[Any]:
    """Look from every vantage whether the names of a case are still answered; one row for each order and vantage."""
    seen = verification.look(viewer=viewer_of(request), case=number, now=now())
    return Status(200, [answers.sighting(row) for row in seen])


@api.post("/feedbacks/{number}/verify", response={200: schemas.VerdictsOut, **PROBLEMS})
@allowed("verify")
@once
def verify(request: HttpRequest, number: str, body: schemas.VerifyIn) -> Status[Any]:
    """Answer a feedback with what was seen since it came; with a `reason` also where that is not certain."""
    verdicts = verification.verify(
        viewer=viewer_of(request), feedback=number, now=now(), reason=body.reason, first=_first(body.first)
    )
    return Status(200, {"verdicts": dict(verdicts)})


@api.post("/notices/{number}/users-warned", response={200: schemas.Taken, **PROBLEMS})
@allowed("feed_back")
@once
def warn_users(request: HttpRequest, number: str, body: schemas.WarnedIn) -> Status[Any]:
    """Say how many of your users were warned and advised under a notice."""
    feedback.warn_users(viewer=viewer_of(request), notice=number, now=now(), **body.dict())
    return Status(200, {"taken": True})


@api.post("/notices/{number}/paper", response={201: schemas.PaperOut, **PROBLEMS})
@allowed("notify")
@once
def supply_notice(request: HttpRequest, number: str, body: schemas.ReportIn) -> Status[Any]:
    """Supply the paper (附件四) after a first notice by phone or mail."""
    made = notices.supply(viewer=viewer_of(request), notice=number, now=now(), changes=body.changes)
    return Status(201, answers.paper(made))


@api.post("/feedbacks/{number}/paper", response={201: schemas.PaperOut, **PROBLEMS})
@allowed("feed_back")
@once
def supply_feedback(request: HttpRequest, number: str, body: schemas.ReportIn) -> Status[Any]:
    """Supply the paper (附件五) after a first feedback by phone or mail."""
    made = feedback.supply(viewer=viewer_of(request), feedback=number, now=now(), changes=body.changes)
    return Status(201, answers.paper(made))


@api.post("/feedbacks/{number}/result-paper", response={201: schemas.PaperOut, **PROBLEMS})
@allowed("verify")
@once
def supply_verification(request: HttpRequest, number: str) -> Status[Any]:
    """Supply the paper (附件五 with the result) after a first answer by phone or mail."""
    return Status(201, answers.paper(verification.supply(viewer=viewer_of(request), feedback=number, now=now())))


@api.post("/cases/{number}/close", response={200: schemas.Taken, **PROBLEMS})
@allowed("verify")
@once
def close(request: HttpRequest, number: str) -> Status[Any]:
    """Close a case whose orders are verified and that owes nothing within a limit of the law."""
    disposal.close(viewer=viewer_of(request), case=number, now=now())
    return Status(200, {"taken": True})


@api.get("/ledger/consistency", response={200: schemas.ConsistencyOut, **PROBLEMS})
@allowed("read")
def consistency(request: HttpRequest, first: int) -> dict[str, Any]:
    """Prove that the ledger still begins with the `first` entries it once had."""
    head, proof = sealing.prove_prefix(first)
    return {"head": bytes(head.envelope).decode(), "proof": [step.hex() for step in proof]}


@api.get("/ledger/entries/{entry}/proof", response={200: schemas.ProofOut, **PROBLEMS})
@allowed("read")
def inclusion(request: HttpRequest, entry: str) -> dict[str, Any]:
    """Prove that an entry is in the ledger."""
    found = sealing.prove_entry(ledger.entry(viewer_of(request), entry))
    return {
        "index": found.index,
        "size": found.size,
        "leaf": found.leaf.hex(),
        "proof": [step.hex() for step in found.hashes],
        "head": found.head.decode(),
    }


def _first(given: schemas.FirstIn | None) -> First | None:
    return First(**given.dict()) if given else None

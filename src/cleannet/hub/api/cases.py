"""Cases, their entries, duties and papers: read them, report, confirm, close."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from cleannet.hub.api import answers, schemas
from cleannet.hub.api.conventions import PROBLEMS, allowed, now, once, page, viewer_of
from cleannet.hub.disposal import actions as disposal
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents import receipts, reports
from cleannet.hub.incidents.first import First
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.papers import queries as papers

router = Router()


@router.get("/cases", response={200: schemas.CasesOut, **PROBLEMS})
@allowed("read")
def list_cases(request: HttpRequest, status: str = "", after: str = "", limit: int = 50) -> dict[str, Any]:
    """List the cases you may see, by number."""
    viewer = viewer_of(request)
    rows, following = page(cases.cases(viewer, status=status or None), by="number", after=after, limit=limit)
    return {"items": [answers.case(viewer, row) for row in rows], "next": following}


@router.get("/cases/{number}", response={200: schemas.CaseOut, **PROBLEMS})
@allowed("read")
def show_case(request: HttpRequest, number: str) -> dict[str, Any]:
    """Show a case with the figures and grades you may see."""
    viewer = viewer_of(request)
    return answers.case(viewer, cases.case(viewer, number))


@router.get("/cases/{number}/entries", response={200: schemas.EntriesOut, **PROBLEMS})
@allowed("read")
def list_entries(request: HttpRequest, number: str, after: str = "", limit: int = 100) -> dict[str, Any]:
    """List the ledger entries of a case that you may see, in the order they were entered."""
    viewer = viewer_of(request)
    cases.case(viewer, number)
    rows, following = page(ledger.entries(viewer, case=number), by="id", after=after, limit=limit)
    return {"items": [answers.entry(viewer, row) for row in rows], "next": following}


@router.get("/duties", response={200: schemas.DutiesOut, **PROBLEMS})
@allowed("read")
def list_duties(
    request: HttpRequest, case: str = "", own: bool = False, after: str = "", limit: int = 100
) -> dict[str, Any]:
    """List the duties you may see, by key; of one case, or only your party's own open ones."""
    viewer = viewer_of(request)
    found = ledger.own_duties(viewer) if own else ledger.duties(viewer, case=case or None)
    rows, following = page(found, by="key", after=after, limit=limit)
    return {"items": [answers.duty(row, now()) for row in rows], "next": following}


@router.post("/cases/{number}/report", response={201: schemas.PaperOut, **PROBLEMS})
@allowed("report")
@once
def report(request: HttpRequest, number: str, body: schemas.ReportIn) -> Status[Any]:
    """Report your own grade of a case on 附件三; `changes` replaces fields by key."""
    return Status(
        201, answers.paper(reports.report(viewer=viewer_of(request), case=number, now=now(), changes=body.changes))
    )


@router.post("/entries/{entry}/confirm", response={200: schemas.Confirmed, **PROBLEMS})
@allowed("record")
@once
def confirm_first(request: HttpRequest, entry: str, party: str = "") -> Status[Any]:
    """Confirm what your party was told by phone or mail, or, as CNCERT, a `party` without a system.

    `complete` once all have confirmed it.
    """
    complete = receipts.confirm(viewer=viewer_of(request), entry=entry, now=now(), party=party)
    return Status(200, {"complete": complete})


@router.post("/cases/{number}/first-report", response={201: schemas.EntryMade, **PROBLEMS})
@allowed("report")
@once
def report_first(request: HttpRequest, number: str, body: schemas.FirstIn) -> Status[Any]:
    """Record a first report by phone or mail: claimed until every recipient confirms it; the paper stays owed."""
    made = reports.report_first(viewer=viewer_of(request), case=number, first=First(**body.dict()), now=now())
    return Status(201, {"entry": made.id})


@router.get("/cases/{number}/papers", response={200: schemas.PapersOut, **PROBLEMS})
@allowed("read")
def list_papers(request: HttpRequest, number: str, after: int = 0, limit: int = 100) -> dict[str, Any]:
    """List the papers of a case that you made, received or may see, by id."""
    viewer = viewer_of(request)
    cases.case(viewer, number)
    rows, following = page(papers.papers(viewer, case=number), by="pk", after=str(after), limit=limit)
    return {"items": [answers.paper(row) for row in rows], "next": following}


@router.get("/papers/{number}/{kind}", response={200: None, 410: schemas.Problem, **PROBLEMS})
@allowed("read")
def download(request: HttpRequest, number: int, kind: str) -> HttpResponse:
    """Download a paper by its id as it was issued, as pdf or docx; 410 once it was erased."""
    content = papers.content(papers.paper(viewer_of(request), number), kind)
    return HttpResponse(content, content_type=papers.FILES[kind])


@router.post("/cases/{number}/close", response={200: schemas.Taken, **PROBLEMS})
@allowed("verify")
@once
def close(request: HttpRequest, number: str) -> Status[Any]:
    """Close a case whose orders are verified and that owes nothing within a limit of the law."""
    disposal.close(viewer=viewer_of(request), case=number, now=now())
    return Status(200, {"taken": True})

"""事件: the list of cases and the page of one."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from cleannet.core.terms import CASE_STATES
from cleannet.hub.incidents import queries
from cleannet.hub.web.access import Asked, allowed
from cleannet.hub.web.casefile import gather

PER_PAGE = 30


@allowed("read")
def cases(request: Asked) -> HttpResponse:
    """List the cases the viewer may see, newest first; of one state where asked."""
    state = request.GET.get("state", "")
    found = queries.cases(request.viewer, status=state if state in CASE_STATES else None)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    shown = [(row, queries.grade_told(request.viewer, row), queries.scale(request.viewer, row)) for row in page]
    return render(request, "web/cases.html", {"page": page, "cases": shown, "state": state, "states": CASE_STATES})


@allowed("read")
def case(request: Asked, number: str) -> HttpResponse:
    """Show a case: its grade with the proof, curve, duties, orders, papers and timeline."""
    return render(request, "web/case.html", gather(request, number))

"""一般事件: what is fed back monthly on ordinary incidents, on the page or as a spreadsheet."""

from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from cleannet.core.clock import month_of
from cleannet.formats import sheet as spreadsheet
from cleannet.hub.disposal import monthly
from cleannet.hub.disposal.monthly import Done
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.web import orders, stepping
from cleannet.hub.web.access import FORM, Asked, allowed

# What the fields of a resource are called, before its case and target.
DONE, REASON = "done-", "reason-"


@allowed("read")
def month(request: Asked) -> HttpResponse:
    """Show who fed back on a month's ordinary incidents, and what."""
    chosen = _month(request)
    found = monthly.given(request.viewer, chosen)
    given = [(entry, ledger.facts(request.viewer, entry).get("items", [])) for entry in found]
    return render(request, "web/month.html", {"month": chosen, "given": given})


@allowed("read")
def month_sheet(request: Asked) -> HttpResponse:
    """Download the sheet of a month: the viewer's own to fill in, or what a party fed back."""
    chosen, party = _month(request), request.GET.get("party", "")
    viewer = request.viewer
    content = monthly.as_sheet(viewer, chosen, party) if party else monthly.blank(viewer, chosen)
    response = HttpResponse(content, content_type=spreadsheet.KIND)
    name = f"一般事件处置情况-{party or viewer.party}-{chosen}.xlsx"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


@allowed("feed_back", *FORM)
def feed_back_month(request: Asked) -> HttpResponse:
    """Say of each resource of a month's ordinary incidents whether it was disposed of, or send the filled sheet."""
    viewer, now, chosen = request.viewer, request.now, _month(request)
    monthly.owed(viewer, chosen)
    listed = monthly.listed(viewer, chosen)
    said = _said(request)
    typed = [(one, *said.get((one.case, one.target), ("", ""))) for one in listed]

    def act() -> None:
        sent = request.FILES.get("sheet")
        items = (
            monthly.read(sent.read(spreadsheet.MOST_BYTES + 1))
            if sent
            else [_done(case, target, *words) for (case, target), words in said.items()]
        )
        monthly.feed_back(viewer=viewer, month=chosen, items=items, now=now)

    def context() -> Mapping[str, object]:
        return {"month": chosen, "typed": typed}

    return stepping.step(request, "web/feed_back_month.html", act, context, done=_("The month is fed back."), to="desk")


def _said(request: Asked) -> dict[tuple[str, str], tuple[str, str]]:
    """Return what the form says of each case and target it names, whether or not they are listed still."""
    named = [name.removeprefix(DONE) for name in request.POST if name.startswith(DONE)]
    return {
        (name.partition(" ")[0], name.partition(" ")[2]): (
            request.POST.get(DONE + name, ""),
            request.POST.get(REASON + name, ""),
        )
        for name in named
    }


def _done(case: str, target: str, done: str, reason: str) -> Done:
    said = orders.said(target, done, reason)
    return Done(case, target, said.done, said.reason)


def _month(request: Asked) -> str:
    return request.GET.get("month", "").strip() or month_of(request.now)

"""处置: the list of orders, and the steps on them: issue, sign for, feed back, look, verify, issue again."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from cleannet.core.terms import ORDER_STATES
from cleannet.hub.disposal import actions, queries
from cleannet.hub.disposal import feedback as answers
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.feedback import Done
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import queries as cases
from cleannet.hub.parties import queries as parties
from cleannet.hub.programs import queries as programs
from cleannet.hub.web import typed
from cleannet.hub.web.access import FORM, WRITE, Asked, WebRefused, allowed, attempt, refused
from cleannet.hub.wording import Told, told

PER_PAGE = 50
FAILED = ("failed", "not_done")


@allowed("read")
def orders(request: Asked) -> HttpResponse:
    """List the orders the viewer may see, newest first; in one state where asked."""
    state = request.GET.get("state", "")
    found = queries.orders(request.viewer)
    if state in ORDER_STATES:
        found = found.filter(status=state)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "web/orders.html", {"page": page, "state": state, "states": ORDER_STATES})


@allowed("order", *FORM)
def issue(request: Asked, number: str) -> HttpResponse:
    """Choose resources and parties, show what the orders will do, and issue them under one notice."""
    viewer, now = request.viewer, request.now
    case = cases.open_case(viewer, number)
    resources = programs.resources(viewer, case.program)
    disposers = [party for party in parties.parties(viewer) if party.role in ("operator", "registry", "registrar")]
    hosts, codes = request.POST.getlist("host"), request.POST.getlist("party")
    kinds = {one.host: one.kind for one in reversed(resources)}
    wanted = [Wanted(code, kinds.get(host, ""), host) for host in dict.fromkeys(hosts) for code in dict.fromkeys(codes)]
    refusal: Told | None = None
    if request.method == "POST" and not wanted:
        refusal = told(OrderRefused("order.nothing_wanted", case=number))
    elif request.method == "POST" and "confirmed" in request.POST:
        answer = attempt(
            request,
            lambda: actions.issue(viewer=viewer, case=number, wanted=wanted, now=now),
            done=_("Issued %(count)s orders.") % {"count": len(wanted)},
            to="case",
            number=number,
        )
        if isinstance(answer, HttpResponse):
            return answer
        refusal = answer
    context = {
        "number": number,
        "case": case,
        "resources": resources,
        "disposers": disposers,
        "hosts": hosts,
        "codes": codes,
        "wanted": wanted,
        "blast": _blast(request, hosts, codes),
        "confirming": request.method == "POST" and refusal is None,
        "refused": refusal,
    }
    return render(request, "web/issue.html", context, status=refusal.status if refusal else 200)


@allowed("order", *FORM)
def issue_again(request: Asked, number: str) -> HttpResponse:
    """Show which orders failed and issue them again under a further notice."""
    viewer, now, refusal = request.viewer, request.now, None
    if request.method == "POST":
        answer = attempt(
            request,
            lambda: actions.issue_again(viewer=viewer, case=number, now=now),
            done=_("The failed orders are issued again."),
            to="case",
            number=number,
        )
        if isinstance(answer, HttpResponse):
            return answer
        refusal = answer
    cases.open_case(viewer, number)
    failed = queries.orders(viewer, case=number).filter(status__in=FAILED)
    context = {"number": number, "failed": failed, "refused": refusal}
    return render(request, "web/issue_again.html", context, status=refusal.status if refusal else 200)


@allowed("feed_back", *WRITE)
def acknowledge(request: Asked, number: str) -> HttpResponse:
    """Sign for an order."""
    order = queries.own_order(request.viewer, number)
    answer = attempt(
        request,
        lambda: actions.acknowledge(viewer=request.viewer, order=number, now=request.now),
        done=_("You signed for the order %(order)s.") % {"order": number},
        to="case",
        number=order.case,
    )
    return answer if isinstance(answer, HttpResponse) else refused(request, answer)


@allowed("feed_back", *FORM)
def feed_back(request: Asked, number: str) -> HttpResponse:
    """Say of each order of a notice whether it was done or why not, and how many users were told."""
    viewer, now = request.viewer, request.now
    notice = cases.notice(viewer, number)
    own = queries.orders(viewer, case=notice.case_id).filter(notice=number, party=viewer.party).order_by("number")
    items = [
        (order, request.POST.get(f"done-{order.number}", ""), request.POST.get(f"reason-{order.number}", ""))
        for order in own
    ]
    refusal: Told | None = None
    if request.method == "POST":
        answer = attempt(
            request,
            lambda: answers.feed_back(
                viewer=viewer,
                notice=number,
                items=[_item(order.number, done, reason) for order, done, reason in items],
                users_told=typed.number(request.POST.get("users_told", "")),
                disposed_at=typed.moment(request.POST.get("disposed_at", "")),
                now=now,
            ),
            done=_("The disposal is fed back on Annex 5."),
            to="case",
            number=notice.case_id,
        )
        if isinstance(answer, HttpResponse):
            return answer
        refusal = answer
    context = {"notice": notice, "items": items, "refused": refusal}
    return render(request, "web/feed_back.html", context, status=refusal.status if refusal else 200)


@allowed("verify", *WRITE)
def look(request: Asked, number: str) -> HttpResponse:
    """Look from every vantage whether the names of a case are still answered."""
    cases.open_case(request.viewer, number)
    answer = attempt(
        request,
        lambda: answers.look(viewer=request.viewer, case=number, now=request.now),
        done=_("Looked from every vantage; what was seen is with the orders."),
        to="case",
        number=number,
    )
    return answer if isinstance(answer, HttpResponse) else refused(request, answer)


@allowed("verify", *FORM)
def verify(request: Asked, number: str) -> HttpResponse:
    """Show what was seen since a feedback came, and answer it."""
    viewer, now, refusal = request.viewer, request.now, None
    feedback = queries.feedback(viewer, number)
    if request.method == "POST":
        answer = attempt(
            request,
            lambda: answers.verify(viewer=viewer, feedback=number, now=now),
            done=_("The feedback is answered with what was seen."),
            to="case",
            number=feedback.case,
        )
        if isinstance(answer, HttpResponse):
            return answer
        refusal = answer
    if feedback.verified_at is not None and refusal is None:
        return redirect("case", number=feedback.case)
    own = queries.orders(viewer, case=feedback.case).filter(notice=feedback.notice, party=feedback.party)
    seen = [
        (
            order,
            queries.verdict(order, since=feedback.fed_back_at),
            queries.sightings(order, since=feedback.fed_back_at),
        )
        for order in own.order_by("number")
    ]
    context = {"feedback": feedback, "seen": seen, "refused": refusal}
    return render(request, "web/verify.html", context, status=refusal.status if refusal else 200)


def _item(order: str, done: str, reason: str) -> Done:
    if done not in ("yes", "no"):
        raise WebRefused("web.bad_choice", text=done)
    return Done(order, done == "yes", reason)


def _blast(request: Asked, hosts: list[str], codes: list[str]) -> dict[str, object]:
    """Return in numbers what orders reach: names, parties, and what else is known to live at or below each name."""
    chosen = list(dict.fromkeys(hosts))
    below = [(host, programs.known_below(request.viewer, host)) for host in chosen]
    return {"hosts": len(chosen), "parties": len(set(codes)), "below": below}

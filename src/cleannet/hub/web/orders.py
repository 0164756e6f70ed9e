"""处置: the list of orders, and what the party that disposes does: sign, feed back, warn users, supply the paper."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cleannet.core.terms import ORDER_STATES
from cleannet.hub.disposal import actions, effects, queries
from cleannet.hub.disposal import feedback as answers
from cleannet.hub.disposal.feedback import Done
from cleannet.hub.incidents import queries as cases
from cleannet.hub.web import stepping, typed
from cleannet.hub.web.access import FORM, WRITE, Asked, WebRefused, allowed

PER_PAGE = 50
# What a person may write on 附件五 himself; the rest follows from the orders.
WRITTEN = ("author", "phone", "mail", "remarks")


@allowed("read")
def orders(request: Asked) -> HttpResponse:
    """List the orders the viewer may see, newest first; in one state where asked."""
    state = request.GET.get("state", "")
    found = queries.orders(request.viewer)
    if state in ORDER_STATES:
        found = found.filter(status=state)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    own = effects.effects(list(page.object_list))
    context = {
        "page": page,
        "rows": [(order, own[order.number]) for order in page.object_list],
        "state": state,
        "states": ORDER_STATES,
        "fetched": queries.fetch(request.viewer),
    }
    return render(request, "web/orders.html", context)


@allowed("feed_back", *WRITE)
def acknowledge(request: Asked, number: str) -> HttpResponse:
    """Sign for an order."""
    order = queries.own_order(request.viewer, number)
    return stepping.button(
        request,
        lambda: actions.acknowledge(viewer=request.viewer, order=number, now=request.now),
        done=_("You signed for the order %(order)s.") % {"order": number},
        number=order.case,
    )


@allowed("feed_back", *FORM)
def feed_back(request: Asked, number: str) -> HttpResponse:
    """Say of each order of a notice whether it was done or why not, and how many users were told."""
    viewer, now = request.viewer, request.now
    notice = cases.notice(viewer, number)
    items = [
        (order, request.POST.get(f"done-{order.number}", ""), request.POST.get(f"reason-{order.number}", ""))
        for order in answers.awaited(viewer, notice)
    ]
    form = cases.law_of(notice.case, notice.policy).forms[answers.FORM]
    changes = {key: text for key, text in stepping.changes(request, form).items() if key in WRITTEN and text.strip()}
    return stepping.step(
        request,
        "web/feed_back.html",
        lambda: answers.feed_back(
            viewer=viewer,
            notice=number,
            items=[said(order.number, done, reason) for order, done, reason in items],
            users_told=typed.number(request.POST.get("users_told", "")),
            disposed_at=typed.moment(request.POST.get("disposed_at", "")),
            now=now,
            changes=changes,
            first=stepping.first(request),
        ),
        lambda: {
            "notice": notice,
            "items": items,
            "written": [
                (field, request.POST.get(typed.FIELD + field.key, "")) for field in form.fields if field.key in WRITTEN
            ],
            "prefix": typed.FIELD,
        },
        done=_("The disposal is fed back on Annex 5."),
        number=notice.case_id,
    )


@allowed("feed_back", *FORM)
def warn_users(request: Asked, number: str) -> HttpResponse:
    """Say how many users were warned and advised under a notice."""
    viewer, now = request.viewer, request.now
    notice = cases.notice(viewer, number)
    return stepping.step(
        request,
        "web/warn_users.html",
        lambda: answers.warn_users(
            viewer=viewer,
            notice=number,
            users_told=typed.number(request.POST.get("users_told", "")) or 0,
            warned_at=typed.moment(request.POST.get("warned_at", "")),
            now=now,
        ),
        lambda: {"notice": notice},
        done=_("The warning of users is recorded."),
        number=notice.case_id,
    )


@allowed("feed_back", *FORM)
def supply_feedback(request: Asked, number: str) -> HttpResponse:
    """Supply the paper after a first feedback by phone or mail."""
    viewer, now = request.viewer, request.now
    found = queries.feedback(viewer, number)
    form = cases.law_of(cases.case(viewer, found.case), cases.notice(viewer, found.notice).policy).forms[answers.FORM]
    changes = {key: text for key, text in stepping.changes(request, form).items() if key in WRITTEN}
    return stepping.step(
        request,
        "web/supply.html",
        lambda: answers.supply(viewer=viewer, feedback=number, now=now, changes=changes),
        lambda: {
            "number": number,
            "case": found.case,
            **stepping.fields(request, form, answers.draft(viewer, found, now)),
        },
        done=_("The paper is supplied."),
        number=found.case,
    )


def said(order: str, done: str, reason: str) -> Done:
    """Return what a form says of one order; raise WebRefused where it says neither yes nor no."""
    if done not in ("yes", "no"):
        raise WebRefused("web.bad_choice", text=done)
    return Done(order, done == "yes", reason)

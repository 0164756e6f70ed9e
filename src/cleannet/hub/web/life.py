"""What ends an order on the network: withdraw orders of a case, or let them expire at another moment."""

from collections.abc import Callable, Mapping

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cleannet.hub.disposal import effects, queries
from cleannet.hub.disposal import life as actions
from cleannet.hub.incidents import queries as cases
from cleannet.hub.web import stepping, typed
from cleannet.hub.web.access import FORM, Asked, allowed


@allowed("order", *FORM)
def withdraw(request: Asked, number: str) -> HttpResponse:
    """Choose standing orders of a case, show where they are in force, and withdraw them with a reason."""
    reason = request.POST.get("reason", "")
    return _choose(
        request,
        number,
        "web/withdraw.html",
        lambda chosen: actions.withdraw(viewer=request.viewer, orders=chosen, reason=reason, now=request.now),
        {"reason": reason},
        _("The orders are withdrawn; every place they reached ceases to serve them."),
    )


@allowed("order", *FORM)
def prolong(request: Asked, number: str) -> HttpResponse:
    """Choose standing orders of a case and let them expire at another moment, or never."""
    until = request.POST.get("until", "")
    return _choose(
        request,
        number,
        "web/prolong.html",
        lambda chosen: actions.prolong(
            viewer=request.viewer, orders=chosen, until=typed.moment_or_none(until), now=request.now
        ),
        {"until": until},
        _("The expiry of the orders is changed."),
    )


def _choose(
    request: Asked,
    number: str,
    template: str,
    act: Callable[[list[str]], object],
    said: Mapping[str, object],
    done: str,
) -> HttpResponse:
    viewer = request.viewer
    case = cases.case(viewer, number)
    standing = list(queries.orders(viewer, case=number).filter(leaves=None).order_by("number"))
    chosen = request.POST.getlist("order")
    where = effects.effects(standing)

    def context() -> Mapping[str, object]:
        rows = [(order, where[order.number]) for order in standing]
        return {
            "number": number,
            "case": case,
            "rows": rows,
            "chosen": chosen,
            "named": [row for row in rows if row[0].number in chosen],
            "confirming": bool(chosen),
            **said,
        }

    if request.method == "POST" and chosen and "confirmed" not in request.POST:
        return render(request, template, context())
    return stepping.step(request, template, lambda: act(chosen), context, done=done, number=number)

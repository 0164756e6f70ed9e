"""验证: look from every vantage, and answer a feedback with what was seen."""

from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from cleannet.hub.disposal import by_hand, queries, relapses, verification
from cleannet.hub.disposal.feedback import awaited
from cleannet.hub.incidents import queries as cases
from cleannet.hub.web import stepping, typed
from cleannet.hub.web.access import FORM, WRITE, Asked, allowed
from cleannet.hub.web.orders import said


@allowed("verify", *WRITE)
def look(request: Asked, number: str) -> HttpResponse:
    """Ask for a look from every vantage whether the targets of a case are still there."""
    cases.case(request.viewer, number)
    return stepping.button(
        request,
        lambda: verification.look(viewer=request.viewer, case=number, now=request.now),
        done=_("The names are being looked at; what is seen appears with the orders."),
        number=number,
    )


@allowed("verify", *FORM)
def verify(request: Asked, number: str) -> HttpResponse:
    """Show what was seen since a feedback came, and answer it."""
    viewer, now = request.viewer, request.now
    feedback = queries.feedback(viewer, number)
    if feedback.settled and request.method != "POST":
        return redirect("case", number=feedback.case)

    def context() -> Mapping[str, object]:
        own = queries.orders(viewer, case=feedback.case).filter(notice=feedback.notice, party=feedback.party)
        since, looking = feedback.fed_back_at, queries.looking(viewer, case=feedback.case)
        verdicts = {order: queries.verdict(order, since=since) for order in own.order_by("number")}
        seen = [
            (order, verdict, queries.sightings(order, since=since), order.number in looking)
            for order, verdict in verdicts.items()
        ]
        unsure, voluntary = "unknown" in verdicts.values(), verification.voluntary(viewer, feedback)
        return {"feedback": feedback, "seen": seen, "unsure": unsure, "voluntary": voluntary}

    return stepping.step(
        request,
        "web/verify.html",
        lambda: verification.verify(
            viewer=viewer,
            feedback=number,
            now=now,
            reason=request.POST.get("reason", ""),
            first=stepping.first(request),
        ),
        context,
        done=_("The feedback is answered with what was seen."),
        number=feedback.case,
    )


@allowed("verify", *FORM)
def relapse(request: Asked, number: str) -> HttpResponse:
    """Show what came back after its verification; a person reopens it, or says why it is no relapse."""
    viewer, now = request.viewer, request.now
    case = cases.case(viewer, number)
    reopening = request.POST.get("what") != "dismiss"
    act = relapses.reopen if reopening else relapses.dismiss
    return stepping.step(
        request,
        "web/relapse.html",
        lambda: act(viewer=viewer, case=number, reason=request.POST.get("reason", ""), now=now),
        lambda: {
            "case": case,
            "orders": [(order, queries.returned(order)) for order in queries.relapsed(viewer, case=number)],
        },
        done=_("It is reopened; the orders can be issued again.")
        if reopening
        else _("It is recorded as no relapse and watched on."),
        number=number,
    )


@allowed("verify", *WRITE)
def supply_verification(request: Asked, number: str) -> HttpResponse:
    """Supply the paper after a first answer by phone or mail."""
    viewer, now = request.viewer, request.now
    feedback = queries.feedback(viewer, number)
    return stepping.button(
        request,
        lambda: verification.supply(viewer=viewer, feedback=number, now=now),
        done=_("The paper is supplied."),
        number=feedback.case,
    )


@allowed("verify", *FORM)
def record_feedback(request: Asked, number: str) -> HttpResponse:
    """Record by hand what a party without a system fed back."""
    viewer, now = request.viewer, request.now
    notice = cases.notice(viewer, number)
    there = by_hand.remote(viewer, notice)
    code = request.POST.get("party", request.GET.get("party", ""))
    chosen = next((one for one in there if one.party == code), there[0] if len(there) == 1 else None)
    items = [
        (order, request.POST.get(f"done-{order.number}", ""), request.POST.get(f"reason-{order.number}", ""))
        for order in (awaited(chosen, notice) if chosen else [])
    ]
    return stepping.step(
        request,
        "web/record_feedback.html",
        lambda: by_hand.record(
            viewer=viewer,
            notice=number,
            party=code,
            items=[said(order.number, done, reason) for order, done, reason in items],
            users_told=typed.number(request.POST.get("users_told", "")),
            disposed_at=typed.moment(request.POST.get("disposed_at", "")),
            received_at=typed.moment(request.POST.get("received_at", "")),
            medium=request.POST.get("medium", ""),
            now=now,
        ),
        lambda: {
            "notice": notice,
            "there": [one.party for one in there],
            "chosen": chosen,
            "items": items,
            "every_medium": by_hand.MEDIA,
        },
        done=_("The feedback is recorded; your own limit runs from when it came."),
        number=notice.case_id,
    )


@allowed("verify", *FORM)
def record_paper(request: Asked, number: str) -> HttpResponse:
    """Record by hand that the paper of a party without a system came."""
    viewer, now = request.viewer, request.now
    feedback = queries.feedback(viewer, number)
    return stepping.step(
        request,
        "web/record_paper.html",
        lambda: by_hand.record_paper(
            viewer=viewer,
            feedback=number,
            received_at=typed.moment(request.POST.get("received_at", "")),
            now=now,
        ),
        lambda: {"feedback": feedback},
        done=_("It is recorded that the paper came."),
        number=feedback.case,
    )

"""起草, 复核: put orders together on a case, look at what they would do, and let another person issue them."""

from collections.abc import Mapping, Sequence

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from cleannet.hub.disposal import actions, batches, dry_run, radius, routing
from cleannet.hub.disposal.actions import Exemption, Wanted
from cleannet.hub.disposal.routing import Proposal, Routed
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import notices, queries
from cleannet.hub.programs import queries as programs
from cleannet.hub.programs.queries import Resource
from cleannet.hub.web import stepping, typed
from cleannet.hub.web.access import FORM, Asked, WebRefused, allowed
from cleannet.hub.web.notices import disposers


@allowed("order", *FORM)
def issue(request: Asked, number: str) -> HttpResponse:
    """Choose resources and parties, show what the orders will do and the paper, and draft them as one batch."""
    viewer, now = request.viewer, request.now
    case = queries.open_case(viewer, number)
    resources = programs.resources(viewer, case.program)
    targets, codes, held = (request.POST.getlist(name) for name in ("target", "party", "exempt"))
    kinds = {one.host: one.kind for one in resources} | {one.target: one.kind for one in reversed(resources)}
    pairs = [tuple(one.partition(" ")[::2]) for one in request.POST.getlist("order")]
    chosen = dict.fromkeys([*pairs, *((code, target) for target in (*targets, *held) for code in codes)])
    wanted = [Wanted(code, kinds.get(target, ""), target) for code, target in chosen]
    draft = _draft(request, number, wanted) if wanted else None

    def act() -> None:
        if not wanted:
            raise OrderRefused("order.nothing_wanted", case=number)
        batches.draft(
            viewer=viewer,
            case=number,
            wanted=wanted,
            now=now,
            changes=stepping.changes(request, draft.law.forms[notices.FORM]) if draft else {},
            until=typed.moment_or_none(request.POST.get("until", "")),
            exempt=[
                Exemption(one, request.POST.get(f"why-{one}", ""), typed.moment(request.POST.get(f"until-{one}", "")))
                for one in dict.fromkeys(held)
            ],
        )

    def context() -> Mapping[str, object]:
        shown = stepping.fields(request, draft.law.forms[notices.FORM], draft.values) if draft else {}
        return {
            "number": number,
            "case": case,
            "offers": _offers(request, number),
            "exemptible": _exemptible(resources),
            "disposers": disposers(viewer),
            "targets": targets,
            "codes": codes,
            "held": _held(resources),
            "exempting": [
                (one, request.POST.get(f"why-{one}", ""), request.POST.get(f"until-{one}", ""))
                for one in dict.fromkeys(held)
            ],
            "exempted": held,
            "wanted": wanted,
            "reached": {
                "targets": len({one.target for one in wanted}),
                "parties": len({one.party for one in wanted}),
                "radii": radius.radii(viewer, number, [one.target for one in wanted], now=now),
            },
            "confirming": draft is not None,
            **shown,
        }

    if request.method == "POST" and wanted and "confirmed" not in request.POST:
        return render(request, "web/issue.html", context())
    return stepping.step(
        request,
        "web/issue.html",
        act,
        context,
        done=_("%(count)s orders are drafted; another person issues them.") % {"count": len(wanted)},
        number=number,
    )


@allowed("order", *FORM)
def issue_again(request: Asked, number: str) -> HttpResponse:
    """Show which orders failed and draft them for a further notice."""
    viewer, now = request.viewer, request.now
    queries.open_case(viewer, number)
    return stepping.step(
        request,
        "web/issue_again.html",
        lambda: batches.draft_again(viewer=viewer, case=number, now=now),
        lambda: {"number": number, "failed": actions.failed_orders(viewer, number)},
        done=_("The failed orders are drafted; another person issues them."),
        number=number,
    )


@allowed("order", *FORM)
def batch(request: Asked, number: str) -> HttpResponse:
    """Show a batch with what it reaches and changes, and issue, countersign or decline it."""
    viewer, now = request.viewer, request.now
    found = batches.own(viewer, number)
    wanted = batches.wanted(found)
    reason = request.POST.get("reason", "")

    def act() -> None:
        match request.POST.get("act", ""):
            case "confirm":
                batches.confirm(viewer=viewer, batch=number, now=now, first=stepping.first(request))
            case "alone":
                first = stepping.first(request)
                batches.issue_alone(viewer=viewer, batch=number, reason=reason, now=now, first=first)
            case "countersign":
                batches.countersign(viewer=viewer, batch=number, now=now, remark=reason)
            case "decline":
                batches.decline(viewer=viewer, batch=number, reason=reason, now=now)
            case other:
                raise WebRefused("web.bad_choice", text=other)

    def context() -> Mapping[str, object]:
        return {
            "batch": found,
            "wanted": wanted,
            "exempt": batches.exempt(found),
            "mine": found.drafted_by == viewer.person,
            "radii": radius.radii(viewer, found.case, [one.target for one in wanted], now=now),
            "differences": dry_run.differences(wanted, batches.reaches(viewer, found)),
            "reason": reason,
        }

    done = {
        "confirm": _("The orders are issued."),
        "alone": _("The orders are issued; another person has to confirm them."),
        "countersign": _("The orders are confirmed."),
        "decline": _("The draft is declined."),
    }.get(request.POST.get("act", ""), "")
    return stepping.step(request, "web/batch.html", act, context, done=done, number=found.case)


@allowed("order")
def batch_of_notice(request: Asked, number: str) -> HttpResponse:
    """Go to the batch that a notice issued."""
    found = batches.of_notice(request.viewer, number)
    return HttpResponseRedirect(reverse("batch", kwargs={"number": found.number}))


def _draft(request: Asked, case: str, wanted: list[Wanted]) -> notices.Draft:
    addressees = {one.party for one in wanted}
    return notices.Draft(viewer=request.viewer, case=case, addressees=addressees, now=request.now, changes={})


def _held(resources: Sequence[Resource]) -> list[tuple[Resource, list[str]]]:
    """Return what cannot be ordered, with the URLs on the same host that can."""
    urls = [one for one in resources if one.reach == "url" and not one.held]
    return [
        (one, sorted({less.target for less in urls if less.host == one.host}))
        for one in resources
        if one.held or one.reach == "nothing"
    ]


def _exemptible(resources: Sequence[Resource]) -> list[tuple[str, str]]:
    """Return the hosts that only an exception lets be ordered whole, each with why."""
    whole = {one.host for one in resources if one.reach in ("name", "address") and not one.held}
    reasons = {one.host: one.reason for one in resources if one.host and one.host not in whole}
    return sorted(reasons.items())


def _offers(request: Asked, case: str) -> list[tuple[Routed, list[tuple[Proposal, str, bool]]]]:
    """Return what is proposed for each resource, with what a box of the form says and whether it is ticked."""
    ticked = request.POST.getlist("order")
    return [
        (
            routed,
            [
                (to, value, request.method != "POST" or value in ticked)
                for to, value in ((to, f"{to.party} {routed.resource.target}") for to in routed.proposals)
            ],
        )
        for routed in routing.routes(request.viewer, case)
    ]

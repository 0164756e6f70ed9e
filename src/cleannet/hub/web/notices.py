"""通报: issue a notice with its orders, issue again what failed, record who received it, supply its paper."""

from collections.abc import Collection, Mapping, Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cleannet.core.terms import MEDIA
from cleannet.hub.disposal import actions, radius, routing
from cleannet.hub.disposal import queries as orders
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.routing import Proposal, Routed
from cleannet.hub.disposal.steps import STEPS, OrderRefused
from cleannet.hub.incidents import notices, queries, receipts
from cleannet.hub.incidents.first import MEDIA as FIRST_MEDIA
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties
from cleannet.hub.parties.queries import Party
from cleannet.hub.programs import queries as programs
from cleannet.hub.programs.queries import Resource
from cleannet.hub.web import stepping, typed
from cleannet.hub.web.access import FORM, Asked, allowed
from cleannet.hub.web.casefile import received_by


@allowed("order", *FORM)
def issue(request: Asked, number: str) -> HttpResponse:
    """Choose resources and parties, show what the orders will do and the paper, and issue them under one notice."""
    viewer, now = request.viewer, request.now
    case = queries.open_case(viewer, number)
    resources = programs.resources(viewer, case.program)
    targets, codes = request.POST.getlist("target"), request.POST.getlist("party")
    kinds = {one.target: one.kind for one in reversed(resources)}
    pairs = [tuple(one.partition(" ")[::2]) for one in request.POST.getlist("order")]
    chosen = dict.fromkeys([*pairs, *((code, target) for target in targets for code in codes)])
    wanted = [Wanted(code, kinds.get(target, ""), target) for code, target in chosen]
    draft = _draft(request, number, [one.party for one in wanted]) if wanted else None

    def act() -> None:
        if not wanted:
            raise OrderRefused("order.nothing_wanted", case=number)
        changes = stepping.changes(request, draft.law.forms[notices.FORM]) if draft else {}
        first = stepping.first(request)
        actions.issue(viewer=viewer, case=number, wanted=wanted, now=now, changes=changes, first=first)

    def context() -> Mapping[str, object]:
        shown = stepping.fields(request, draft.law.forms[notices.FORM], draft.values) if draft else {}
        return {
            "number": number,
            "case": case,
            "held": _held(resources),
            "offers": _offers(request, number),
            "disposers": _disposers(viewer),
            "targets": targets,
            "codes": codes,
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
        return render(request, "web/issue.html", {**context(), "media": FIRST_MEDIA})
    return stepping.step(
        request,
        "web/issue.html",
        act,
        context,
        done=_("Issued %(count)s orders.") % {"count": len(wanted)},
        number=number,
    )


@allowed("notify", *FORM)
def notify(request: Asked, number: str) -> HttpResponse:
    """Choose who is notified, show the paper, and issue the notice without an order."""
    viewer, now = request.viewer, request.now
    codes = list(dict.fromkeys(request.POST.getlist("party")))
    draft = _draft(request, number, codes) if codes else None
    changes = stepping.changes(request, draft.law.forms[notices.FORM]) if draft else {}

    def context() -> Mapping[str, object]:
        shown = stepping.fields(request, draft.law.forms[notices.FORM], draft.values) if draft else {}
        return {"number": number, "disposers": _disposers(viewer), "codes": codes, **shown}

    if draft and "confirmed" not in request.POST:
        return render(request, "web/notify.html", {**context(), "confirming": True, "media": FIRST_MEDIA})
    queries.open_case(viewer, number)
    return stepping.step(
        request,
        "web/notify.html",
        lambda: notices.notify(
            viewer=viewer, case=number, addressees=codes, now=now, changes=changes, first=stepping.first(request)
        ),
        context,
        done=_("The notice is issued."),
        number=number,
    )


@allowed("order", *FORM)
def issue_again(request: Asked, number: str) -> HttpResponse:
    """Show which orders failed and issue them again under a further notice."""
    viewer, now = request.viewer, request.now
    queries.open_case(viewer, number)
    failed = orders.orders(viewer, case=number).filter(status__in=STEPS["issue_again"])
    return stepping.step(
        request,
        "web/issue_again.html",
        lambda: actions.issue_again(viewer=viewer, case=number, now=now),
        lambda: {"number": number, "failed": failed},
        done=_("The failed orders are issued again."),
        number=number,
    )


@allowed("notify", *FORM)
def record_receipt(request: Asked, number: str) -> HttpResponse:
    """Record by hand that a party without a system received a notice."""
    viewer, now = request.viewer, request.now
    notice = queries.notice(viewer, number)
    return stepping.step(
        request,
        "web/record_receipt.html",
        lambda: receipts.record(
            viewer=viewer,
            notice=number,
            party=request.POST.get("party", ""),
            medium=typed.chosen(request.POST.get("medium", ""), MEDIA),
            received_at=typed.moment(request.POST.get("received_at", "")),
            now=now,
        ),
        lambda: {
            "notice": notice,
            "waiting": sorted(set(notice.addressees) - received_by(viewer, notice)),
            "every_medium": MEDIA,
        },
        done=_("The receipt is recorded; the clock of the party runs."),
        number=notice.case_id,
    )


@allowed("notify", *FORM)
def supply_notice(request: Asked, number: str) -> HttpResponse:
    """Supply the paper after a first notice by phone or mail."""
    viewer, now = request.viewer, request.now
    notice = queries.notice(viewer, number)
    draft = notices.drafted_again(viewer, notice, now, {})
    form = draft.law.forms[notices.FORM]
    changes = stepping.changes(request, form)
    return stepping.step(
        request,
        "web/supply.html",
        lambda: notices.supply(viewer=viewer, notice=number, now=now, changes=changes),
        lambda: {
            "number": number,
            "case": notice.case_id,
            "recipients": draft.recipients,
            **stepping.fields(request, form, draft.values),
        },
        done=_("The paper is supplied."),
        number=notice.case_id,
    )


def _disposers(viewer: Viewer) -> list[Party]:
    return [party for party in parties.parties(viewer) if party.role in actions.DISPOSERS]


def _draft(request: Asked, case: str, addressees: Collection[str]) -> notices.Draft:
    given = set(addressees)
    return notices.Draft(viewer=request.viewer, case=case, addressees=given, now=request.now, changes={})


def _held(resources: Sequence[Resource]) -> list[tuple[Resource, list[str]]]:
    """Return what cannot be ordered, with the URLs on the same host that can."""
    urls = [one for one in resources if one.reach == "url" and not one.held]
    return [
        (one, sorted({less.target for less in urls if less.host == one.host}))
        for one in resources
        if one.held or one.reach == "nothing"
    ]


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

"""通报: issue a notice with its orders, issue again what failed, record who received it, supply its paper."""

from collections.abc import Collection, Mapping

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cleannet.core.terms import MEDIA
from cleannet.hub.disposal.orderable import DISPOSERS
from cleannet.hub.incidents import notices, queries, receipts
from cleannet.hub.incidents.first import MEDIA as FIRST_MEDIA
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties
from cleannet.hub.parties.queries import Party
from cleannet.hub.web import stepping, typed
from cleannet.hub.web.access import FORM, Asked, allowed
from cleannet.hub.web.casefile import received_by


@allowed("notify", *FORM)
def notify(request: Asked, number: str) -> HttpResponse:
    """Choose who is notified, show the paper, and issue the notice without an order."""
    viewer, now = request.viewer, request.now
    codes = list(dict.fromkeys(request.POST.getlist("party")))
    draft = _draft(request, number, codes) if codes else None
    changes = stepping.changes(request, draft.law.forms[notices.FORM]) if draft else {}

    def context() -> Mapping[str, object]:
        shown = stepping.fields(request, draft.law.forms[notices.FORM], draft.values) if draft else {}
        return {"number": number, "disposers": disposers(viewer), "codes": codes, **shown}

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


def disposers(viewer: Viewer) -> list[Party]:
    """Return the parties that can be ordered or asked to dispose."""
    return [party for party in parties.parties(viewer) if party.role in DISPOSERS]


def _draft(request: Asked, case: str, addressees: Collection[str]) -> notices.Draft:
    given = set(addressees)
    return notices.Draft(viewer=request.viewer, case=case, addressees=given, now=request.now, changes={})

"""The steps on a case that a person takes: report, confirm, raise the grade, annul, close."""

from collections.abc import Mapping

from django.http import HttpResponse
from django.utils.translation import gettext as _

from cleannet.core.terms import GRADES, Grade
from cleannet.hub.disposal import actions as disposal
from cleannet.hub.disposal import life
from cleannet.hub.disposal import queries as orders
from cleannet.hub.incidents import actions, queries, receipts, reports
from cleannet.hub.incidents.grading import BASE_LAW, IncidentRefused
from cleannet.hub.ledger import queries as entries
from cleannet.hub.web import stepping, typed
from cleannet.hub.web.access import FORM, WRITE, Asked, allowed


@allowed("report", *FORM)
def report(request: Asked, number: str) -> HttpResponse:
    """Show the report of a law as it would be issued now, with what is missing, and issue it."""
    viewer, now = request.viewer, request.now
    policy = request.GET.get("policy", BASE_LAW)
    draft = reports.draft_report(viewer=viewer, case=number, now=now, policy=policy)
    form = draft.law.forms[draft.form]
    changes = stepping.changes(request, form)
    return stepping.step(
        request,
        "web/report.html",
        lambda: reports.report(viewer=viewer, case=number, now=now, changes=changes, policy=policy),
        lambda: {"number": number, "draft": draft, **stepping.fields(request, form, draft.values)},
        done=_("The incident is reported; the paper is issued."),
        number=number,
    )


@allowed("report", *FORM)
def report_first(request: Asked, number: str) -> HttpResponse:
    """Record that an urgent incident was first told by phone or mail; every recipient then confirms it."""
    viewer, now = request.viewer, request.now
    draft = reports.draft_report(viewer=viewer, case=number, now=now)

    def act() -> None:
        first = stepping.first(request)
        if first is None:
            raise IncidentRefused("incident.not_a_first_notice", medium="")
        reports.report_first(viewer=viewer, case=number, first=first, now=now)

    return stepping.step(
        request,
        "web/report_first.html",
        act,
        lambda: {"number": number, "draft": draft},
        done=_("The first report is recorded; it counts when every recipient has confirmed it."),
        number=number,
    )


@allowed("record", *WRITE)
def confirm_first(request: Asked, id: str) -> HttpResponse:
    """Confirm, as one of its recipients, what was told by phone or mail."""
    viewer, now = request.viewer, request.now
    return stepping.button(
        request,
        lambda: receipts.confirm(viewer=viewer, entry=id, now=now, party=request.POST.get("party", "")),
        done=_("You confirmed what you were told."),
        number=entries.entry(viewer, id).case,
    )


@allowed("assess", *FORM)
def raise_grade(request: Asked, number: str) -> HttpResponse:
    """Raise CNCERT's grade with a reason."""
    viewer, now = request.viewer, request.now

    def context() -> Mapping[str, object]:
        before = queries.grade_told(viewer, queries.open_case(viewer, number))
        graver = [grade for grade in Grade if before is None or grade.gravity > before.gravity]
        return {"number": number, "before": before, "graver": graver}

    return stepping.step(
        request,
        "web/raise_grade.html",
        lambda: actions.raise_grade(
            viewer=viewer,
            case=number,
            grade=Grade(typed.chosen(request.POST.get("grade", ""), GRADES)),
            reason=request.POST.get("reason", ""),
            now=now,
        ),
        context,
        done=_("The grade is raised."),
        number=number,
    )


@allowed("notify", *FORM)
def propose_annulment(request: Asked, number: str) -> HttpResponse:
    """Propose to annul a case, with a reason."""
    viewer, now, reason = request.viewer, request.now, request.POST.get("reason", "")
    return stepping.step(
        request,
        "web/propose_annulment.html",
        lambda: actions.propose_annulment(viewer=viewer, case=number, reason=reason, now=now),
        lambda: _ending(request, number),
        done=_("The annulment is proposed; another person has to confirm it."),
        number=number,
    )


@allowed("notify", *FORM)
def confirm_annulment(request: Asked, number: str) -> HttpResponse:
    """Annul a case that another person proposed to annul."""
    viewer, now = request.viewer, request.now
    return stepping.step(
        request,
        "web/confirm_annulment.html",
        lambda: life.annul(viewer=viewer, case=number, now=now),
        lambda: _ending(request, number),
        done=_("The case %(case)s is annulled.") % {"case": number},
        number=number,
    )


@allowed("verify", *FORM)
def close(request: Asked, number: str) -> HttpResponse:
    """Close a case whose orders are verified and that owes nothing within a limit."""
    viewer, now = request.viewer, request.now
    return stepping.step(
        request,
        "web/close.html",
        lambda: disposal.close(viewer=viewer, case=number, now=now),
        lambda: _ending(request, number),
        done=_("The case %(case)s is closed.") % {"case": number},
        number=number,
    )


def _ending(request: Asked, number: str) -> Mapping[str, object]:
    """Return in numbers what ending a case does."""
    viewer = request.viewer
    found = queries.open_case(viewer, number)
    return {
        "number": number,
        "case": found,
        "annulment": queries.annulment(viewer, found),
        "duties": entries.open_duties(viewer, case=number).count(),
        "told": sorted({code for one in entries.entries(viewer, case=number) for code in one.recipients}),
        "orders": orders.orders(viewer, case=number).count(),
    }

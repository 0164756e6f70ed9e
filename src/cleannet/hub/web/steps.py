"""The steps on a case that a person takes: report, raise the grade, annul, close."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cleannet.core.form import fill
from cleannet.core.terms import GRADES, MEDIA, Grade
from cleannet.hub.disposal import actions as disposal
from cleannet.hub.disposal import queries as orders
from cleannet.hub.incidents import actions, notices, queries, reports
from cleannet.hub.incidents.grading import BASE_LAW
from cleannet.hub.ledger import queries as entries
from cleannet.hub.papers.actions import FIXED
from cleannet.hub.web import typed
from cleannet.hub.web.access import FORM, WRITE, Asked, allowed, attempt
from cleannet.hub.web.access import refused as told_as_page
from cleannet.hub.web.casefile import received_by


@allowed("report", *FORM)
def report(request: Asked, number: str) -> HttpResponse:
    """Show the report of a law as it would be issued now, with what is missing, and issue it."""
    viewer, now, refused = request.viewer, request.now, None
    policy = request.GET.get("policy", BASE_LAW)
    draft = reports.draft_report(viewer=viewer, case=number, now=now, policy=policy)
    form = draft.law.forms[draft.form]
    fixed = FIXED | {field.key for field in form.fields if field.filled_by not in ("", viewer.role)}
    given = {key: request.POST.get(typed.FIELD + key) for key in {field.key for field in form.fields} - fixed}
    changes = {key: text for key, text in given.items() if text is not None and key not in FIXED}
    if request.method == "POST":
        answer = attempt(
            request,
            lambda: reports.report(viewer=viewer, case=number, now=now, changes=changes, policy=policy),
            done=_("The incident is reported; the paper is issued."),
            to="case",
            number=number,
        )
        if isinstance(answer, HttpResponse):
            return answer
        refused = answer
    context = {
        "number": number,
        "draft": draft,
        "filled": fill(form, {**draft.values, **changes}),
        "fixed": fixed,
        "prefix": typed.FIELD,
        "refused": refused,
    }
    return render(request, "web/report.html", context, status=refused.status if refused else 200)


@allowed("report", *FORM)
def report_first(request: Asked, number: str) -> HttpResponse:
    """Record that an urgent incident was first told by phone or mail; every recipient then confirms it."""
    viewer, now, refused = request.viewer, request.now, None
    draft = reports.draft_report(viewer=viewer, case=number, now=now)
    if request.method == "POST":
        answer = attempt(
            request,
            lambda: reports.report_first(
                viewer=viewer,
                case=number,
                medium=request.POST.get("medium", ""),
                said=request.POST.get("said", ""),
                happened_at=typed.moment(request.POST.get("happened_at", "")),
                now=now,
            ),
            done=_("The first report is recorded; it counts when every recipient has confirmed it."),
            to="case",
            number=number,
        )
        if isinstance(answer, HttpResponse):
            return answer
        refused = answer
    context = {"number": number, "draft": draft, "media": reports.FIRST_MEDIA, "refused": refused}
    return render(request, "web/report_first.html", context, status=refused.status if refused else 200)


@allowed("read", *WRITE)
def confirm_first(request: Asked, id: str) -> HttpResponse:
    """Confirm, as one of its recipients, a first report by phone or mail."""
    viewer, now = request.viewer, request.now
    answer = attempt(
        request,
        lambda: reports.confirm_first(viewer=viewer, entry=id, now=now),
        done=_("You confirmed the first report."),
        to="case",
        number=entries.entry(viewer, id).case,
    )
    return answer if isinstance(answer, HttpResponse) else told_as_page(request, answer)


@allowed("assess", *FORM)
def raise_grade(request: Asked, number: str) -> HttpResponse:
    """Raise CNCERT's grade with a reason."""
    viewer, now, refused = request.viewer, request.now, None
    if request.method == "POST":
        answer = attempt(
            request,
            lambda: actions.raise_grade(
                viewer=viewer,
                case=number,
                grade=Grade(typed.chosen(request.POST.get("grade", ""), {key: key for key in GRADES})),
                reason=request.POST.get("reason", ""),
                now=now,
            ),
            done=_("The grade is raised."),
            to="case",
            number=number,
        )
        if isinstance(answer, HttpResponse):
            return answer
        refused = answer
    found = queries.open_case(viewer, number)
    before = queries.grade_told(viewer, found)
    graver = [grade for grade in Grade if before is None or grade.gravity > before.gravity]
    context = {"number": number, "before": before, "graver": graver, "refused": refused}
    return render(request, "web/raise_grade.html", context, status=refused.status if refused else 200)


@allowed("notify", *FORM)
def record_receipt(request: Asked, number: str) -> HttpResponse:
    """Record by hand that a party without a system received a notice."""
    viewer, now, refused = request.viewer, request.now, None
    notice = queries.notice(viewer, number)
    if request.method == "POST":
        answer = attempt(
            request,
            lambda: notices.record_receipt(
                viewer=viewer,
                notice=number,
                party=request.POST.get("party", ""),
                medium=typed.chosen(request.POST.get("medium", ""), {key: key for key in MEDIA}),
                received_at=typed.moment(request.POST.get("received_at", "")),
                now=now,
            ),
            done=_("The receipt is recorded; the clock of the party runs."),
            to="case",
            number=notice.case_id,
        )
        if isinstance(answer, HttpResponse):
            return answer
        refused = answer
    waiting = sorted(set(notice.addressees) - received_by(viewer, notice))
    context = {"notice": notice, "waiting": waiting, "media": MEDIA, "refused": refused}
    return render(request, "web/record_receipt.html", context, status=refused.status if refused else 200)


@allowed("notify", *FORM)
def propose_annulment(request: Asked, number: str) -> HttpResponse:
    """Propose to annul a case, with a reason."""
    viewer, now, refused = request.viewer, request.now, None
    if request.method == "POST":
        reason = request.POST.get("reason", "")
        answer = attempt(
            request,
            lambda: actions.propose_annulment(viewer=viewer, case=number, reason=reason, now=now),
            done=_("The annulment is proposed; another person has to confirm it."),
            to="case",
            number=number,
        )
        if isinstance(answer, HttpResponse):
            return answer
        refused = answer
    return _ending(request, number, "web/propose_annulment.html", refused)


@allowed("notify", *FORM)
def confirm_annulment(request: Asked, number: str) -> HttpResponse:
    """Annul a case that another person proposed to annul."""
    viewer, now, refused = request.viewer, request.now, None
    if request.method == "POST":
        answer = attempt(
            request,
            lambda: actions.confirm_annulment(viewer=viewer, case=number, now=now),
            done=_("The case %(case)s is annulled.") % {"case": number},
            to="case",
            number=number,
        )
        if isinstance(answer, HttpResponse):
            return answer
        refused = answer
    return _ending(request, number, "web/confirm_annulment.html", refused)


@allowed("verify", *FORM)
def close(request: Asked, number: str) -> HttpResponse:
    """Close a case whose orders are verified and that owes nothing within a limit."""
    viewer, now, refused = request.viewer, request.now, None
    if request.method == "POST":
        answer = attempt(
            request,
            lambda: disposal.close(viewer=viewer, case=number, now=now),
            done=_("The case %(case)s is closed.") % {"case": number},
            to="case",
            number=number,
        )
        if isinstance(answer, HttpResponse):
            return answer
        refused = answer
    return _ending(request, number, "web/close.html", refused)


def _ending(request: Asked, number: str, template: str, refused: object) -> HttpResponse:
    """Show in numbers what ending a case does."""
    viewer = request.viewer
    found = queries.open_case(viewer, number)
    context = {
        "number": number,
        "case": found,
        "annulment": queries.annulment(viewer, found),
        "duties": entries.open_duties(viewer, case=number).count(),
        "told": sorted({code for one in entries.entries(viewer, case=number) for code in one.recipients}),
        "orders": orders.orders(viewer, case=number).count(),
        "refused": refused,
    }
    return render(request, template, context, status=getattr(refused, "status", 200))

"""信息报送 (十九): what the record points to, what was asked, answered and decided of it, and the circular."""

from collections.abc import Mapping
from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from cleannet.core.clock import BEIJING, moment, month_of
from cleannet.core.terms import BREACHES
from cleannet.formats import sheet as spreadsheet
from cleannet.hub.incidents import circular as circulars
from cleannet.hub.incidents import inquiries, observations, queries
from cleannet.hub.incidents import leads as found
from cleannet.hub.parties import queries as register
from cleannet.hub.programs import queries as programs
from cleannet.hub.web import stepping, typed
from cleannet.hub.web.access import FORM, Asked, WebRefused, allowed

MOST = 50
# What a person may do with a lead, with the right each asks for.
STEPS = {"ask": "assess", "answer": "record", "uphold": "assess", "reject": "assess"}


@allowed("read")
def leads(request: Asked) -> HttpResponse:
    """List what a month's record points to with how far each came, and the circulars that reached the viewer."""
    viewer = request.viewer
    month = request.GET.get("month", "").strip() or month_of(request.now)
    context = {
        "month": month,
        "leads": found.leads(viewer, month=month, now=request.now),
        "waiting": found.waiting(viewer)[:MOST],
        "circulars": circulars.circulars(viewer)[:MOST],
    }
    return render(request, "web/leads.html", context)


@allowed("read", *FORM)
def lead(request: Asked, number: str) -> HttpResponse:
    """Show a lead with what was asked, answered and decided; ask, answer or decide, whose turn it is."""
    viewer, now = request.viewer, request.now
    known = found.one(viewer, number, now=now)

    def act() -> None:
        doing = request.POST.get("act", "")
        if doing not in STEPS:
            raise WebRefused("web.bad_choice", text=doing)
        stepping.must(viewer, STEPS[doing])
        said = request.POST.get("said", "")
        if doing == "ask":
            by = _day(request.POST.get("answer_by", ""))
            inquiries.ask(viewer=viewer, lead=number, said=said, answer_by=by, now=now)
        elif doing == "answer":
            inquiries.answer(
                viewer=viewer,
                lead=number,
                said=said,
                entries=request.POST.getlist("entry"),
                medium=request.POST.get("medium", "system"),
                received_at=typed.moment_or_none(request.POST.get("received_at", "")),
                now=now,
            )
        else:
            inquiries.decide(viewer=viewer, lead=number, upheld=doing == "uphold", reason=said, now=now)

    def context() -> Mapping[str, object]:
        inquiry = known.inquiry
        steps = found.steps(viewer, inquiry) if inquiry else {}
        evidence = found.seen_of(viewer, known.lead.evidence)
        named = steps["answer"].facts["entries"] if "answer" in steps else []
        by_hand = viewer.role == "miit" and register.party(known.lead.party).remote
        answers = known.state == found.ASKED and (by_hand or viewer.party == known.lead.party)
        return {
            "known": known,
            "steps": steps,
            "by": found.answer_by(steps["question"]) if "question" in steps else None,
            "evidence": evidence,
            "named": found.seen_of(viewer, named),
            "case_seen": queries.cases(viewer).filter(number=known.lead.case).exists(),
            "answers": answers and viewer.may("record"),
            "by_hand": by_hand,
            "nameable": inquiries.nameable(viewer, inquiry) if inquiry and answers else [],
            "chosen": request.POST.getlist("entry"),
            "by_media": inquiries.BY_HAND,
        }

    return stepping.step(request, "web/lead.html", act, context, done=_("It is recorded."), to="lead", number=number)


@allowed("verify", *FORM)
def observe(request: Asked) -> HttpResponse:
    """State what CNCERT itself saw of a program at an operator, and list what was stated so."""
    viewer = request.viewer
    given = {name: request.POST.get(name, "") for name in ("operator", "program", "infected", "began_at", "ended_at")}
    source = request.POST.get("source", "")

    def act() -> None:
        observations.observe(
            viewer=viewer,
            program=given["program"],
            operator=given["operator"],
            infected=typed.figure(given["infected"]),
            began_at=typed.moment(given["began_at"]),
            ended_at=typed.moment(given["ended_at"]),
            source=source,
            now=request.now,
        )

    def context() -> Mapping[str, object]:
        return {
            "given": given | {"source": source},
            "operators": register.parties(viewer).filter(role="operator", group=None),
            "programs": programs.programs(viewer).filter(unit=None),
            "rows": [
                (row, row.facts, moment(row.facts["began_at"])) for row in observations.observations(viewer)[:MOST]
            ],
        }

    done = _("It is entered; MIIT reads it, the operator does not.")
    return stepping.step(request, "web/observe.html", act, context, done=done, to="observe")


@allowed("read", *FORM)
def circular(request: Asked, number: str) -> HttpResponse:
    """Show the circular on a month, or to MIIT and CNCERT what it would say; issue it, as MIIT."""
    viewer = request.viewer
    shown = circulars.circular(viewer, number)
    said = request.POST.get("said", "")

    def act() -> None:
        stepping.must(viewer, "assess")
        circulars.issue(viewer=viewer, month=number, said=said, now=request.now)

    return stepping.step(
        request,
        "web/circular.html",
        act,
        lambda: {"circular": shown, "said": said, "kinds": BREACHES},
        done=_("The circular is issued to all units."),
        to="circular",
        number=number,
    )


@allowed("read")
def circular_sheet(request: Asked, number: str) -> HttpResponse:
    """Download the table of a circular as a spreadsheet."""
    made = circulars.as_sheet(circulars.circular(request.viewer, number))
    response = HttpResponse(made, content_type=spreadsheet.KIND)
    name = f"信息报送情况-{number}.xlsx"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


def _day(text: str) -> date | None:
    """Return a day as typed, None where nothing was."""
    found = typed.moment_or_none(text)
    return found.astimezone(BEIJING).date() if found else None

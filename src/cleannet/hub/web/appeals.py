"""申诉: take an appeal against orders, review it as another person, and record the answer."""

from collections.abc import Mapping

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from cleannet.hub.disposal import appeals as actions
from cleannet.hub.disposal import enclosures
from cleannet.hub.disposal.enclosures import Applicant, Material
from cleannet.hub.web import stepping, typed
from cleannet.hub.web.access import FORM, Asked, WebRefused, allowed

PER_PAGE = 50
# What is offered to be told of the remedy; the person writes what holds.
REMEDY = "如对本答复有异议，可向工业和信息化部或所在地通信管理局申诉，也可依法申请行政复议或者提起行政诉讼。"


@allowed("read", *FORM)
def appeals(request: Asked) -> HttpResponse:
    """List the appeals the viewer may see; take one, who may record."""
    viewer, now = request.viewer, request.now
    given = {name: request.POST.get(name, "") for name in ("target", "grounds", "name", "contact", "received_at")}

    def act() -> None:
        stepping.must(viewer, "record")
        files = request.FILES.getlist("material")
        enclosures.check_size([one.size or 0 for one in files])
        actions.receive(
            viewer=viewer,
            target=given["target"],
            grounds=given["grounds"],
            applicant=Applicant(given["name"], given["contact"]),
            received_at=typed.moment(given["received_at"]),
            now=now,
            materials=[Material(one.name or "", one.read()) for one in files],
        )

    def context() -> Mapping[str, object]:
        page = Paginator(actions.appeals(viewer), PER_PAGE).get_page(request.GET.get("page"))
        return {"page": page, "given": given, "takes": viewer.role in actions.TAKERS and viewer.may("record")}

    return stepping.step(
        request, "web/appeals.html", act, context, done=_("The appeal is taken; its answer is owed."), to="appeals"
    )


@allowed("read", *FORM)
def appeal(request: Asked, number: str) -> HttpResponse:
    """Show an appeal with the orders it is against; review it, or record that the applicant was answered."""
    viewer, now = request.viewer, request.now
    found = actions.one(viewer, number)
    reason, remedy = request.POST.get("reason", ""), request.POST.get("remedy", REMEDY)

    def act() -> None:
        doing = request.POST.get("act", "")
        right = {"grant": "order", "reject": "order", "answer": "record"}.get(doing)
        if right is None:
            raise WebRefused("web.bad_choice", text=doing)
        stepping.must(viewer, right)
        if doing == "answer":
            at = typed.moment(request.POST.get("answered_at", ""))
            actions.answer(viewer=viewer, appeal=number, answered_at=at, now=now)
        else:
            grant = doing == "grant"
            actions.decide(viewer=viewer, appeal=number, grant=grant, reason=reason, remedy=remedy, now=now)

    def context() -> Mapping[str, object]:
        return {
            "appeal": found,
            "said": enclosures.said(viewer, found),
            "orders": actions.against(viewer, found),
            "reason": reason,
            "remedy": remedy,
            "mine": found.party == viewer.party,
        }

    return stepping.step(
        request, "web/appeal.html", act, context, done=_("It is recorded."), to="appeal", number=number
    )


@allowed("read")
def material(request: Asked, number: str, place: int) -> HttpResponse:
    """Download one file of an appeal."""
    found = enclosures.material(request.viewer, actions.one(request.viewer, number), place)
    response = HttpResponse(found.content, content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, found.name or "material") or "attachment"
    return response

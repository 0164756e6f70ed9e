"""The one shape of every step on a page: show a form, carry out what it asks, or show it again with the refusal."""

from collections.abc import Callable, Mapping

from django.http import HttpResponse
from django.shortcuts import render

from cleannet.core.form import Filled, fill
from cleannet.core.policy import Form
from cleannet.hub.incidents.first import MEDIA, First
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers.actions import FIXED
from cleannet.hub.web import typed
from cleannet.hub.web.access import Asked, WebRefused, attempt
from cleannet.hub.web.access import refused as told_as_page
from cleannet.hub.wording import Told


def step(
    request: Asked,
    template: str,
    act: Callable[[], object],
    context: Callable[[], Mapping[str, object]],
    *,
    done: str,
    to: str = "case",
    **named: str,
) -> HttpResponse:
    """Answer a form: GET shows it, POST acts and goes to the page `to`, saying `done`, or shows it again, refused."""
    refused: Told | None = None
    if request.method == "POST":
        answer = attempt(request, act, done=done, to=to, **named)
        if isinstance(answer, HttpResponse):
            return answer
        refused = answer
    shown = {**context(), "refused": refused, "media": MEDIA}
    return render(request, template, shown, status=refused.status if refused else 200)


def button(request: Asked, act: Callable[[], object], *, done: str, to: str = "case", **named: str) -> HttpResponse:
    """Answer a button that has no page of its own: act and go to the page `to`, or tell on a page why not."""
    answer = attempt(request, act, done=done, to=to, **named)
    return answer if isinstance(answer, HttpResponse) else told_as_page(request, answer)


def must(viewer: Viewer, right: str) -> None:
    """Raise WebRefused where the viewer lacks the right that one act of a page asks for."""
    if not viewer.may(right):
        raise WebRefused("web.right_missing", right=right)


def first(request: Asked) -> First | None:
    """Return what the form says was told by phone or mail first, None where it says nothing of it."""
    medium = request.POST.get("medium", "")
    if not medium:
        return None
    return First(medium, request.POST.get("said", ""), typed.moment(request.POST.get("told_at", "")))


def changes(request: Asked, form: Form) -> dict[str, str]:
    """Return the fields of a paper that were typed; what the record says itself is never among them."""
    given = {field.key: request.POST.get(typed.FIELD + field.key) for field in form.fields if field.key not in FIXED}
    return {key: text for key, text in given.items() if text is not None}


def fields(request: Asked, form: Form, values: Mapping[str, str]) -> dict[str, object]:
    """Return what the part `fields` shows: the paper filled as it would be issued, and which fields are fixed."""
    role = request.viewer.role
    fixed = FIXED | {field.key for field in form.fields if field.filled_by not in ("", role)}
    open_ones = {key: text for key, text in changes(request, form).items() if key not in fixed}
    filled: Filled = fill(form, {**values, **open_ones})
    return {"filled": filled, "fixed": fixed, "prefix": typed.FIELD}

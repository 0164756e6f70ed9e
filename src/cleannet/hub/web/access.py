"""Who may open which page, and what everybody else is told: the one decorator every view is wrapped in."""

import functools
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_http_methods

from cleannet.core.clock import BEIJING
from cleannet.core.refusal import Refusal
from cleannet.core.storable import storable
from cleannet.core.terms import RIGHTS
from cleannet.hub.ledger import sealing
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties
from cleannet.hub.parties.rights import HELD_BY
from cleannet.hub.wording import Told, told

READ = ("GET", "HEAD")
WRITE = ("POST",)
FORM = ("GET", "HEAD", "POST")
SHORT_ROOT = 12
# A form without files has no use for more.
MOST_TYPED = 4 * 2**20
View = Callable[..., HttpResponse]


class WebRefused(Refusal):
    """Say why what was typed on a page is not taken: `web.*`."""


class Asked(HttpRequest):
    """Be a request of somebody who may open the page: who asks, and the moment it was asked."""

    viewer: Viewer
    now: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Name one entry of the navigation."""

    view: str
    label: str


PLACES = (
    Place("desk", _("Desk")),
    Place("cases", _("Incidents")),
    Place("orders", _("Orders")),
    Place("appeals", _("Appeals")),
    Place("papers", _("Papers")),
    Place("watch", _("Watch")),
    Place("ledger", _("Ledger")),
    Place("leads", _("Leads")),
    Place("parties", _("Parties")),
)


class Names(dict[str, str]):
    """Hold parties' names by code in the language of the page, looked up when first asked for."""

    def __missing__(self, code: str) -> str:
        found = parties.names([code]).get(code)
        self[code] = code if found is None else (found.zh if is_chinese() else found.en or found.zh)
        return self[code]


def is_chinese() -> bool:
    """Return whether the page is in Chinese."""
    return (get_language() or "zh").startswith("zh")


def address_of(request: HttpRequest) -> str:
    """Return where a request came from: the nearest address that is no proxy the hub trusts.

    Each proxy adds the address it was asked from to X-Forwarded-For; what stands before the first stranger is his word.
    """
    said = request.headers.get("X-Forwarded-For", "")
    hops: list[str] = [*(hop.strip() for hop in said.split(",") if hop.strip()), request.META.get("REMOTE_ADDR", "")]
    return next((hop for hop in reversed(hops) if not _is_proxy(hop)), hops[0])


def _is_proxy(address: str) -> bool:
    networks = settings.CLEANNET_PROXIES
    if not address:
        # Whoever comes through a socket of this machine is the proxy, where there is one.
        return bool(networks)
    try:
        return any(ipaddress.ip_address(address) in network for network in networks)
    except ValueError:
        return False


def bounded(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse a form that is too large before anything of it is read, on every page: a middleware.

    What an operation of the API takes is bounded by Django's setting, once the token is known.
    """

    def answered(request: HttpRequest) -> HttpResponse:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE if request.content_type == "multipart/form-data" else MOST_TYPED
        sent = request.META.get("CONTENT_LENGTH") or "0"
        if not request.path.startswith("/api/") and sent.isdecimal() and int(sent) > most:
            return refused(request, told(WebRefused("web.too_large")))
        return answer(request)

    return answered


def open_to_all(*methods: str) -> Callable[[View], View]:
    """Let everybody open a page; that it is meant so stays readable for the test of all routes."""
    return _wrapped("", methods)


def allowed(right: str, *methods: str) -> Callable[[View], View]:
    """Let only holders of a right open a page, and word a refusal as a page; strangers are told who may."""
    if right not in RIGHTS:
        raise ValueError(f"“{right}” is no right")
    return _wrapped(right, methods)


def _wrapped(right: str, methods: Sequence[str]) -> Callable[[View], View]:
    def wrap(view: View) -> View:
        @functools.wraps(view)
        @require_http_methods(methods or READ)
        def checked(request: HttpRequest, **named: Any) -> HttpResponse:
            asked = cast(Asked, request)
            asked.now = timezone.now()
            stopped = _stopped(asked, right) if right else None
            response = stopped or _answered(view, asked, named)
            add_never_cache_headers(response)
            return response

        vars(checked).update(right=right, methods=tuple(methods or READ))
        return checked

    return wrap


def _stopped(request: Asked, right: str) -> HttpResponse | None:
    viewer = parties.viewer_of(request.user)
    if viewer is None and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path() if request.method in READ else settings.LOGIN_REDIRECT_URL)
    if viewer is None:
        return render(request, "web/forbidden.html", {"stranger": True}, status=403)
    request.viewer = viewer
    if not viewer.may(right):
        roles = [role for role, rights in HELD_BY.items() if right in rights]
        return render(request, "web/forbidden.html", {"right": right, "roles": roles}, status=403)
    return None


def _answered(view: View, request: Asked, named: Mapping[str, Any]) -> HttpResponse:
    try:
        files = [one.name for name in request.FILES for one in request.FILES.getlist(name)]
        if not storable([request.path, *request.GET.lists(), *request.POST.lists(), files]):
            raise WebRefused("web.not_storable")
        return view(request, **named)
    except Refusal as refusal:
        return refused(request, told(refusal))


def refused(request: HttpRequest, refusal: Told) -> HttpResponse:
    """Return a refusal as a page: what, why, what now."""
    return render(request, "web/refused.html", {"refused": refusal}, status=refusal.status)


def attempt(
    request: HttpRequest, act: Callable[[], object], *, done: str, to: str, **named: str
) -> HttpResponse | Told:
    """Carry an act out and go to the page `to`, saying `done` there; or return why it was refused."""
    try:
        act()
    except Refusal as refusal:
        return told(refusal)
    messages.success(request, done)
    return HttpResponseRedirect(reverse(to, kwargs=named))


def frame(request: HttpRequest) -> dict[str, object]:
    """Return what every page's frame shows: who looks, the moment of the page, the ledger's head, the navigation."""
    viewer: Viewer | None = vars(request).get("viewer")
    names = Names()
    now: datetime = vars(request).get("now") or timezone.now()
    return {
        "viewer": viewer,
        "names": names,
        "now": now,
        "now_text": now.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M"),
        "places": [(place, gettext(place.label)) for place in PLACES] if viewer else [],
        "head": SimpleLazyObject(_chain_head),
        "here": request.resolver_match.url_name if request.resolver_match else "",
        "chinese": is_chinese(),
    }


def _chain_head() -> str:
    """Return the newest signed head of the ledger as a printed page names it; "" before the first."""
    head = sealing.last_head()
    if head is None:
        return ""
    root = bytes(head.root).hex()[:SHORT_ROOT]
    return gettext("Ledger of %(size)s entries, root %(root)s…") % {"size": f"{head.size:,}", "root": root}


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address where nothing is."""
    return render(request, "web/not_found.html", status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django itself denies."""
    return render(request, "web/forbidden.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django itself does not read: too large, too many fields or files, or broken."""
    large = isinstance(exception, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent))
    return refused(request, told(WebRefused("web.too_large" if large else "web.bad_request")))


def bad_csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not come from a page of this hub, or came too late."""
    refusal = told(WebRefused("web.form_expired"))
    return refused(request, refusal)

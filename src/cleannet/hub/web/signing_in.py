"""Sign in with a password, sign out, choose the language."""

import time

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language

from cleannet.hub.web.access import FORM, WRITE, WebRefused, address_of, open_to_all
from cleannet.hub.wording import told

MOST_TRIES = 5
MINUTE = 60


@open_to_all(*FORM)
def sign_in(request: HttpRequest) -> HttpResponse:
    """Let a person in; at most five wrong passwords a minute for one name from one address."""
    onwards = _inside(request, request.POST.get("next") or request.GET.get("next") or "")
    context: dict[str, object] = {"next": onwards, "username": request.POST.get("username", "")}
    if request.method != "POST":
        return render(request, "web/sign_in.html", context)
    username = request.POST.get("username", "").strip()
    tried = _take_try(username, address_of(request))
    if tried is None:
        return _again(request, context, "web.too_many_tries")
    user = authenticate(request, username=username, password=request.POST.get("password", ""))
    if user is None:
        return _again(request, context, "web.wrong_password")
    cache.delete(tried)
    login(request, user)
    return redirect(onwards)


@open_to_all(*WRITE)
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect(settings.LOGIN_URL)


@open_to_all(*WRITE)
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the language in a cookie and go back to the page."""
    response = redirect(_inside(request, request.POST.get("next", "")))
    language = request.POST.get("language", "")
    if check_for_language(language) and language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=365 * 24 * 3600,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )
    return response


def _again(request: HttpRequest, context: dict[str, object], code: str) -> HttpResponse:
    refusal = told(WebRefused(code))
    return render(request, "web/sign_in.html", {**context, "refused": refusal}, status=refusal.status)


def _take_try(username: str, address: str) -> str | None:
    """Take one of the tries of this minute before the password is looked at; none when all are taken.

    Each try is a row of its own that only one request can add, so that many at once take no more than there are.
    """
    minute = int(time.time() // MINUTE)
    keys = (
        f"sign-in:{minute}:{address[:45]}:{username.casefold().encode().hex()[:150]}:{n}" for n in range(MOST_TRIES)
    )
    return next((key for key in keys if cache.add(key, True, 2 * MINUTE)), None)


def _inside(request: HttpRequest, address: str) -> str:
    """Return an address of this hub to go on to, the desk for any other."""
    inside = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if address and inside else settings.LOGIN_REDIRECT_URL

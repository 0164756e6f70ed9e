"""The whole of /api/v1: its parts, and how what they refuse is answered."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from ninja.errors import AuthenticationError, HttpError, ValidationError

from cleannet.core.refusal import Refusal
from cleannet.hub.api import (
    appeals,
    cases,
    drafting,
    edges,
    feed,
    leads,
    life,
    months,
    orders,
    record,
    register,
    routes,
)
from cleannet.hub.api.conventions import ApiRefused, ByToken, Parsed, problem
from cleannet.hub.api.description import Described

api = Described(
    title="CleanNet 清网",
    version="1",
    auth=ByToken(),
    parser=Parsed(),
    docs_url=None,
    docs_decorator=require_safe,
    urls_namespace="api",
    description="Cases, duties, papers and orders of one hub. Errors are problem+json. "
    "A POST takes an Idempotency-Key, but tallies and heartbeats are idempotent by the sequence and the clock they "
    "are signed with.",
)


@api.exception_handler(Refusal)
def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return problem(refusal)


@api.exception_handler(AuthenticationError)
def stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem(ApiRefused("api.not_authenticated"))


@api.exception_handler(ValidationError)
def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    why = "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors)
    return problem(ApiRefused("api.bad_request", why=why))


@api.exception_handler(HttpError)
def unread(request: HttpRequest, error: HttpError) -> HttpResponse:
    cause = error.__cause__
    return problem(cause if isinstance(cause, Refusal) else ApiRefused("api.bad_request", why=str(error)))


@api.exception_handler(RequestDataTooBig)
def too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem(ApiRefused("api.too_large", mebibytes=settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20))


for part in (edges, cases, drafting, orders, appeals, routes, life, feed, months, register, leads, record):
    api.add_router("", part.router)

"""What every operation has in common: who asks, whether he may, problem+json, idempotency, pages of a list."""

import functools
import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Status
from ninja.parser import Parser
from ninja.security import HttpBearer

from cleannet.core.refusal import Refusal
from cleannet.core.storable import storable
from cleannet.hub.api import claims
from cleannet.hub.api.schemas import Problem
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties
from cleannet.hub.wording import told

MOST = 200
LONGEST_KEY = 100
PROBLEMS = {400: Problem, 401: Problem, 403: Problem, 404: Problem, 409: Problem, 413: Problem, 422: Problem}
PROBLEM_JSON = "application/problem+json"
NOT_FOUND, NOT_ALLOWED = 404, 405
Row = TypeVar("Row", bound=Model)
Operation = Callable[..., Any]


class ApiRefused(Refusal):
    """Say why a request is not carried out: `api.*`."""


class ByToken(HttpBearer):
    """Let a program in by its token; the request then carries the viewer it acts as."""

    def authenticate(self, request: HttpRequest, token: str) -> Viewer | None:
        return parties.viewer_of_token(token, now=now())


class Parsed(Parser):
    """Read bodies as JSON that can be stored."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        body = super().parse_body(request)
        if not storable(body):
            raise ApiRefused("api.not_storable")
        return body


def now() -> datetime:
    """Return the moment of the request: the one place of the API that asks the time."""
    return datetime.now(UTC)


def viewer_of(request: HttpRequest) -> Viewer:
    """Return who asks."""
    found: Viewer = vars(request)["auth"]
    return found


def allowed(right: str) -> Callable[[Operation], Operation]:
    """Let only holders of a right carry an operation out; the right stays readable for the test of all routes."""

    def wrap(operation: Operation) -> Operation:
        @functools.wraps(operation)
        def checked(request: HttpRequest, *given: Any, **named: Any) -> Any:
            if not viewer_of(request).may(right):
                raise ApiRefused("api.right_missing", right=right)
            if not storable([request.path, *request.GET.lists()]):
                raise ApiRefused("api.not_storable")
            return operation(request, *given, **named)

        vars(checked)["right"] = right
        return checked

    return wrap


def once(operation: Operation) -> Operation:
    """Carry a request with an Idempotency-Key out once: the same again gets the same answer, another one is refused.

    The key is claimed before the operation runs and given back when it is refused. The ledger tells what a process did
    that died before it answered: the claim names the entry, and nothing is done twice.
    """

    @functools.wraps(operation)
    def kept(request: HttpRequest, *given: Any, **named: Any) -> Any:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return operation(request, *given, **named)
        if len(key) > LONGEST_KEY:
            raise ApiRefused("api.key_too_long", most=LONGEST_KEY)
        digest = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body).hexdigest()
        party = viewer_of(request).party
        claim, new = claims.claim(party=party, key=f"{request.path} {key}", request=digest, now=now())
        if not new:
            return Status(claim.status, claim.body)
        try:
            with ledger.alongside(functools.partial(claims.mark, claim)):
                answer = operation(request, *given, **named)
        except BaseException:
            claims.release(claim)
            raise
        claims.answer(claim, status=answer.status_code, body=answer.value)
        return answer

    vars(kept)["once"] = True
    return kept


def page(rows: QuerySet[Row], *, by: str, after: str, limit: int) -> tuple[Sequence[Row], str | None]:
    """Return at most `limit` rows after a cursor, in ascending order of the unique column `by`, and the next cursor."""
    found = rows.order_by(by)
    if after:
        found = found.filter(**{f"{by}__gt": after})
    taken = list(found[: min(max(limit, 1), MOST) + 1])
    more = len(taken) > min(max(limit, 1), MOST)
    taken = taken[: min(max(limit, 1), MOST)]
    return taken, str(getattr(taken[-1], by)) if more else None


def in_problems(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer an unknown address or a wrong method of the API with a problem instead of a page: a middleware."""

    def answered(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        if not request.path.startswith("/api/") or response["Content-Type"].endswith("json"):
            return response
        if response.status_code == NOT_FOUND:
            return problem(ApiRefused("api.unknown"))
        if response.status_code == NOT_ALLOWED:
            allowed = response["Allow"]
            worded = problem(ApiRefused("api.wrong_method", method=request.method, allowed=allowed))
            worded["Allow"] = allowed
            return worded
        return response

    return answered


def problem(refusal: Refusal) -> HttpResponse:
    """Return a refusal as problem+json (RFC 9457): what, why, what to do."""
    worded = told(refusal)
    return JsonResponse(
        {
            "type": f"urn:cleannet:problem:{refusal.code}",
            "title": HTTPStatus(worded.status).phrase,
            "status": worded.status,
            "detail": worded.what,
            "remedy": worded.remedy,
            "code": refusal.code,
        },
        status=worded.status,
        content_type=PROBLEM_JSON,
        json_dumps_params={"ensure_ascii": False},
    )

"""Describe the API as OpenAPI and as the page docs/api.md, from the operations themselves."""

from collections.abc import Iterator, Mapping
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from cleannet.core.terms import RIGHTS
from cleannet.hub.api.claims import CLAIM_LASTS, KEPT
from cleannet.hub.api.conventions import LONGEST_KEY, MOST, PROBLEM_JSON

LEAST_PROBLEM = 400
ENVELOPE = {"schema": {"type": "object", "description": "A signed envelope; see docs/formats.md."}}
SIGNED_BODY = {"requestBody": {"required": True, "content": {"application/json": ENVELOPE}}}
RELEASE = {"responses": {200: {"description": "The signed release", "content": {"application/json": ENVELOPE}}}}
FEED = {
    "responses": {
        200: {
            "description": "The signed feed",
            "content": {"application/json": ENVELOPE, "text/csv": {}, "text/plain": {}},
        },
        304: {"description": "Nothing changed"},
    }
}
KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "maxLength": LONGEST_KEY},
    "description": "The same request with the same key is carried out once and answered alike.",
}
BEGINNING = f"""\
# The API

Made from the operations by `cleannet docs api`; change them there, then run `script/docs`.

JSON over HTTP below `/api/v1`. `/api/v1/openapi.json` describes every field; it is open to everybody, because it
holds nothing of this hub and a client is written before it has a token. Everything else asks for `Authorization:
Bearer TOKEN`; `cleannet hub token` makes one, with rights.

- **Moments** are ISO 8601 with a zone, money is whole fen.
- **Errors** are `{PROBLEM_JSON}` (RFC 9457), also for an unknown address (404) and a wrong method (405): `detail`
  says what is wrong, `remedy` what to do, `code` names the rule for programs.
- **Lists** answer `items` and `next`; ask again with `after` set to `next` until it is null. `limit` is {MOST} at
  most. What one request makes or asks for is answered whole: a notice's orders, and the orders of a case that are to
  be looked at (202: what is seen comes as sightings).
- **Idempotency.** An operation marked `key` below takes the header `Idempotency-Key` (up to {LONGEST_KEY} characters,
  one's own for each party and address). The same request again gets the same answer; another one under the key is
  refused (422 `api.key_reused`). A refused request gives its key back. While it runs, or for {
    CLAIM_LASTS.seconds // 60
} minutes after its process died without having entered anything, the answer is 409 `api.in_progress`. Where the
  process died after it entered the act, it is 409 `api.done_unanswered` with the entry: it is done, do not send it
  again. Keys are forgotten after {KEPT.days} days.
- **Signed messages** need no key: a tally is taken once by the sequence inside it, the same again is answered 200
  instead of 201, another one under its number is refused; of heartbeats the newest counts.

| operation | right | key | body | answers | what it does |
|---|---|---|---|---|---|"""


class Described(NinjaAPI):
    """Be an API whose description says all that its conventions add: the right, the key, and how errors look."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        views = {
            self.get_openapi_operation_id(operation): operation.view_func
            for _, router in self._routers
            for path in router.path_operations.values()
            for operation in path.operations
        }
        for operations in schema["paths"].values():
            for operation in operations.values():
                _complete(operation, vars(views[operation["operationId"]]))
        return schema


def page(api: NinjaAPI) -> Iterator[str]:
    """Yield the lines of docs/api.md: the conventions, then a row for each operation."""
    yield from BEGINNING.splitlines()
    for path, operations in api.get_openapi_schema(path_prefix="")["paths"].items():
        for method, operation in operations.items():
            right = RIGHTS[operation["x-right"]]
            cells = (
                f"`{method.upper()} {path}`",
                f"`{right.key}` {right.zh}",
                "key" if KEY in operation["parameters"] else "",
                _body(operation),
                ", ".join(str(status) for status in sorted(operation["responses"]) if status < LEAST_PROBLEM),
                operation["description"].replace("|", "\\|").replace("\n", " "),
            )
            yield f"| {' | '.join(cells)} |"


def _complete(operation: dict[str, Any], said: Mapping[str, Any]) -> None:
    operation["x-right"] = said["right"]
    if said.get("once"):
        operation["parameters"].append(KEY)
    for status, response in operation["responses"].items():
        if status >= LEAST_PROBLEM:
            response["content"] = dict.fromkeys([PROBLEM_JSON], *response["content"].values())


def _body(operation: Mapping[str, Any]) -> str:
    if "requestBody" not in operation:
        return ""
    (content,) = operation["requestBody"]["content"].values()
    return f"`{content['schema']['$ref'].rsplit('/', 1)[1]}`" if "$ref" in content["schema"] else "signed envelope"

from typing import Any

import pytest
from django.test import Client

from cleannet.hub.api import description
from cleannet.hub.api.operations import api


@pytest.fixture
def described() -> dict[str, Any]:
    paths = api.get_openapi_schema(path_prefix="")["paths"]
    return {f"{method.upper()} {path}": operation for path, one in paths.items() for method, operation in one.items()}


def test_every_operation_is_described_with_its_right_and_its_problems(described: dict[str, Any]) -> None:
    assert len(described) > 15
    for name, operation in described.items():
        assert operation["description"], name
        assert operation["x-right"], name
        problems = {status: answer for status, answer in operation["responses"].items() if status >= 400}
        assert {401, 403, 404, 409, 422} <= set(problems), name
        assert [list(answer["content"]) for answer in problems.values()] == [["application/problem+json"]] * len(
            problems
        )


def test_every_post_takes_a_key_or_a_signed_body(described: dict[str, Any]) -> None:
    for name, operation in described.items():
        keyed = description.KEY in operation["parameters"]
        signed = operation.get("requestBody") == description.SIGNED_BODY["requestBody"]
        assert keyed + signed == name.startswith("POST "), name
    assert [
        name for name, one in described.items() if one.get("requestBody") == description.SIGNED_BODY["requestBody"]
    ] == [
        "POST /tallies",
        "POST /heartbeats",
        "POST /keys",
        "POST /seen",
    ]


def test_describing_twice_says_the_same(described: dict[str, Any]) -> None:
    again = api.get_openapi_schema(path_prefix="")["paths"]
    assert again["/cases/{number}/report"]["post"] == described["POST /cases/{number}/report"]


def test_the_description_is_served(described: dict[str, Any]) -> None:
    served = Client().get("/api/v1/openapi.json").json()["paths"]
    assert {f"/api/v1{name.split(' ')[1]}" for name in described} == set(served)


def test_the_page_has_a_row_for_every_operation(described: dict[str, Any]) -> None:
    rows = [line for line in description.page(api) if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == list(described)
    assert [row for row in rows if row.count("|") != 7] == []

import pytest
from django.test import Client
from tests.hub.api.conftest import Machine

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
from cleannet.hub.api.operations import api

Machines = dict[str, Machine]


def test_every_part_is_in_the_api_and_no_address_stands_in_two() -> None:
    every = (appeals, cases, drafting, edges, feed, leads, life, months, orders, record, register, routes)
    parts = [list(part.router.path_operations) for part in every]
    paths = [path for part in parts for path in part]
    assert len(set(paths)) == len(paths)
    assert set(paths) == {path for _, router in api._routers for path in router.path_operations}


@pytest.mark.django_db
def test_a_stranger_a_malformed_body_and_a_refusal_are_problems_alike(machines: Machines) -> None:
    answers = {
        "api.not_authenticated": Client().get("/api/v1/cases"),
        "api.bad_request": machines["op1"].post("/acts", {"kind": 1}),
        "incident.unknown": machines["op1"].get("/cases/none"),
    }
    for code, answer in answers.items():
        assert answer["Content-Type"] == "application/problem+json"
        assert (answer.json()["code"], answer.json()["status"]) == (code, answer.status_code)
    assert [answer.status_code for answer in answers.values()] == [401, 422, 404]

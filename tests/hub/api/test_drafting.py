from datetime import timedelta
from typing import Any

import pytest
from tests.hub.api.conftest import Machine
from tests.hub.disposal.conftest import HOST
from tests.hub.world import CENTRE, LAW, NOW, World

from cleannet.core.policy_file import shipped
from cleannet.hub.disposal.queries import Order
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions as parties

People = tuple[Machine, Machine]
ORDERS = {"orders": [{"party": "op1", "kind": "control", "target": HOST}]}


@pytest.fixture
def case(world: World) -> str:
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p"), now=NOW)
    (number,) = world.tally("op1", 60_000, NOW).cases
    return number


@pytest.fixture
def batch(people: People, case: str) -> str:
    return str(people[0].post(f"/cases/{case}/orders", ORDERS).json()["number"])


def test_a_program_drafts_nothing_and_is_told_how(machines: dict[str, Machine], case: str) -> None:
    refused = machines["cncert"].post(f"/cases/{case}/orders", ORDERS)
    assert (refused.status_code, refused.json()["code"]) == (403, "order.no_person")
    assert "--person" in refused.json()["remedy"]


def test_a_batch_is_listed_tried_dry_and_issued_once_by_another(people: People, case: str, batch: str) -> None:
    one, two = people
    (listed,) = two.get("/batches").json()
    assert (listed["number"], listed["status"], listed["orders"]) == (batch, "waiting", ORDERS["orders"])
    differences = {row["party"] or row["place"]: row["lines"] for row in two.get(f"/batches/{batch}/dry-run").json()}
    assert f"+{HOST}.rpz.cleannet. CNAME ." in differences["rpz"]
    assert f"+{HOST}" in differences["op1"]
    assert one.post(f"/batches/{batch}/confirm").json()["code"] == "order.second_person"
    answers = [two.post(f"/batches/{batch}/confirm", key="once") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert two.post(f"/batches/{batch}/confirm").json()["code"] == "order.batch_decided"
    assert [row["status"] for row in one.get("/batches", case=case).json()] == ["issued"]
    assert Order.objects.count() == 1


def test_alone_needs_a_rule_and_a_reason_and_is_countersigned(people: People, batch: str) -> None:
    one, two = people
    alone: dict[str, Any] = {"reason": "nobody else is awake"}
    assert one.post(f"/batches/{batch}/issue-alone", alone).json()["code"] == "order.alone_without_rule"
    parties.adopt(policy=shipped()["two_persons"], actor=CENTRE, now=NOW - timedelta(hours=1))
    assert one.post(f"/batches/{batch}/issue-alone", alone).status_code == 201
    (duty,) = [row for row in one.get("/duties", own=True).json()["items"] if row["expects"] == "order.confirmed"]
    assert duty["due"] == (NOW + timedelta(hours=4)).isoformat().replace("+00:00", "Z")
    assert two.post(f"/batches/{batch}/countersign", {"remark": "seen"}).status_code == 200
    assert not [row for row in one.get("/duties", own=True).json()["items"] if row["expects"] == "order.confirmed"]


def test_a_batch_is_declined(people: People, batch: str) -> None:
    assert people[1].post(f"/batches/{batch}/decline", {"reason": ""}).status_code == 422
    assert people[1].post(f"/batches/{batch}/decline", {"reason": "wrong"}).status_code == 200
    assert people[1].get("/batches").json() == []


def test_an_exception_has_its_reason_and_end(people: People, case: str) -> None:
    exempt = [{"target": HOST, "reason": "agreed", "until": (NOW + timedelta(days=1)).isoformat()}]
    made = people[0].post(f"/cases/{case}/orders", ORDERS | {"exempt": exempt})
    assert made.json()["exempt"][0]["reason"] == "agreed"
    past = [{**exempt[0], "until": NOW.isoformat()}]
    assert people[0].post(f"/cases/{case}/orders", ORDERS | {"exempt": past}).json()["code"] == "order.until_past"


def test_nothing_failed_is_not_drafted_again(people: People, case: str) -> None:
    assert people[0].post(f"/cases/{case}/orders/again").json()["code"] == "order.nothing_failed"


def test_a_batch_tells_its_grade_its_changes_and_who_did_what(people: People, case: str) -> None:
    one, two = people
    made = one.post(f"/cases/{case}/orders", ORDERS | {"changes": {"remarks": "urgent"}}).json()
    assert (made["grade"], made["changes"], made["decided_by"], made["decided_at"]) == (
        "II",
        {"remarks": "urgent"},
        "",
        None,
    )
    assert two.post(f"/batches/{made['number']}/confirm").status_code == 201
    (after,) = one.get("/batches", case=case).json()
    assert after["decided_by"] not in ("", after["drafted_by"])
    assert after["decided_at"]
    assert (after["countersigned_by"], after["countersigned_at"]) == ("", None)
    twice = one.post(f"/cases/{case}/orders", ORDERS)
    assert (twice.status_code, twice.json()["code"]) == (409, "order.stands_already")

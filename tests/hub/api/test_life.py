from datetime import timedelta

import pytest
from tests.hub.api.conftest import Machine, issue
from tests.hub.disposal.conftest import HOST
from tests.hub.world import LAW, NOW, World, viewer

from cleannet.hub.disposal import actions, delivery
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.queries import Order
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions as parties

Machines = dict[str, Machine]


@pytest.fixture
def order(world: World) -> Order:
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p"), now=NOW)
    (case,) = world.tally("op1", 60_000, NOW).cases
    (made,) = actions.issue(viewer=viewer("cncert"), case=case, wanted=[Wanted("op1", "control", HOST)], now=NOW)
    return made


def test_orders_are_withdrawn_once_and_each_says_its_effect(machines: Machines, order: Order) -> None:
    body = {"orders": [order.number], "reason": "误报"}
    for _ in range(2):
        answer = machines["cncert"].post("/orders/withdraw", body, key="once")
        assert (answer.status_code, [one["status"] for one in answer.json()]) == (200, ["withdrawn"])
    assert machines["cncert"].post("/orders/withdraw", body).json()["code"] == "order.out_of_turn"
    (listed,) = machines["op1"].get("/orders").json()["items"]
    assert (listed["status"], listed["effect"], listed["reason"]) == ("withdrawn", "leaving", "误报")
    (place,) = listed["places"]
    assert (place["place"], place["state"], place["at"]) == ("rpz", "leaving", None)
    delivery.deliver(now=NOW, lease=timedelta(seconds=30))
    (listed,) = machines["op1"].get("/orders").json()["items"]
    assert listed["places"][0]["failure"].startswith("no primary is set")


@pytest.mark.parametrize(("code", "status"), [("op1", 403), ("js", 403), ("miit", 200), ("cncert", 200)])
def test_who_may_withdraw(machines: Machines, order: Order, code: str, status: int) -> None:
    body = {"orders": [order.number], "reason": "误报"}
    assert machines[code].post("/orders/withdraw", body).status_code == status


def test_an_order_is_prolonged_and_its_end_taken_away_by_a_person(
    machines: Machines, people: tuple[Machine, Machine], order: Order
) -> None:
    later = (NOW + timedelta(days=30)).isoformat()
    endless = {"orders": [order.number], "until": None}
    (changed,) = machines["cncert"].post("/orders/prolong", endless | {"until": later}).json()
    assert changed["until"] == later.replace("+00:00", "Z")
    assert machines["cncert"].post("/orders/prolong", endless).json()["code"] == "order.no_person"
    (changed,) = people[0].post("/orders/prolong", endless).json()
    assert changed["until"] is None
    past = {"orders": [order.number], "until": NOW.isoformat()}
    assert machines["cncert"].post("/orders/prolong", past).json()["code"] == "order.until_past"


def test_an_order_may_be_issued_with_its_end(people: tuple[Machine, Machine], order: Order) -> None:
    until = (NOW + timedelta(days=30)).isoformat()
    (made,) = issue(people, order.case, orders=[{"party": "op2", "kind": "control", "target": HOST}], until=until)
    assert made["until"] == until.replace("+00:00", "Z")

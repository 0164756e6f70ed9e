import pytest
from tests.hub.api.conftest import Machine, issue
from tests.hub.world import LAW, NOW, World

from cleannet.core.allow import Listed
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions as parties
from cleannet.hub.programs import actions as programs

HOST, OTHER = "c2.evil-emial.example.com", "dl.evil-emial.example.net"
Machines = dict[str, Machine]


@pytest.fixture
def case(world: World, machines: Machines) -> str:
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p"), now=NOW)
    return str(machines["op1"].post("/tallies", world.message("op1", 60_000, NOW)).json()["cases"][0])


def test_routing_over_the_api(case: str, machines: Machines, people: tuple[Machine, Machine]) -> None:
    centre = machines["cncert"]
    unrouted = centre.get("/routes/unrouted").json()
    assert (unrouted["count"], [one["target"] for one in unrouted["items"]]) == (2, [HOST, OTHER])
    first = centre.get("/routes/unrouted", limit=1).json()
    assert (first["items"], first["next"]) == (unrouted["items"][:1], "1")
    assert centre.get("/routes/unrouted", after=1).json()["items"] == unrouted["items"][1:]
    made = centre.post("/routes/tables", {"source": "ours", "text": "domain,party\nexample.com,rr\n"}, key="a")
    assert (made.status_code, made.json()["rows"]) == (201, 1)
    again = centre.post("/routes/tables", {"source": "ours", "text": "domain,party\nexample.com,rr\n"}, key="a")
    assert again.json() == made.json()
    assert [one["source"] for one in centre.get("/routes/tables").json()] == ["ours"]
    wrong = centre.post("/routes/tables", {"source": "ours", "text": "domain,party\n1.2.3.4,rr\n"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "route.wrong_lines")
    said = centre.post("/routes/overrides", {"what": "example.net", "party": "op2", "reason": "told"})
    assert (said.status_code, said.json()["by"]) == (201, "cncert")
    assert [one["what"] for one in centre.get("/routes/overrides").json()["items"]] == ["example.net"]
    assert centre.get("/routes/unrouted").json()["count"] == 0
    found = {one["target"]: one["proposals"] for one in centre.get(f"/cases/{case}/routes").json()}
    assert [(to["party"], to["why"]) for to in found[HOST]] == [("rr", "domain_table"), ("op1", "infected")]
    assert found[OTHER][0]["evidence"]["reason"] == "told"
    (order,) = issue(people, case, orders=[{"party": "rr", "kind": "control", "target": HOST}])
    assert order["reach"] == "name"
    (decision,) = centre.get(f"/cases/{case}/routes/decisions").json()
    assert (decision["order"], decision["why"], decision["proposed"]) == (order["number"], "domain_table", True)


def test_the_reach_of_orders_is_told_before_they_are_issued(case: str, machines: Machines) -> None:
    programs.keep_allow_lists(lists=["top"], listed=[Listed("example.com", "popular", "top", 3)])
    found = machines["cncert"].get(f"/cases/{case}/radius", target=[HOST]).json()
    assert [(one["target"], one["blocks"], one["held"], one["reason"]) for one in found] == [
        (HOST, "name", False, "popular_below")
    ]
    assert found[0]["listed"] == [{"text": "example.com", "kind": "popular", "list": "top", "line": 3}]
    assert [one["target"] for one in machines["cncert"].get(f"/cases/{case}/radius").json()] == [HOST, OTHER]
    assert machines["op1"].get(f"/cases/{case}/radius").status_code == 403
    assert machines["cncert"].get("/cases/none/routes/decisions").status_code == 404


def test_a_cursor_that_is_no_number_is_a_problem(machines: dict[str, Machine]) -> None:
    refused = machines["cncert"].get("/routes/overrides", after="abc")
    assert (refused.status_code, refused.json()["code"]) == (422, "api.bad_request")

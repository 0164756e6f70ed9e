import base64

import pytest
from tests.hub.api.conftest import Machine, issue
from tests.hub.disposal.conftest import HOST
from tests.hub.world import LAW, NOW, World

from cleannet.hub.disposal import appeals
from cleannet.hub.disposal.queries import Order
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties.rights import HELD_BY

BODY = {
    "target": HOST,
    "grounds": "our shop",
    "applicant": "某公司",
    "contact": "legal@shop.example",
    "received_at": NOW.isoformat(),
    "materials": [{"name": "licence.pdf", "content": base64.b64encode(b"%PDF-1").decode()}],
}


@pytest.fixture
def reviewer(world: World) -> Machine:
    """Return a third person of CNCERT."""
    made = parties.add_person(
        party="cncert", username="three", password="an odd long one 3", name="three", held=HELD_BY["cncert"], now=NOW
    )
    return Machine(parties.make_token(party="cncert", label="3", held={"order", "read"}, now=NOW, person=made.code))


def test_an_appeal_is_taken_reviewed_and_answered(
    world: World, machines: dict[str, Machine], people: tuple[Machine, Machine], reviewer: Machine
) -> None:
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p"), now=NOW)
    (case,) = world.tally("op1", 60_000, NOW).cases
    issue(people, case, orders=[{"party": "op1", "kind": "control", "target": HOST}])
    for content in ("no base64!", "é"):
        bad = BODY | {"materials": [{"name": "x", "content": content}]}
        assert machines["op1"].post("/appeals", bad).json()["code"] == "api.bad_request"
    made = [machines["op1"].post("/appeals", BODY, key="once") for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    number = made[0].json()["number"]
    assert [row["number"] for row in reviewer.get("/appeals", case=case).json()["items"]] == [number]
    assert appeals.Appeal.objects.count() == 1
    whole = reviewer.get(f"/appeals/{number}").json()
    assert (whole["orders"], whole["said"]["grounds"]) == ([Order.objects.get().number], "our shop")
    assert (whole["said"]["contact"], whole["said"]["files"]) == ("legal@shop.example", ["licence.pdf"])
    assert reviewer.get(f"/appeals/{number}/materials/0").content == b"%PDF-1"
    assert reviewer.get(f"/appeals/{number}/materials/1").json()["code"] == "blob.unknown"
    reader = Machine(parties.make_token(party="op1", label="reader", held={"read"}, now=NOW))
    assert reader.get(f"/appeals/{number}").json()["said"] is None
    assert reader.get(f"/appeals/{number}/materials/0").json()["code"] == "appeal.not_shown"
    decision = {"grant": True, "reason": "a mistake", "remedy": "none needed"}
    for part in people:
        assert part.post(f"/appeals/{number}/decide", decision).json()["code"] == "appeal.had_a_part"
    assert reviewer.post(f"/appeals/{number}/decide", decision).json()["status"] == "granted"
    assert Order.objects.get().status == "lifted"
    answered = machines["op1"].post(f"/appeals/{number}/answer", {"answered_at": NOW.isoformat()})
    assert (answered.json()["status"], answered.json()["granted"]) == ("answered", True)
    assert machines["op2"].get("/appeals").json()["items"] == []

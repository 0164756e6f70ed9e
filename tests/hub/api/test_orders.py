from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from tests.hub.api.conftest import Machine, issue
from tests.hub.disposal.conftest import HOST, Answering, resolver  # noqa: F401 - the fixture is used by name
from tests.hub.world import LAW, NOW, World

from cleannet.hub.disposal.queries import Order, Sighting
from cleannet.hub.jobs import lanes
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties.actions import PartyRefused

Machines = dict[str, Machine]


def opened(world: World, machines: Machines, infected: int = 60_000) -> str:
    answer = machines["op1"].post("/tallies", world.message("op1", infected, NOW))
    assert answer.status_code == 201, answer.content
    return str(answer.json()["cases"][0])


def test_the_whole_chain_over_the_api(
    world: World,
    machines: Machines,
    people: tuple[Machine, Machine],
    resolver: Answering,  # noqa: F811 - fixture
    standing_clock: time_machine.Traveller,
) -> None:
    case = opened(world, machines)
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p"), now=NOW)
    op1, centre = machines["op1"], machines["cncert"]
    (duty,) = op1.get("/duties", own=True, case=case).json()["items"][:1]
    owed = {row["article"]: row for row in op1.get("/duties", case=case).json()["items"]}
    assert owed["十(二)"]["due"] == (NOW + timedelta(hours=2)).isoformat().replace("+00:00", "Z")
    assert duty["owes"] == "op1"
    standing_clock.shift(60)
    assert op1.post(f"/cases/{case}/report", {"changes": {"harm": "大"}}).status_code == 201
    assert centre.post(f"/cases/{case}/report").status_code == 201
    (issued,) = issue(people, case, orders=[{"party": "op1", "kind": "control", "target": HOST}])
    assert op1.post(f"/orders/{issued['number']}/acknowledge").status_code == 200
    item = {"order": issued["number"], "done": True}
    at = (NOW + timedelta(seconds=30)).isoformat()
    body = {"items": [item], "users_told": 9, "disposed_at": at}
    fed = op1.post(f"/notices/{issued['notice']}/feedback", body)
    assert fed.status_code == 201, fed.content
    standing_clock.shift(60)
    resolver.say = lambda name: "NXDOMAIN"
    asked = centre.post(f"/cases/{case}/look")
    assert (asked.status_code, [row["number"] for row in asked.json()]) == (202, [issued["number"]])
    assert centre.get(f"/cases/{case}/sightings").json() == {"items": [], "next": None}
    assert lanes.probe(datetime.now(UTC)) == 1
    first = op1.get(f"/cases/{case}/sightings", limit=1).json()
    (seen,) = first["items"]
    assert (seen["verdict"], seen["kind"], seen["vantage"], seen["decides"]) == ("gone", "resolver", "甲", True)
    assert seen["evidence"]["answers"][0] == {"name": HOST, "said": "NXDOMAIN"}
    standing_clock.shift(1)
    centre.post(f"/cases/{case}/look")
    assert lanes.probe(datetime.now(UTC)) == 1
    first = op1.get(f"/cases/{case}/sightings", limit=1).json()
    assert len(op1.get(f"/cases/{case}/sightings", after=first["next"]).json()["items"]) == 1
    assert machines["op2"].get(f"/cases/{case}/sightings").status_code == 404
    refused = centre.post(f"/feedbacks/{fed.json()['number']}/verify")
    assert refused.json()["code"] == "order.two_persons"
    states = {row["article"]: row["state"] for row in op1.get("/duties", case=case).json()["items"]}
    assert states["十(二)"] == states["十一(四)"] == "met"
    kinds = [row["kind"] for row in centre.get(f"/cases/{case}/entries").json()["items"]]
    assert kinds.count("incident.graded") == 2
    assert "disposal.fed_back" in kinds
    papers = op1.get(f"/cases/{case}/papers").json()["items"]
    assert {paper["form"] for paper in papers} == {"annex3", "annex4", "annex5"}
    download = op1.get(f"/papers/{papers[0]['id']}/pdf")
    assert (download.status_code, download.content[:4]) == (200, b"%PDF")
    assert machines["op2"].get(f"/papers/{papers[0]['id']}/pdf").status_code == 404
    assert Order.objects.get().status == "done"


def test_a_person_verifies_by_a_token_of_his_own(
    world: World,
    machines: Machines,
    people: tuple[Machine, Machine],
    resolver: Answering,  # noqa: F811 - fixture
) -> None:
    case = opened(world, machines)
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p"), now=NOW)
    machines["cncert"].post(f"/cases/{case}/report")
    (issued,) = issue(people, case, orders=[{"party": "op1", "kind": "control", "target": HOST}])
    body = {"items": [{"order": issued["number"], "done": True}], "users_told": 9, "disposed_at": NOW.isoformat()}
    fed = machines["op1"].post(f"/notices/{issued['notice']}/feedback", body).json()
    resolver.say = lambda name: "NXDOMAIN"
    machines["cncert"].post(f"/cases/{case}/look")
    lanes.probe(datetime.now(UTC))
    person = parties.add_person(
        party="cncert", username="wang", password="an odd long one 3", name="王", held=["verify"], now=NOW
    )
    token = parties.make_token(party="cncert", label="desk", held=["verify"], now=NOW, person=person.code)
    assert Machine(token).post(f"/feedbacks/{fed['number']}/verify").json() == {"verdicts": {HOST: "gone"}}
    with pytest.raises(PartyRefused, match="no_person"):
        parties.make_token(party="op1", label="desk", held=["read"], now=NOW, person=person.code)


def test_a_notice_goes_out_without_an_order_and_is_one_by_its_key(world: World, machines: Machines) -> None:
    case = opened(world, machines)
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p"), now=NOW)
    body = {"addressees": ["op1", "op2"]}
    answers = [machines["cncert"].post(f"/cases/{case}/notices", body, key="once") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    made = answers[0].json()
    assert answers[1].json() == made
    assert (made["addressees"], made["issuer"], made["task_number"]) == (["op1", "op2"], "cncert", f"RW-{case}")
    refused = machines["cncert"].post(f"/cases/{case}/notices", {"addressees": []})
    assert (refused.status_code, refused.json()["code"]) == (422, "incident.no_addressee")


def test_what_came_back_is_listed_and_reopened_over_the_api(
    world: World,
    machines: Machines,
    people: tuple[Machine, Machine],
    resolver: Answering,  # noqa: F811 - fixture
) -> None:
    case = opened(world, machines)
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p"), now=NOW)
    (made,) = issue(people, case, orders=[{"party": "op1", "kind": "control", "target": HOST}])
    assert made["watched_from"] is None
    li = parties.add_person(
        party="cncert", username="li", password="a long word 7", name="li", held={"verify"}, now=NOW
    )
    person = Machine(parties.make_token(party="cncert", label="li", held={"verify"}, now=NOW, person=li.code))
    reason = {"reason": "it is back"}
    assert person.post(f"/cases/{case}/reopen", reason).json()["code"] == "order.no_relapse"
    Order.objects.update(status="verified", watched_from=NOW - timedelta(days=1))
    sighting = {"kind": "resolver", "vantage": "甲", "decides": True, "verdict": "still_there", "evidence": {}}
    Sighting.objects.create(order=Order.objects.get(), seen_at=NOW, **sighting)
    listed = machines["op1"].get("/relapses", case=case).json()
    assert [row["number"] for row in listed] == [made["number"]]
    assert machines["op2"].get("/relapses").json() == []
    assert machines["cncert"].post(f"/cases/{case}/reopen", reason).json()["code"] == "order.relapse_reason_missing"
    assert person.post(f"/cases/{case}/relapse/dismiss", reason).status_code == 200
    assert machines["op1"].get("/relapses").json() == []
    Order.objects.update(watched_from=NOW - timedelta(days=1))
    (reopened,) = person.post(f"/cases/{case}/reopen", reason).json()
    assert reopened["number"] == made["number"]
    assert Order.objects.get().status == "failed"

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from pytest_django import Settings
from tests.hub.api.conftest import Machine
from tests.hub.disposal.conftest import HOST, Answering, resolver  # noqa: F401 - the fixture is used by name
from tests.hub.world import LAW, NOW, PROGRAM, World

from cleannet.core import merkle
from cleannet.core.allow import AllowLists
from cleannet.formats import delta, envelope, messages, release
from cleannet.formats.ledger_export import read_head
from cleannet.hub.disposal.queries import Order
from cleannet.hub.jobs import lanes
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger import sealing
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties.actions import PartyRefused
from cleannet.hub.programs import actions as programs

Machines = dict[str, Machine]


def opened(world: World, machines: Machines, infected: int = 60_000) -> str:
    answer = machines["op1"].post("/tallies", world.message("op1", infected, NOW))
    assert answer.status_code == 201, answer.content
    return str(answer.json()["cases"][0])


def test_a_tally_is_receipted_with_the_signed_head(world: World, machines: Machines, settings: Settings) -> None:
    data = world.message("op1", 60_000, NOW)
    first, again = (machines["op1"].post("/tallies", data) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["cases"] == again.json()["cases"]
    head = read_head(first.json()["head"].encode(), Keyring(settings.CLEANNET_DATA).verifiers())
    assert head.size > 0


def test_the_ledger_is_proven_to_have_grown_only(world: World, machines: Machines, settings: Settings) -> None:
    keys = Keyring(settings.CLEANNET_DATA).verifiers()
    before = read_head(machines["op1"].post("/tallies", world.message("op1", 5, NOW)).json()["head"].encode(), keys)
    machines["op1"].post("/tallies", world.message("op1", 60_000, NOW))
    answer = machines["op1"].get("/ledger/consistency", first=before.size).json()
    after = read_head(answer["head"].encode(), keys)
    proof = [bytes.fromhex(step) for step in answer["proof"]]
    assert after.size > before.size
    assert merkle.verify_consistency(before.size, after.size, proof, before.root, after.root)


@pytest.mark.parametrize(
    ("party", "change", "status", "code"),
    [
        ("op1", {"sequence": 3}, 409, "message.gap"),
        ("op1", {"program": "nobody"}, 422, "message.unknown_program"),
        ("op2", {}, 401, "message.unknown_edge"),
        ("rr", {}, 403, "api.right_missing"),
    ],
)
def test_a_tally_that_is_not_taken_is_a_problem_that_says_what_to_do(
    world: World, machines: Machines, party: str, change: dict[str, object], status: int, code: str
) -> None:
    answer = machines[party].post("/tallies", world.message("op1", 5, NOW, **change))
    assert answer.status_code == status
    assert answer["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["code"], told["status"], told["type"]) == (code, status, f"urn:cleannet:problem:{code}")
    assert told["detail"]
    assert told["remedy"]


def test_unsigned_bytes_are_refused(machines: Machines) -> None:
    assert machines["op1"].post("/tallies", b"nonsense").status_code == 401
    assert machines["op1"].post("/heartbeats", b"nonsense").json()["code"] == "message.unsigned"


def test_an_edge_pulls_the_newest_release(machines: Machines, settings: Settings) -> None:
    assert machines["op1"].get("/releases/latest", after=0).status_code == 204
    programs.publish(now=NOW)
    answer = machines["op1"].get("/releases/latest", after=0)
    keys = Keyring(settings.CLEANNET_DATA).verifiers()
    assert release.accept(answer.content, keys, NOW).number == 1
    assert machines["op1"].get("/releases/latest", after=1).status_code == 204
    for number in range(50):
        programs.add_indicator(
            program=PROGRAM, text=f"n{number}.example", role="control", source="a.txt", allow=AllowLists(), now=NOW
        )
    before, newest = (bytes(programs.publish(now=NOW).envelope) for _ in range(2))
    assert delta.apply(machines["op1"].get("/releases/latest", after=2).content, before, keys) == newest


def test_an_edge_rotates_its_key(world: World, machines: Machines) -> None:
    new, old = envelope.new_key(), world.keys["op1"]
    made = messages.Rotation("edge-op1", "op1", envelope.write_public(new.public_key()), NOW)
    data = envelope.sign(made.write(), old, envelope.key_id(old.public_key()), "rotation")
    assert machines["op2"].post("/keys", data).status_code == 401
    for _ in range(2):
        assert machines["op1"].post("/keys", data).json() == {"taken": True}
    world.keys["op1"] = new
    assert machines["op1"].post("/tallies", world.message("op1", 5, NOW)).status_code == 201


def test_the_whole_chain_over_the_api(
    world: World,
    machines: Machines,
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
    order = {"orders": [{"party": "op1", "kind": "control", "host": HOST}]}
    (issued,) = centre.post(f"/cases/{case}/orders", order).json()
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


def test_a_first_report_by_phone_counts_when_all_confirm(world: World, machines: Machines) -> None:
    case = opened(world, machines)
    body = {"medium": "phone", "said": "急", "at": NOW.isoformat()}
    entry = machines["op1"].post(f"/cases/{case}/first-report", body).json()["entry"]
    for code, complete in (("miit", False), ("js", False), ("cncert", True)):
        assert machines[code].post(f"/entries/{entry}/confirm").json() == {"complete": complete}
    states = {row["article"]: row["state"] for row in machines["op1"].get("/duties", case=case).json()["items"]}
    assert states == {"十(二)": "met", "十五": "open"}
    assert machines["rr"].post(f"/entries/{entry}/confirm").status_code == 404


def test_a_person_verifies_by_a_token_of_his_own(
    world: World,
    machines: Machines,
    resolver: Answering,  # noqa: F811 - fixture
) -> None:
    case = opened(world, machines)
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p"), now=NOW)
    machines["cncert"].post(f"/cases/{case}/report")
    order = {"orders": [{"party": "op1", "kind": "control", "host": HOST}]}
    (issued,) = machines["cncert"].post(f"/cases/{case}/orders", order).json()
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


def test_a_bureau_sees_no_figures_of_an_entry_that_is_not_its_own(world: World, machines: Machines) -> None:
    case = opened(world, machines)
    seen = {code: machines[code].get(f"/cases/{case}/entries").json()["items"] for code in ("js", "op1", "cncert")}
    assert "60000" not in json.dumps(seen["js"])
    assert "60000" in json.dumps(seen["op1"])
    assert "60000" in json.dumps(seen["cncert"])


def test_an_entry_is_proven_to_be_in_the_ledger(world: World, machines: Machines, settings: Settings) -> None:
    case = opened(world, machines)
    entry = machines["op1"].get(f"/cases/{case}/entries").json()["items"][0]["id"]
    answer = machines["op1"].get(f"/ledger/entries/{entry}/proof").json()
    head = read_head(answer["head"].encode(), Keyring(settings.CLEANNET_DATA).verifiers())
    proof = [bytes.fromhex(step) for step in answer["proof"]]
    leaf = bytes.fromhex(answer["leaf"])
    assert merkle.verify_inclusion(leaf, answer["index"], answer["size"], proof, head.root)
    assert machines["rr"].get(f"/ledger/entries/{entry}/proof").status_code == 404


def test_lists_come_in_pages(world: World, machines: Machines) -> None:
    case = opened(world, machines)
    found, after = [], ""
    while True:
        answer = machines["cncert"].get(f"/cases/{case}/entries", limit=1, after=after).json()
        found += [row["id"] for row in answer["items"]]
        if answer["next"] is None:
            break
        after = answer["next"]
    assert found == sorted(found)
    assert len(found) == len(set(found)) == len(machines["cncert"].get(f"/cases/{case}/entries").json()["items"])
    assert [row["number"] for row in machines["cncert"].get("/cases").json()["items"]] == [case]
    assert machines["rr"].get("/cases").json()["items"] == []


def test_a_case_shows_each_party_its_own_figures(world: World, machines: Machines) -> None:
    case = opened(world, machines)
    machines["op2"].post("/tallies", world.message("op2", 7, NOW))
    assert machines["op2"].get(f"/cases/{case}").json()["infected_24h"] == 7
    assert machines["cncert"].get(f"/cases/{case}").json()["infected_24h"] == 60_007
    assert "60" not in json.dumps(machines["op2"].get(f"/cases/{case}").json()["grades"])
    assert sealing.last_head() is not None

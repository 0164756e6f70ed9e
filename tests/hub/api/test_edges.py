import pytest
import time_machine
from pytest_django import Settings
from tests.hub.api.conftest import Machine, issue
from tests.hub.disposal.conftest import HOST, Answering, resolver  # noqa: F401 - the fixture is used by name
from tests.hub.world import LAW, NOW, PROGRAM, World

from cleannet.core.allow import AllowLists
from cleannet.formats import delta, envelope, looks, messages, release
from cleannet.formats.ledger_export import read_head
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions as parties
from cleannet.hub.programs import actions as programs

Machines = dict[str, Machine]


def test_a_tally_is_receipted_with_the_signed_head(world: World, machines: Machines, settings: Settings) -> None:
    data = world.message("op1", 60_000, NOW)
    first, again = (machines["op1"].post("/tallies", data) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["cases"] == again.json()["cases"]
    head = read_head(first.json()["head"].encode(), Keyring(settings.CLEANNET_DATA).verifiers())
    assert head.size > 0


@pytest.mark.parametrize(
    ("party", "change", "status", "code"),
    [
        ("op1", {"sequence": 3}, 409, "message.gap"),
        ("op1", {"also": [f"new.{number}" for number in range(51)]}, 422, "message.too_many_programs"),
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


def test_a_program_without_a_name_is_counted_and_described(world: World, machines: Machines) -> None:
    answer = machines["op1"].post("/tallies", world.message("op1", 5, NOW, program="x/某 变种"))
    assert (answer.status_code, answer.json()["provisional"]) == (201, ["x/某 变种"])
    said = {"zh": "窃取", "behaviour": "窃取短信", "harm": "信息泄露", "systems": "Android"}
    assert machines["op1"].put("/programs/x/某 变种", said).json()["code"] == "program.not_yours"
    told = machines["cncert"].put("/programs/x/某 变种", said)
    assert (told.status_code, told.json()) == (200, {**said, "code": "x/某 变种", "provisional": False})
    assert machines["cncert"].put("/programs/nobody", said).status_code == 404


def test_an_edge_is_asked_to_look_and_answers_over_the_api(
    world: World,
    machines: Machines,
    people: tuple[Machine, Machine],
    settings: Settings,
    resolver: Answering,  # noqa: F811 - fixture
    standing_clock: time_machine.Traveller,
) -> None:
    case = machines["op1"].post("/tallies", world.message("op1", 60_000, NOW)).json()["cases"][0]
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p"), now=NOW)
    (made,) = issue(people, case, orders=[{"party": "op1", "kind": "control", "target": HOST}])
    item = {"order": made["number"], "done": True}
    told = {"items": [item], "users_told": 1, "disposed_at": NOW.isoformat()}
    standing_clock.shift(60)
    assert machines["op1"].post(f"/notices/{made['notice']}/feedback", told).status_code == 201
    assert machines["op1"].get("/looks", edge="edge-op1").json() == {"requests": []}
    machines["cncert"].post(f"/cases/{case}/look")
    assert machines["op2"].get("/looks", edge="edge-op1").status_code == 401
    (message,) = machines["op1"].get("/looks", edge="edge-op1").json()["requests"]
    keys = Keyring(settings.CLEANNET_DATA).verifiers()
    asked = looks.read_request(envelope.verify(message.encode(), keys, looks.REQUEST).payload)
    assert asked.target == HOST
    key = world.keys["op1"]
    result = looks.LookResult(asked.id, "edge-op1", "op1", NOW, (looks.Look("resolver", "own", "gone", {}),))
    data = envelope.sign(result.write(), key, envelope.key_id(key.public_key()), looks.RESULT)
    assert machines["op2"].post("/seen", data).status_code == 401
    assert machines["op1"].post("/seen", data).json() == {"taken": True}
    (seen,) = machines["op1"].get(f"/cases/{case}/sightings").json()["items"]
    assert (seen["kind"], seen["vantage"], seen["decides"]) == ("inside", "edge-op1 own", False)

from pytest_django import Settings
from tests.hub.api.conftest import Machine
from tests.hub.disposal.conftest import HOST, Answering, resolver  # noqa: F401 - the fixture is used by name
from tests.hub.world import NOW, World

from cleannet.core import merkle
from cleannet.formats.ledger_export import read_head
from cleannet.hub.keyring import Keyring

Machines = dict[str, Machine]


def opened(world: World, machines: Machines, infected: int = 60_000) -> str:
    answer = machines["op1"].post("/tallies", world.message("op1", infected, NOW))
    assert answer.status_code == 201, answer.content
    return str(answer.json()["cases"][0])


def test_the_ledger_is_proven_to_have_grown_only(world: World, machines: Machines, settings: Settings) -> None:
    keys = Keyring(settings.CLEANNET_DATA).verifiers()
    before = read_head(machines["op1"].post("/tallies", world.message("op1", 5, NOW)).json()["head"].encode(), keys)
    machines["op1"].post("/tallies", world.message("op1", 60_000, NOW))
    answer = machines["op1"].get("/ledger/consistency", first=before.size).json()
    after = read_head(answer["head"].encode(), keys)
    proof = [bytes.fromhex(step) for step in answer["proof"]]
    assert after.size > before.size
    assert merkle.verify_consistency(before.size, after.size, proof, before.root, after.root)


def test_an_entry_is_proven_to_be_in_the_ledger(world: World, machines: Machines, settings: Settings) -> None:
    case = opened(world, machines)
    entry = machines["op1"].get(f"/cases/{case}/entries").json()["items"][0]["id"]
    answer = machines["op1"].get(f"/ledger/entries/{entry}/proof").json()
    head = read_head(answer["head"].encode(), Keyring(settings.CLEANNET_DATA).verifiers())
    proof = [bytes.fromhex(step) for step in answer["proof"]]
    leaf = bytes.fromhex(answer["leaf"])
    assert merkle.verify_inclusion(leaf, answer["index"], answer["size"], proof, head.root)
    assert machines["rr"].get(f"/ledger/entries/{entry}/proof").status_code == 404

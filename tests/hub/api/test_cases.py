import json

from tests.hub.api.conftest import Machine
from tests.hub.disposal.conftest import HOST, Answering, resolver  # noqa: F401 - the fixture is used by name
from tests.hub.world import NOW, World

from cleannet.hub.ledger import sealing

Machines = dict[str, Machine]


def opened(world: World, machines: Machines, infected: int = 60_000) -> str:
    answer = machines["op1"].post("/tallies", world.message("op1", infected, NOW))
    assert answer.status_code == 201, answer.content
    return str(answer.json()["cases"][0])


def test_a_first_report_by_phone_counts_when_all_confirm(world: World, machines: Machines) -> None:
    case = opened(world, machines)
    body = {"medium": "phone", "said": "急", "at": NOW.isoformat()}
    entry = machines["op1"].post(f"/cases/{case}/first-report", body).json()["entry"]
    for code, complete in (("miit", False), ("js", False), ("cncert", True)):
        assert machines[code].post(f"/entries/{entry}/confirm").json() == {"complete": complete}
    states = {row["article"]: row["state"] for row in machines["op1"].get("/duties", case=case).json()["items"]}
    assert states == {"十(二)": "met", "十五": "open"}
    assert machines["rr"].post(f"/entries/{entry}/confirm").status_code == 404


def test_a_bureau_sees_no_figures_of_an_entry_that_is_not_its_own(world: World, machines: Machines) -> None:
    case = opened(world, machines)
    seen = {code: machines[code].get(f"/cases/{case}/entries").json()["items"] for code in ("js", "op1", "cncert")}
    assert "60000" not in json.dumps(seen["js"])
    assert "60000" in json.dumps(seen["op1"])
    assert "60000" in json.dumps(seen["cncert"])


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

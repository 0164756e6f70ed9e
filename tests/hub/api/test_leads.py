import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from openpyxl import load_workbook
from tests.hub.api.conftest import Machine
from tests.hub.world import NOW, PROGRAM, World, viewer

from cleannet.hub.jobs.lanes import turn_calendar
from cleannet.hub.ledger import queries as ledger

Machines = dict[str, Machine]
AGO = timedelta(hours=3)
SEEN = {
    "program": PROGRAM,
    "operator": "op2",
    "infected": 20_000,
    "began_at": (NOW - AGO).isoformat(),
    "ended_at": NOW.isoformat(),
    "source": "骨干网监测",
}


@pytest.fixture
def lead(world: World, machines: Machines) -> str:
    world.tally("op1", 60_000, NOW - AGO)
    return str(next(one["number"] for one in listed(machines) if one["party"] == "op1"))


def listed(machines: Machines, code: str = "miit", month: str = "2026-11") -> list[dict[str, Any]]:
    return list(machines[code].get("/leads", month=month).json())


def test_leads_of_a_month(lead: str, machines: Machines) -> None:
    (one,) = [one for one in listed(machines) if one["party"] == "op1"]
    assert (one["kind"], one["article"], one["state"]) == ("concealed", "十(二)", "open")
    assert listed(machines, "op2") == []
    assert listed(machines, month="2020-01") == []
    assert machines["miit"].get("/leads", month="x").status_code == 422


def test_a_lead_is_asked_about_answered_and_decided_in_that_order(lead: str, machines: Machines) -> None:
    miit, operator, path = machines["miit"], machines["op1"], f"/leads/{lead}"
    reason = {"upheld": True, "reason": "未备份"}
    assert operator.post(f"{path}/answer", {"said": "故障"}).json()["code"] == "lead.out_of_turn"
    assert miit.post(f"{path}/decision", reason).status_code == 409
    assert machines["cncert"].post(f"{path}/question", {"said": "?"}).status_code == 403
    assert miit.post(f"{path}/question", {"said": "?", "answer_by": "soon"}).status_code == 422
    question = miit.post(f"{path}/question", {"said": "为何未报？", "answer_by": "2026-11-25"}, key="k")
    assert question.status_code == 201
    assert (
        miit.post(f"{path}/question", {"said": "为何未报？", "answer_by": "2026-11-25"}, key="k").json()
        == question.json()
    )
    assert miit.post(f"{path}/question", {"said": "为何未报？"}).status_code == 409
    entry = ledger.entries(viewer("op1"), kind="incident.graded")[0].id
    assert machines["op2"].post(f"{path}/answer", {"said": "故障"}).status_code == 404
    assert machines["cncert"].post(f"{path}/answer", {"said": "故障"}).status_code == 403
    assert operator.post(f"{path}/answer", {"said": "故障", "entries": [entry]}).status_code == 201
    assert miit.post(f"{path}/decision", reason).status_code == 201
    assert machines["op2"].get(path).status_code == 404
    shown = operator.get(path).json()
    assert (shown["state"], shown["number"]) == ("upheld", lead)
    assert (shown["question"]["entry"], shown["question"]["answer_by"]) == (question.json()["entry"], "2026-11-25")
    assert (shown["answer"]["said"], shown["answer"]["entries"], shown["answer"]["party"]) == ("故障", [entry], "op1")
    assert (shown["decision"]["said"], shown["decision"]["medium"]) == ("未备份", "system")


def test_a_lead_nobody_asked_about_has_no_steps_yet(lead: str, machines: Machines) -> None:
    shown = machines["op1"].get(f"/leads/{lead}").json()
    assert [shown[name] for name in ("state", "question", "answer", "decision")] == ["open", None, None, None]


def test_what_cncert_saw_is_stated_and_listed_to_cncert_and_miit(machines: Machines) -> None:
    assert machines["op1"].post("/observations", SEEN).status_code == 403
    assert machines["cncert"].post("/observations", SEEN | {"infected": -1}).status_code == 422
    longer = SEEN | {"began_at": (NOW - timedelta(hours=25)).isoformat()}
    assert machines["cncert"].post("/observations", longer).json()["code"] == "incident.not_within_a_day"
    made = machines["cncert"].post("/observations", SEEN)
    assert made.status_code == 201
    for code in ("miit", "cncert"):
        (row,) = machines[code].get("/observations").json()["items"]
        assert (row["entry"], row["operator"], row["infected"]) == (made.json()["entry"], "op2", 20_000)
        assert row["grades"] == {"mobile_malware_2011": "III"}
    assert machines["op2"].get("/observations").json() == {"items": [], "next": None}
    assert [(one["kind"], one["party"]) for one in listed(machines)] == [("omitted", "op2")]


def test_a_circular_on_a_month_that_is_over_is_issued_to_all(
    machines: Machines, standing_clock: time_machine.Traveller
) -> None:
    turn_calendar(NOW)
    path, said = "/circulars/2026-11", {"said": "请及时报送"}
    assert machines["miit"].post(path, said).json()["code"] == "circular.not_owed"
    assert machines["op1"].get(path).status_code == 404
    later = NOW + timedelta(days=20)
    turn_calendar(later)
    standing_clock.move_to(later)
    assert machines["miit"].get(path).json() == {"month": "2026-11", "entry": None, "said": "", "rows": []}
    assert machines["cncert"].post(path, said).status_code == 403
    made = machines["miit"].post(path, said)
    assert made.status_code == 201
    shown = machines["op1"].get(path).json()
    assert (shown["entry"], shown["said"]) == (made.json()["entry"], "请及时报送")
    sheet = load_workbook(io.BytesIO(machines["op1"].get(f"{path}/sheet").content)).worksheets[0]
    assert [cell.value for cell in sheet[1]] == ["单位", "迟报", "漏报", "瞒报", "谎报"]
    assert machines["miit"].get("/circulars/soon").status_code == 422

import io
from datetime import timedelta

import pytest
import time_machine
from openpyxl import load_workbook
from tests.hub.api.conftest import Machine
from tests.hub.world import NOW, World, viewer

from cleannet.hub.disposal import monthly
from cleannet.hub.jobs import lanes

MONTH = "2026-11"
Machines = dict[str, Machine]


@pytest.fixture
def over(world: World, machines: Machines, standing_clock: time_machine.Traveller) -> None:
    """Let an ordinary incident of op1 be opened and its month end."""
    world.tally("op1", 9_000, NOW)
    lanes.turn_calendar(NOW)
    lanes.turn_calendar(NOW + timedelta(days=31))
    standing_clock.shift(timedelta(days=31))


def test_a_month_is_fed_back_in_json(over: None, machines: Machines) -> None:
    items = [{"case": one.case, "target": one.target, "done": True} for one in monthly.listed(viewer("op1"), MONTH)]
    refused = machines["op1"].post("/months/feedback", {"month": MONTH, "items": items[1:]})
    assert (refused.status_code, refused.json()["code"]) == (422, "feedback.not_every_resource")
    made = machines["op1"].post("/months/feedback", {"month": MONTH, "items": items})
    assert made.status_code == 201, made.content
    (given,) = machines["cncert"].get("/months", month=MONTH).json()
    assert (given["party"], given["entry"]) == ("op1", made.json()["entry"])
    assert [item["target"] for item in given["items"]] == sorted(item["target"] for item in items)
    assert machines["op2"].get("/months", month=MONTH).json() == []


def test_a_month_is_fed_back_by_the_filled_sheet(over: None, machines: Machines) -> None:
    book = load_workbook(io.BytesIO(machines["op1"].get("/months/sheet", month=MONTH).content))
    for row in book.worksheets[0].iter_rows(min_row=2):
        row[4].value, row[5].value = monthly.LEFT, "not ours"
    out = io.BytesIO()
    book.save(out)
    assert machines["op1"].post(f"/months/sheet?month={MONTH}", b"no sheet").json()["code"] == "feedback.no_sheet"
    assert machines["op1"].post(f"/months/sheet?month={MONTH}", out.getvalue()).status_code == 201
    sent = machines["cncert"].get("/months/sheet", month=MONTH, party="op1")
    assert load_workbook(io.BytesIO(sent.content)).worksheets[0]["F2"].value == "not ours"

from datetime import timedelta

import pytest
from django.utils import translation
from tests.hub.world import LAW, World, viewer

from cleannet.hub.incidents import reports
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.web import duties
from cleannet.hub.web.duties import Row

pytestmark = pytest.mark.django_db


def row_of(party: str, case: str, looked_at: object) -> Row:
    with translation.override("en"):
        who = viewer(party)
        found = [row for row in duties.rows(who, ledger.duties(who, case=case), looked_at) if row.duty.owes == "op1"]  # type: ignore[arg-type]  # a moment
        return found[0]


def test_a_duty_is_calm_then_soon_then_late(world: World, case: str) -> None:
    duty = row_of("op1", case, ledger.own_duties(viewer("op1")).get(case=case).start).duty
    states = []
    for share in (0, 74, 75, 100, 101):
        row = row_of("op1", case, duty.start + (duty.due - duty.start) * share / 100)
        states.append((row.state, row.level, row.used))
    assert states == [
        ("open", "calm", 0),
        ("open", "calm", 74),
        ("open", "soon", 75),
        ("open", "soon", 100),
        ("lapsed", "late", 100),
    ]


def test_who_owes_it_is_led_to_where_it_is_done_and_nobody_else(world: World, case: str) -> None:
    start = ledger.own_duties(viewer("op1")).get(case=case).start
    assert row_of("op1", case, start).href == f"/cases/{case}/report?policy={LAW}"
    assert row_of("op1", case, start).verb == "Report the incident"
    assert row_of("cncert", case, start).href == ""


def test_what_was_done_late_stays_late(world: World, case: str) -> None:
    duty = ledger.own_duties(viewer("op1")).get(case=case)
    late = duty.due + timedelta(minutes=1)
    reports.report(viewer=viewer("op1"), case=case, now=late)
    row = row_of("op1", case, late + timedelta(days=1))
    assert (row.state, row.word, row.late, row.left, row.href) == ("late", "done late", True, "", "")

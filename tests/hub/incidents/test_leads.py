from datetime import timedelta

import pytest
from tests.hub.world import NOW, World, viewer

from cleannet.hub.incidents import leads, reports
from cleannet.hub.incidents.grading import IncidentRefused

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def found(code: str, now: object, month: str = "2026-11") -> set[tuple[str, str, str]]:
    rows = leads.leads(viewer(code), month=month, now=now)  # type: ignore[arg-type] - a moment
    return {(one.kind, one.party, one.article) for one in rows}


def test_a_late_report_and_a_missing_one_are_leads_and_one_on_time_is_none() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 60_000, NOW).cases
    world.tally("op2", 60_000, NOW)
    reports.report(viewer=viewer("cncert"), case=case, now=NOW + HOUR)
    assert found("miit", NOW + HOUR) == set()
    reports.report(viewer=viewer("op1"), case=case, now=NOW + 3 * HOUR)
    late = found("miit", NOW + 4 * HOUR)
    assert late == {("late", "op1", "十(二)"), ("concealed", "op2", "十(二)")}


def test_each_sees_its_own_leads_and_another_month_has_none() -> None:
    world = World().populate()
    world.tally("op1", 60_000, NOW)
    world.tally("op2", 60_000, NOW)
    later = NOW + 4 * HOUR
    assert {party for _, party, _ in found("op1", later)} == {"op1"}
    assert {party for _, party, _ in found("js", later)} == set()
    assert found("miit", later, "2026-10") == set()


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "1999-01", "2026-1"])
def test_what_is_no_month_is_refused(month: str) -> None:
    with pytest.raises(IncidentRefused, match="no_month"):
        leads.leads(viewer("miit"), month=month, now=NOW)

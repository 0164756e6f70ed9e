from datetime import datetime, timedelta

import pytest
from tests.hub.world import LAW, NOW, PROGRAM, World, viewer

from cleannet.core.terms import Grade
from cleannet.hub.incidents import inquiries, leads, observations, queries, reports
from cleannet.hub.incidents.grading import IncidentRefused, standing
from cleannet.hub.incidents.leads import NoLead
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger.actions import Actor

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LATER = NOW + 4 * HOUR


def found(code: str, now: datetime, month: str = "2026-11") -> set[tuple[str, str, str]]:
    rows = leads.leads(viewer(code), month=month, now=now)
    return {(one.lead.kind, one.lead.party, one.lead.article) for one in rows}


def number(party: str, now: datetime = LATER) -> str:
    (known,) = [one for one in leads.leads(viewer("miit"), month="2026-11", now=now) if one.lead.party == party]
    return known.lead.number


def observe(operator: str, infected: int = 20_000, at: datetime = NOW, program: str = PROGRAM) -> None:
    observations.observe(
        viewer=viewer("cncert"),
        program=program,
        operator=operator,
        infected=infected,
        began_at=at - HOUR,
        ended_at=at,
        source="骨干网监测",
        now=at,
    )


def test_a_late_report_and_a_missing_one_are_leads_and_one_on_time_is_none() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 60_000, NOW).cases
    world.tally("op2", 60_000, NOW)
    reports.report(viewer=viewer("cncert"), case=case, now=NOW + HOUR)
    assert found("miit", NOW + HOUR) == set()
    reports.report(viewer=viewer("op1"), case=case, now=NOW + 3 * HOUR)
    assert found("miit", LATER) == {("late", "op1", "十(二)"), ("concealed", "op2", "十(二)")}


def test_each_sees_its_own_leads_and_another_month_has_none() -> None:
    world = World().populate()
    world.tally("op1", 60_000, NOW)
    world.tally("op2", 60_000, NOW)
    assert {party for _, party, _ in found("op1", LATER)} == {"op1"}
    assert {party for _, party, _ in found("js", LATER)} == set()
    assert found("miit", LATER, "2026-10") == set()


def test_what_cncert_saw_where_nothing_was_reported_is_omitted_and_the_operator_does_not_know_before_it_is_asked() -> (
    None
):
    world = World().populate()
    world.tally("op1", 5, NOW)
    observe("op1")
    observe("op2")
    assert ("omitted", "op2", "十(二)") in found("miit", LATER)
    assert [one for one in found("miit", LATER) if one[:2] == ("omitted", "op1")] == []
    assert found("op2", LATER) == set()
    inquiries.ask(viewer=viewer("miit"), lead=number("op2"), said="为何未报？", now=LATER)
    assert found("op2", LATER) == {("omitted", "op2", "十(二)")}


def test_it_is_omitted_also_where_there_is_no_case_and_no_more_once_it_is_counted() -> None:
    world = World().populate()
    observe("op2")
    assert found("miit", LATER) == {("omitted", "op2", "十(二)")}
    world.tally("op2", 1, LATER)
    assert found("miit", LATER) == set()


def test_what_passes_no_threshold_is_no_lead() -> None:
    World().populate()
    observe("op2", infected=10_000)
    assert found("miit", LATER) == set()
    observe("op2", infected=10_001)
    assert found("miit", LATER) == {("omitted", "op2", "十(二)")}


def test_a_false_report_is_a_lead_of_the_month_it_was_made_in_though_no_duty_began_then() -> None:
    (case,) = World().populate().tally("op1", 60_000, NOW).cases
    at = NOW + timedelta(days=20)
    ledger.enter(
        kind="incident.reported",
        actor=Actor("op1", "operator"),
        happened_at=at,
        now=at,
        refs={"case": case},
        grades={LAW: Grade.II},
        recipients=["miit", "js", "cncert"],
        facts={"figures": {"infected_24h": 59_999}},
        **standing(queries.case(viewer("cncert"), case), at),
    )
    assert found("miit", at, "2026-12") == {("false", "op1", "十(二)")}
    assert {kind for kind, party, _ in found("miit", at) if party == "op1"} == {"late"}


def test_a_lead_is_found_by_its_number_by_who_may_see_it() -> None:
    World().populate().tally("op1", 60_000, NOW)
    lead = number("op1")
    for code in ("miit", "cncert", "op1"):
        assert leads.one(viewer(code), lead, now=LATER).lead.kind == "concealed"
    for code, name in (("op2", lead), ("js", lead), ("miit", lead[:-1]), ("miit", "nothing"), ("miit", "2026-13-0")):
        with pytest.raises(NoLead):
            leads.one(viewer(code), name, now=LATER)


def test_what_was_asked_stays_as_it_was_whatever_the_record_says_since() -> None:
    (case,) = World().populate().tally("op1", 60_000, NOW).cases
    lead = number("op1")
    asked = leads.one(viewer("miit"), lead, now=LATER).lead
    inquiries.ask(viewer=viewer("miit"), lead=lead, said="为何未报？", now=LATER)
    reports.report(viewer=viewer("op1"), case=case, now=LATER + HOUR)
    now = LATER + 2 * HOUR
    assert leads.one(viewer("op1"), lead, now=now).lead == asked
    rows = {one.lead.kind: one.state for one in leads.leads(viewer("op1"), month="2026-11", now=now)}
    assert rows == {"concealed": "asked", "late": "open"}


def test_who_is_waited_for_is_told() -> None:
    World().populate().tally("op1", 60_000, NOW)
    lead = number("op1")

    def waiting() -> list[str]:
        return [code for code in ("miit", "cncert", "op1", "op2", "js") if leads.waiting(viewer(code)).exists()]

    assert waiting() == []
    inquiries.ask(viewer=viewer("miit"), lead=lead, said="为何未报？", now=LATER)
    assert waiting() == ["op1"]
    inquiries.answer(viewer=viewer("op1"), lead=lead, said="系统故障", now=LATER)
    assert waiting() == ["miit"]
    inquiries.decide(viewer=viewer("miit"), lead=lead, upheld=True, reason="未备份", now=LATER)
    assert waiting() == []


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "1999-01", "2026-1", "２０２６-01"])
def test_what_is_no_month_is_refused(month: str) -> None:
    with pytest.raises(IncidentRefused, match="no_month"):
        leads.leads(viewer("miit"), month=month, now=NOW)

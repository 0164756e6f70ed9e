from datetime import timedelta

import pytest
from tests.hub.world import LAW, NOW, World, viewer

from cleannet.hub.incidents import notices, queries, receipts, reports
from cleannet.hub.incidents.first import First
from cleannet.hub.incidents.grading import IncidentRefused
from cleannet.hub.incidents.queries import NoCase
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.papers import queries as papers
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties import queries as parties_queries

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def reported(infected: int = 60_000) -> str:
    world = World().populate()
    (case,) = world.tally("op1", infected, NOW).cases
    reports.report(viewer=viewer("cncert"), case=case, now=NOW + MINUTE)
    return case


def delegate() -> None:
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p"), now=NOW)


def open_rules(case: str, code: str) -> set[str]:
    return {duty.rule for duty in ledger.own_duties(viewer(code)) if duty.case == case}


def test_the_ministry_notifies_itself() -> None:
    case = reported()
    assert open_rules(case, "miit") == {"10.3.notice"}
    notices.notify(viewer=viewer("miit"), case=case, addressees=["op1"], now=NOW + 2 * MINUTE)
    assert open_rules(case, "miit") == set()


def test_cncert_notifies_by_recorded_delegation_only() -> None:
    case = reported()
    given = {"viewer": viewer("cncert"), "case": case, "addressees": ["op1", "rr"], "now": NOW + 2 * MINUTE}
    with pytest.raises(IncidentRefused, match="no_delegation"):
        notices.notify(**given)
    delegate()
    notice = notices.notify(**given)
    assert open_rules(case, "miit") == set()
    assert notice.number == f"RW-{case}-1"
    assert {duty.due for duty in ledger.own_duties(viewer("rr")) if duty.rule == "11.4.urgent"} == {
        NOW + timedelta(hours=2, minutes=2)
    }


def test_a_registrar_with_nobody_infected_is_governed_by_the_grade_in_the_notice() -> None:
    case = reported()
    delegate()
    notices.notify(viewer=viewer("cncert"), case=case, addressees=["rr"], now=NOW)
    assert open_rules(case, "rr") == {"11.2.domains", "11.4.urgent"}
    assert queries.grade_told(viewer("rr"), queries.case(viewer("rr"), case)) == "II"


def test_a_further_notice_keeps_the_task_number_and_starts_a_new_clock() -> None:
    case = reported()
    delegate()
    for minute in (2, 30):
        notices.notify(viewer=viewer("cncert"), case=case, addressees=["rr"], now=NOW + minute * MINUTE)
    assert [row.task_number for row in queries.notices(viewer("rr"), case=case)] == [f"RW-{case}"] * 2
    due = sorted(duty.due for duty in ledger.own_duties(viewer("rr")) if duty.rule == "11.4.urgent" and duty.due)
    assert due == [NOW + timedelta(hours=2, minutes=2), NOW + timedelta(hours=2, minutes=30)]


def test_a_remote_partys_receipt_is_recorded_by_hand_and_starts_its_clock() -> None:
    case = reported()
    delegate()
    parties.register(
        code="far", zh="远", en="Far", role="registry", remote=True, actor=Actor("cncert", "cncert"), now=NOW
    )
    notice = notices.notify(viewer=viewer("cncert"), case=case, addressees=["far"], now=NOW + MINUTE)
    everyone = viewer("cncert")
    assert not [duty for duty in ledger.duties(everyone, case=case) if duty.owes == "far"]
    with pytest.raises(IncidentRefused, match="before_the_notice"):
        receipts.record(
            viewer=everyone, notice=notice.number, party="far", medium="phone", received_at=NOW, now=NOW + 9 * MINUTE
        )
    given = {"notice": notice.number, "party": "far", "medium": "phone", "now": NOW + 9 * MINUTE}
    receipts.record(viewer=everyone, received_at=NOW + 5 * MINUTE, **given)
    with pytest.raises(IncidentRefused, match="received_already"):
        receipts.record(viewer=everyone, received_at=NOW + 8 * MINUTE, **given)
    (duty,) = [duty for duty in ledger.duties(everyone, case=case) if duty.rule == "11.4.urgent"]
    assert duty.due == NOW + timedelta(hours=2, minutes=5)
    with pytest.raises(IncidentRefused, match="not_addressed"):
        receipts.record(viewer=everyone, notice=notice.number, party="op1", medium="phone", received_at=NOW, now=NOW)


@pytest.mark.parametrize(("addressees", "code"), [([], "no_addressee"), (["nobody"], "unknown_party")])
def test_a_notice_needs_known_addressees(addressees: list[str], code: str) -> None:
    case = reported()
    with pytest.raises(IncidentRefused, match=code):
        notices.notify(viewer=viewer("miit"), case=case, addressees=addressees, now=NOW)


def test_the_paper_is_annex_4_without_a_reporting_unit_and_with_the_task_number() -> None:
    case = reported()
    notices.notify(viewer=viewer("miit"), case=case, addressees=["op1"], now=NOW + 2 * MINUTE, changes={"harm": "大"})
    (paper,) = [row for row in papers.papers(viewer("op1"), case=case) if row.form == "annex4"]
    values = papers.values(paper)
    assert values["task_number"] == f"RW-{case}"
    assert values["harm"] == "大"
    assert "unit" not in values
    assert "重大" in values["description"]
    assert set(paper.recipients) == {"op1", "js"}


def test_a_stranger_cannot_notify() -> None:
    case = reported()
    with pytest.raises(NoCase):
        notices.notify(viewer=viewer("zj"), case=case, addressees=["op1"], now=NOW)


def test_an_ordinary_case_gets_no_notice_on_annex_4() -> None:
    (case,) = World().populate().tally("op1", 5, NOW).cases
    with pytest.raises(IncidentRefused, match="ordinary_has_no_notice"):
        notices.notify(viewer=viewer("miit"), case=case, addressees=["op1"], now=NOW)


def test_the_paper_of_a_call_needs_no_confirmation_but_the_delegation_it_was_given_under() -> None:
    case = reported()
    delegate()
    call = First("phone", "请立即处置", NOW + 2 * MINUTE)
    for addressee in ("op1", "rr"):
        notices.notify(viewer=viewer("cncert"), case=case, addressees=[addressee], now=NOW + 3 * MINUTE, first=call)
    assert "10.3.notice" in open_rules(case, "miit")
    first, second = sorted(row.number for row in queries.notices(viewer("cncert"), case=case))
    notices.supply(viewer=viewer("cncert"), notice=first, now=NOW + 4 * MINUTE)
    assert "10.3.notice" not in open_rules(case, "miit")
    (given,) = parties_queries.delegations(viewer("miit"))
    parties.end_delegation(number=given.pk, actor=Actor("miit", "miit", "p"), now=NOW + 5 * MINUTE)
    notices.supply(viewer=viewer("cncert"), notice=second, now=NOW + 6 * MINUTE)
    issued = ledger.entries(viewer("miit"), case=case, kind="notice.issued")
    assert {(row.refs["notice"], row.on_behalf_of) for row in issued} == {(first, "miit"), (second, "miit")}

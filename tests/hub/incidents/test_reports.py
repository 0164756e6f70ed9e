from datetime import timedelta

import pytest
from tests.hub.world import CENTRE, NOW, World, viewer

from cleannet.core.policy_file import shipped
from cleannet.hub.incidents import actions, receipts, reports
from cleannet.hub.incidents.first import First
from cleannet.hub.incidents.grading import IncidentRefused
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.papers import queries as papers
from cleannet.hub.parties import actions as parties

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def states(case: str) -> list[tuple[str, str, bool]]:
    """Return rule, debtor and whether met of every duty of a case."""
    return [(duty.rule, duty.owes, duty.met_by_id is not None) for duty in ledger.duties(viewer("cncert"), case=case)]


def test_a_report_on_annex_3_meets_the_duty_and_reaches_all() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 10_001, NOW).cases
    paper = reports.report(viewer=viewer("op1"), case=case, now=NOW + HOUR, changes={"harm": "很大"})
    assert set(paper.recipients) == {"miit", "js", "cncert"}
    assert "harm" not in paper.missing
    assert ("10.2.significant", "op1", True) in states(case)


def test_a_first_report_by_phone_counts_from_the_call_once_every_recipient_confirms() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 50_001, NOW).cases
    given = {"viewer": viewer("op1"), "case": case, "now": NOW}
    claim = reports.report_first(first=First("phone", "紧急", NOW), **given)
    later = NOW + 3 * HOUR
    for code in ("miit", "js"):
        assert receipts.confirm(viewer=viewer(code), entry=claim.id, now=later) is False
        receipts.confirm(viewer=viewer(code), entry=claim.id, now=later)
    assert ("10.2.urgent", "op1", False) in states(case)
    assert [row.id for row in receipts.awaiting(viewer("cncert"), case)] == [claim.id]
    assert receipts.awaiting(viewer("js"), case) == []
    assert receipts.confirm(viewer=viewer("cncert"), entry=claim.id, now=later) is True
    duty = ledger.duties(viewer("op1"), case=case).get(rule="10.2.urgent")
    assert duty.state_at(later) == "met"
    assert ("15.paper.report", "op1", False) in states(case)
    with pytest.raises(IncidentRefused, match="not_a_first_notice"):
        reports.report_first(first=First("fax", "紧急", NOW), **given)
    with pytest.raises(IncidentRefused, match="not_told"):
        receipts.confirm(viewer=viewer("op1"), entry=claim.id, now=later)


def test_the_paper_after_a_first_report_meets_the_duty_of_the_paper() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 50_001, NOW).cases
    claim = reports.report_first(viewer=viewer("op1"), case=case, first=First("phone", "急", NOW), now=NOW)
    for code in ("miit", "js", "cncert"):
        receipts.confirm(viewer=viewer(code), entry=claim.id, now=NOW)
    reports.report(viewer=viewer("op1"), case=case, now=NOW + HOUR)
    assert ("15.paper.report", "op1", True) in states(case)
    assert ledger.entries(viewer("op1"), case=case, kind="paper.supplied").exists()


def test_what_went_out_empty_is_supplemented_by_the_same_form_once_it_is_complete() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 10_001, NOW).cases
    given = {"viewer": viewer("op1"), "case": case}
    first = reports.report(now=NOW, **given)
    assert first.missing
    assert ("19.supplement", "op1", False) in states(case)
    known = {key: "已查明" for key in first.missing}
    key, *_ = known
    again = reports.report(now=NOW + HOUR, changes={other: known[other] for other in known if other != key}, **given)
    assert again.missing == [key]
    assert ("19.supplement", "op1", False) in states(case)
    last = reports.report(now=NOW + 2 * HOUR, changes=known, **given)
    assert (last.missing, last.version) == ([], 3)
    assert ("19.supplement", "op1", True) in states(case)
    assert [entry.kind for entry in ledger.entries(viewer("op1"), case=case).filter(happened_at=NOW + 2 * HOUR)] == [
        "report.supplemented"
    ]


def test_a_province_found_later_is_told_by_a_copy_and_the_first_duty_keeps_its_recipients() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 50_001, NOW).cases
    world.tally("op1", 50_002, NOW + HOUR, province="33")
    owed = {duty.rule: duty for duty in ledger.own_duties(viewer("op1")).filter(case=case)}
    assert owed["10.2.urgent"].cc == ["js", "cncert"]
    assert (owed["10.2.copy.urgent"].to, owed["10.2.copy.urgent"].due) == (["zj"], NOW + 3 * HOUR)
    paper = reports.report(viewer=viewer("op1"), case=case, now=NOW + HOUR)
    assert set(paper.recipients) == {"miit", "js", "zj", "cncert"}
    assert {duty.rule for duty in ledger.own_duties(viewer("op1")).filter(case=case)} == {"19.supplement"}
    assert {duty.rule for duty in ledger.own_duties(viewer("cncert")).filter(case=case)} == {
        "10.3.urgent",
        "10.3.copy.urgent",
    }


def test_a_second_law_has_its_own_report_on_its_own_form_to_its_own_authority() -> None:
    world = World().populate()
    second = shipped()["incident_reporting_2025"]
    parties.adopt(policy=second, actor=CENTRE, now=NOW - HOUR)
    (case,) = world.tally("op1", 10_001, NOW).cases
    facts = {"people_leaked": 1_000_000}
    given = {"viewer": viewer("op1"), "case": case}
    actions.state_facts(policy=second.id, role="network", facts=facts, found_at=NOW, now=NOW, **given)
    first = reports.report(now=NOW, **given)
    assert "cac-js" not in first.recipients
    assert ("4.network", "op1", False) in states(case)
    other = reports.report(now=NOW, policy=second.id, **given)
    assert (other.form, other.recipients) == ("report", ["cac-js"])
    assert ("4.network", "op1", True) in states(case)
    assert "较大" in papers.values(other)["incident"]


def test_a_call_that_said_one_grade_does_not_meet_the_report_of_a_graver_one() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 10_001, NOW).cases
    said = NOW + 2 * HOUR
    claim = reports.report_first(viewer=viewer("op1"), case=case, first=First("phone", "较大", said), now=said)
    world.tally("op1", 50_001, said, found_at=NOW + HOUR)
    for code in ("miit", "js", "cncert"):
        receipts.confirm(viewer=viewer(code), entry=claim.id, now=said + HOUR)
    assert ("10.2.significant", "op1", True) in states(case)
    assert ("10.2.urgent", "op1", False) in states(case)


def test_a_call_also_tells_a_province_found_later() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 50_001, NOW).cases
    reports.report(viewer=viewer("op1"), case=case, now=NOW)
    world.tally("op1", 50_002, NOW + HOUR, province="33")
    said = NOW + 2 * HOUR
    claim = reports.report_first(viewer=viewer("op1"), case=case, first=First("phone", "新省", said), now=said)
    for code in ("miit", "js", "zj", "cncert"):
        receipts.confirm(viewer=viewer(code), entry=claim.id, now=said)
    assert ("10.2.copy.urgent", "op1", True) in states(case)


def test_each_operators_report_is_copied_to_the_provinces_of_its_own_numbers_only() -> None:
    world = World().populate()
    world.tally("op1", 50_001, NOW, province="32")
    (case,) = world.tally("op2", 50_001, NOW, province="33").cases
    owed = {duty.owes: duty.cc for duty in ledger.duties(viewer("miit"), case=case) if duty.rule == "10.2.urgent"}
    assert owed == {"op1": ["js", "cncert"], "op2": ["zj", "cncert"]}
    (widened,) = ledger.entries(viewer("miit"), case=case, kind="incident.widened")
    assert (widened.party, widened.refs["change"]) == ("cncert", "33")

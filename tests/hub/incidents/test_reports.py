from datetime import timedelta

import pytest
from tests.hub.world import CENTRE, NOW, World, viewer

from cleannet.core.policy_file import shipped
from cleannet.hub.incidents import actions, reports
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
    given = {"viewer": viewer("op1"), "case": case, "said": "紧急", "happened_at": NOW, "now": NOW}
    claim = reports.report_first(medium="phone", **given)
    later = NOW + 3 * HOUR
    for code in ("miit", "js"):
        assert reports.confirm_first(viewer=viewer(code), entry=claim.id, now=later) is False
        reports.confirm_first(viewer=viewer(code), entry=claim.id, now=later)
    assert ("10.2.urgent", "op1", False) in states(case)
    assert [row.id for row in reports.awaiting_confirmation(viewer("cncert"), case)] == [claim.id]
    assert reports.awaiting_confirmation(viewer("js"), case) == []
    assert reports.confirm_first(viewer=viewer("cncert"), entry=claim.id, now=later) is True
    duty = ledger.duties(viewer("op1"), case=case).get(rule="10.2.urgent")
    assert duty.state_at(later) == "met"
    assert ("15.paper.report", "op1", False) in states(case)
    with pytest.raises(IncidentRefused, match="not_a_first_notice"):
        reports.report_first(medium="fax", **given)
    with pytest.raises(IncidentRefused, match="not_told"):
        reports.confirm_first(viewer=viewer("op1"), entry=claim.id, now=later)


def test_the_paper_after_a_first_report_meets_the_duty_of_the_paper() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 50_001, NOW).cases
    claim = reports.report_first(viewer=viewer("op1"), case=case, medium="phone", said="急", happened_at=NOW, now=NOW)
    for code in ("miit", "js", "cncert"):
        reports.confirm_first(viewer=viewer(code), entry=claim.id, now=NOW)
    reports.report(viewer=viewer("op1"), case=case, now=NOW + HOUR)
    assert ("15.paper.report", "op1", True) in states(case)
    assert ledger.entries(viewer("op1"), case=case, kind="paper.supplied").exists()


def test_a_province_found_later_is_told_by_a_copy_and_the_first_duty_keeps_its_recipients() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 50_001, NOW).cases
    world.tally("op1", 50_002, NOW + HOUR, province="33")
    owed = {duty.rule: duty for duty in ledger.own_duties(viewer("op1")).filter(case=case)}
    assert owed["10.2.urgent"].cc == ["js", "cncert"]
    assert (owed["10.2.copy.urgent"].to, owed["10.2.copy.urgent"].due) == (["zj"], NOW + 3 * HOUR)
    paper = reports.report(viewer=viewer("op1"), case=case, now=NOW + HOUR)
    assert set(paper.recipients) == {"miit", "js", "zj", "cncert"}
    assert not ledger.own_duties(viewer("op1")).filter(case=case).exists()
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

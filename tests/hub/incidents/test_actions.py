from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.hub.world import CENTRE, LAW, NOW, PROGRAM, World, viewer

from cleannet.core.policy_file import shipped
from cleannet.core.terms import Grade
from cleannet.hub.incidents import actions, queries, reports
from cleannet.hub.incidents.grading import IncidentRefused
from cleannet.hub.incidents.queries import Case
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import actions as parties

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def states(case: str) -> list[tuple[str, str, bool]]:
    """Return rule, debtor and whether met of every duty of a case."""
    return [(duty.rule, duty.owes, duty.met_by_id is not None) for duty in ledger.duties(viewer("cncert"), case=case)]


def test_a_tally_opens_a_case_grades_it_and_starts_the_clock_from_the_finding() -> None:
    world = World().populate()
    found = NOW - 10 * timedelta(minutes=1)
    (case,) = world.tally("op1", 50_001, NOW, found_at=found).cases
    duty = ledger.own_duties(viewer("op1")).get(case=case)
    assert (duty.rule, duty.due) == ("10.2.urgent", found + 2 * HOUR)
    assert set(duty.cc) == {"js", "cncert"}
    whole = ledger.own_duties(viewer("cncert")).get(case=case)
    assert (whole.rule, whole.due) == ("10.3.urgent", NOW + 2 * HOUR)
    row = queries.case(viewer("op1"), case)
    assert (row.program, list(row.laws)) == (PROGRAM, [LAW])


def test_an_ordinary_incident_is_reported_by_the_tally_itself() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 10_000, NOW).cases
    assert states(case) == [("10.2.ordinary", "op1", True)]
    with pytest.raises(IncidentRefused, match="reported_by_tally"):
        reports.report(viewer=viewer("op1"), case=case, now=NOW)


def test_a_growing_count_is_graded_upward_once_per_grade_with_history() -> None:
    world = World().populate()
    for hour, infected in enumerate([9_000, 10_001, 12_000, 50_001, 40_000, 100_001]):
        world.tally("op1", infected, NOW + hour * HOUR)
    (case,) = queries.cases(viewer("cncert"))
    given = [(row.grader, row.grade) for row in queries.gradings(viewer("cncert"), case)]
    assert sorted(given) == sorted((who, grade) for who in ("op1", "cncert") for grade in ("IV", "III", "II", "I"))
    assert queries.grade_told(viewer("cncert"), case) == Grade.I


def test_loss_alone_grades_and_is_carried_into_the_next_case() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 1, NOW, loss_fen=100_000_001).cases
    assert ("10.2.significant", "op1", False) in states(case)
    actions.propose_annulment(viewer=viewer("cncert"), case=case, reason="误报", now=NOW)
    actions.confirm_annulment(viewer=viewer("cncert", "p-2"), case=case, now=NOW)
    (following,) = world.tally("op1", 1, NOW + HOUR, loss_fen=100, batch="next").cases
    assert following != case
    assert queries.scale(viewer("op1"), queries.case(viewer("op1"), following)).loss_fen == 100_000_101


def test_addresses_are_never_graded_as_numbers() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 200_000, NOW, subscribers="addresses").cases
    assert states(case) == [("10.2.ordinary", "op1", True)]


def test_what_only_the_sum_of_operators_passes_is_cncerts_alone() -> None:
    world = World().populate()
    world.tally("op1", 6_000, NOW)
    (case,) = world.tally("op2", 7_000, NOW).cases
    assert {(rule, owes) for rule, owes, _ in states(case)} == {
        ("10.2.ordinary", "op1"),
        ("10.2.ordinary", "op2"),
        ("10.3.significant", "cncert"),
        ("10.3.notice", "miit"),
    }


def test_a_group_is_graded_by_what_its_branches_count_and_owes_the_report() -> None:
    world = World().populate().branch_out()
    (case,) = world.tally("op1-js", 9_000, NOW).cases
    world.tally("op1-zj", 10_001, NOW, province="33")
    assert ("10.2.significant", "op1", False) in states(case)
    assert not {"op1-js", "op1-zj"} & {owes for _, owes, _ in states(case)}
    report = ledger.own_duties(viewer("op1")).get(case=case, rule="10.2.significant")
    assert {"js", "zj"} <= {*report.to, *report.cc}
    paper = reports.report(viewer=viewer("op1"), case=case, now=NOW)
    assert paper.party == "op1"
    with pytest.raises(IncidentRefused, match="not_graded"):
        reports.report(viewer=viewer("op1-js"), case=case, now=NOW)


def test_an_assessment_raises_cncerts_grade_with_its_reason() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 10_001, NOW).cases
    raised = {"viewer": viewer("miit"), "case": case, "now": NOW + HOUR}
    with pytest.raises(IncidentRefused, match="reason_missing"):
        actions.raise_grade(grade=Grade.I, reason=" ", **raised)
    with pytest.raises(IncidentRefused, match="not_graver"):
        actions.raise_grade(grade=Grade.III, reason="影响", **raised)
    actions.raise_grade(grade=Grade.I, reason="对社会造成特别重大影响", **raised)
    assert ("10.3.urgent", "cncert", False) in states(case)


def test_annulling_takes_two_persons_and_ends_the_duties() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 10_001, NOW).cases
    reports.report(viewer=viewer("op1"), case=case, now=NOW)
    with pytest.raises(IncidentRefused, match="not_proposed"):
        actions.confirm_annulment(viewer=viewer("cncert"), case=case, now=NOW)
    actions.propose_annulment(viewer=viewer("cncert"), case=case, reason="误报", now=NOW)
    with pytest.raises(IncidentRefused, match="two_persons"):
        actions.confirm_annulment(viewer=viewer("cncert"), case=case, now=NOW)
    actions.confirm_annulment(viewer=viewer("cncert", "p-second"), case=case, now=NOW)
    assert not ledger.open_duties(viewer("cncert"), case=case).exists()
    (entry,) = ledger.entries(viewer("cncert"), case=case, kind="incident.annulled")
    assert set(entry.recipients) == {"miit", "js", "cncert", "op1"}


def test_a_case_that_owes_an_act_is_not_closed() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 10_001, NOW).cases
    with pytest.raises(IncidentRefused, match="duties_open"):
        actions.close(viewer=viewer("cncert"), case=case, now=NOW)


def test_two_laws_grade_one_case_and_a_person_states_the_facts_of_the_second() -> None:
    world = World().populate()
    second = shipped()["incident_reporting_2025"]
    parties.adopt(policy=second, actor=CENTRE, now=NOW - HOUR)
    (case,) = world.tally("op1", 10_001, NOW).cases
    facts = {"people_leaked": 1_000_000}
    given = {"viewer": viewer("op1"), "case": case, "facts": facts, "found_at": NOW, "now": NOW}
    actions.state_facts(policy=second.id, role="network", **given)
    duty = ledger.own_duties(viewer("op1")).get(policy=second.id, case=case)
    assert (duty.rule, duty.due, duty.to) == ("4.network", NOW + 4 * HOUR, ["cac-js"])
    with pytest.raises(IncidentRefused, match="not_graver"):
        actions.state_facts(policy=second.id, role="network", **given)
    with pytest.raises(IncidentRefused, match="not_your_role"):
        actions.state_facts(policy=second.id, role="cii", **given)
    with pytest.raises(IncidentRefused, match="not_under_this_law"):
        actions.state_facts(policy="no_law", role="network", **given)


def test_nobody_grades_by_hand_what_the_edges_count() -> None:
    (case,) = World().populate().tally("op1", 10_001, NOW).cases
    for facts in ({"infected_24h": 200_000}, {"loss_fen": 10**12}):
        with pytest.raises(IncidentRefused, match="not_stated_by_hand"):
            actions.state_facts(
                viewer=viewer("op1"), case=case, policy=LAW, facts=facts, role="operator", found_at=NOW, now=NOW
            )


def test_a_law_adopted_later_does_not_touch_an_open_case() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 10_001, NOW).cases
    parties.adopt(policy=shipped()["incident_reporting_2025"], actor=CENTRE, now=NOW)
    assert list(queries.case(viewer("op1"), case).laws) == [LAW]


def test_a_new_case_counts_from_the_end_of_the_one_before() -> None:
    world = World().populate()
    (first,) = world.tally("op1", 100_001, NOW).cases
    actions.propose_annulment(viewer=viewer("cncert"), case=first, reason="误报", now=NOW + HOUR)
    actions.confirm_annulment(viewer=viewer("cncert", "p-2"), case=first, now=NOW + HOUR)
    (second,) = world.tally("op1", 5, NOW + 90 * 24 * HOUR, batch="later").cases
    assert states(second) == [("10.2.ordinary", "op1", True)]
    everyone = viewer("cncert")
    assert queries.scale(everyone, queries.case(everyone, second)).infected == 5
    assert queries.scale(everyone, queries.case(everyone, first)).infected == 100_001


def test_two_edges_that_open_the_case_of_a_program_at_once_share_it(own_hub: Any, tmp_path: Path) -> None:
    own_hub.work("tallies", str(tmp_path))
    first = own_hub.start("submit", str(tmp_path), "op1", "2")
    assert [first.stdout.readline(), first.stdout.readline()] == ["ready\n", "opened\n"]
    second = own_hub.start("submit", str(tmp_path), "op2", "2")
    told = [one.communicate(timeout=60) for one in (first, second)]
    assert [one.returncode for one in (first, second)] == [0, 0], told
    assert told[1][0] == f"ready\n{told[0][0]}"


def test_a_repeated_tally_is_answered_with_the_cases_of_the_first_time() -> None:
    world = World().populate()
    (first,) = world.tally("op1", 10_001, NOW).cases
    actions.propose_annulment(viewer=viewer("cncert"), case=first, reason="误报", now=NOW)
    actions.confirm_annulment(viewer=viewer("cncert", "p-2"), case=first, now=NOW)
    data = world.message("op1", 10_001, NOW + HOUR, joined=1)
    second, again = (actions.receive_tally(data=data, viewer=viewer("op1"), now=NOW + HOUR) for _ in range(2))
    assert second.cases != (first,)
    assert again.cases == second.cases


def test_those_of_a_case_that_ended_do_not_grade_the_next() -> None:
    world = World().populate()
    (first,) = world.tally("op1", 10_001, NOW).cases
    actions.propose_annulment(viewer=viewer("cncert"), case=first, reason="误报", now=NOW)
    actions.confirm_annulment(viewer=viewer("cncert", "p-2"), case=first, now=NOW)
    assert world.tally("op1", 10_001, NOW + HOUR / 2).cases == ()
    (second,) = world.tally("op1", 10_001, NOW + HOUR, joined=1).cases
    assert states(second) == [("10.2.ordinary", "op1", True)]
    scale = queries.scale(viewer("op1"), queries.case(viewer("op1"), second))
    assert (scale.infected, scale.infected_upper) == (1, 10_002)


def test_what_a_case_that_ended_had_counted_opens_no_new_one() -> None:
    world = World().populate()
    (first,) = world.tally("op1", 60_000, NOW, loss_fen=500).cases
    actions.propose_annulment(viewer=viewer("cncert"), case=first, reason="误报", now=NOW + HOUR)
    actions.confirm_annulment(viewer=viewer("cncert", "p-2"), case=first, now=NOW + HOUR)
    later = NOW + 2 * HOUR
    assert world.tally("op1", 0, later, loss_fen=500, batch="day").cases == ()
    assert len(world.tally("op1", 0, later, loss_fen=501, batch="day").cases) == 1


def test_a_closed_case_is_reopened_by_a_person_and_counts_on() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 10_001, NOW).cases
    centre = viewer("cncert")
    given = {"viewer": centre, "case": case, "now": NOW + HOUR}
    with pytest.raises(IncidentRefused, match="not_closed"):
        actions.reopen(reason="复现", **given)
    Case.objects.filter(number=case).update(status="closed", ended_at=NOW)
    with pytest.raises(IncidentRefused, match="reason_missing"):
        actions.reopen(reason=" ", **given)
    with pytest.raises(IncidentRefused, match="reason_missing"):
        actions.reopen(reason="复现", **given | {"viewer": Viewer("cncert", "cncert")})
    actions.reopen(reason="复现", **given)
    found = Case.objects.get()
    assert (found.status, found.ended_at) == ("open", None)
    (entry,) = ledger.entries(centre, case=case, kind="incident.reopened")
    assert ledger.note(centre, entry) == "复现"
    assert world.tally("op1", 20_000, NOW + HOUR).cases == (case,)

import pytest
from django.db import transaction
from tests.hub.world import LAW, NOW, PROGRAM, World, viewer

from cleannet.core.terms import Grade
from cleannet.hub.incidents import actions, grading, queries
from cleannet.hub.incidents.queries import NoCase
from cleannet.hub.watch import actions as watch

pytestmark = pytest.mark.django_db


def opened() -> str:
    world = World().populate()
    world.tally("op1", 60_000, NOW, loss_fen=700)
    (case,) = world.tally("op2", 5, NOW).cases
    return case


@pytest.mark.parametrize(
    ("code", "infected", "loss"), [("op1", 60_000, 700), ("op2", 5, 0), ("cncert", 60_005, 700), ("js", 60_005, None)]
)
def test_everybody_sees_their_own_share(code: str, infected: int, loss: int | None) -> None:
    number = opened()
    found = queries.scale(viewer(code), queries.case(viewer(code), number))
    assert (found.infected, found.loss_fen) == (infected, loss)


@pytest.mark.parametrize("code", ["zj", "rr", "cac-js"])
def test_a_stranger_sees_no_case(code: str) -> None:
    number = opened()
    with pytest.raises(NoCase):
        queries.case(viewer(code), number)


def test_an_operator_sees_its_own_grades_only() -> None:
    number = opened()
    case = queries.case(viewer("op2"), number)
    assert {row.grader for row in queries.gradings(viewer("op2"), case)} == {"op2"}
    assert {row.grader for row in queries.gradings(viewer("miit"), case)} == {"op1", "op2", "cncert"}
    assert queries.grade_told(viewer("op2"), case) == Grade.IV
    assert queries.grade_told(viewer("js"), case) == Grade.II
    assert [one.grade for one in queries.standing_grades(viewer("op1"), case)] == [Grade.II]


def test_a_case_keeps_its_law() -> None:
    case = queries.case(viewer("op1"), opened())
    assert queries.law_of(case, LAW).id == LAW
    with pytest.raises(NoCase):
        queries.law_of(case, "incident_reporting_2025")


def test_a_closed_case_is_not_open() -> None:
    number = opened()
    actions.propose_annulment(viewer=viewer("cncert"), case=number, reason="误报", now=NOW)
    assert queries.annulment(viewer("cncert"), queries.case(viewer("cncert"), number)) is not None
    assert queries.annulment(viewer("op1"), queries.case(viewer("op1"), number)) is None
    actions.confirm_annulment(viewer=viewer("cncert", "p-2"), case=number, now=NOW)
    with pytest.raises(NoCase, match="not_open"):
        queries.open_case(viewer("cncert"), number)
    assert not queries.cases(viewer("cncert"), status="open").exists()


def test_an_unknown_notice_is_unknown() -> None:
    opened()
    with pytest.raises(NoCase):
        queries.notice(viewer("cncert"), "nothing")


@pytest.mark.parametrize(
    ("code", "told"), [("cncert", ["op2"]), ("miit", ["op2"]), ("js", ["op2"]), ("op1", []), ("op2", ["op2"])]
)
def test_operators_whose_edges_are_silent_are_named_to_those_who_see_them(code: str, told: list[str]) -> None:
    world = World().populate()
    world.tally("op1", 60_000, NOW)
    (number,) = world.tally("op2", 5, NOW).cases
    world.beat("op1", NOW, rows=NOW)
    world.beat("op2", NOW, rows=NOW, sequence=3)
    case = queries.case(viewer(code), number)
    assert queries.silent(viewer(code), case, now=NOW) == told


def test_whoever_is_not_concerned_is_not_missed_and_an_ended_case_misses_nobody() -> None:
    world = World().populate()
    (number,) = world.tally("op1", 60_000, NOW).cases
    case = queries.case(viewer("cncert"), number)
    assert queries.silent(viewer("cncert"), case, now=NOW) == ["op1"]
    world.beat("op1", NOW, rows=NOW)
    assert queries.silent(viewer("cncert"), case, now=NOW) == []
    watch.revoke(edge="edge-op1", now=NOW)
    assert queries.silent(viewer("cncert"), case, now=NOW) == ["op1"]
    case.status = "closed"
    assert queries.silent(viewer("cncert"), case, now=NOW) == []


@pytest.mark.parametrize(
    ("code", "infected", "upper"),
    [("op1", 60_000, 60_005), ("op1-js", 60_000, 60_000), ("op1-zj", 5, 5), ("cncert", 60_000, 60_005)],
)
def test_a_branch_sees_its_own_share_and_a_group_that_of_all_its_branches(code: str, infected: int, upper: int) -> None:
    world = World().populate().branch_out()
    world.tally("op1-js", 60_000, NOW)
    (number,) = world.tally("op1-zj", 5, NOW, province="33").cases
    case = queries.case(viewer(code), number)
    found = queries.scale(viewer(code), case)
    assert (found.infected, found.infected_upper) == (infected, upper)
    graded = {row.grader for row in queries.gradings(viewer(code), case)}
    assert graded == {"cncert": {"op1", "cncert"}, "op1": {"op1"}}.get(code, set())
    with pytest.raises(NoCase):
        queries.case(viewer("op2"), number)


def test_a_branch_that_counted_nothing_sees_no_case_but_is_missed() -> None:
    world = World().populate().branch_out()
    (number,) = world.tally("op1-js", 60_000, NOW).cases
    with pytest.raises(NoCase):
        queries.case(viewer("op1-zj"), number)
    for party in ("op1", "op1-js"):
        world.beat(party, NOW, rows=NOW)
    case = queries.case(viewer("op1"), number)
    assert queries.silent(viewer("op1"), case, now=NOW) == ["op1-zj"]
    assert queries.silent(viewer("op1-js"), case, now=NOW) == []


def test_a_bureau_that_an_act_was_addressed_to_sees_its_case() -> None:
    world = World().populate()
    (number,) = world.tally("op1", 60_000, NOW).cases
    assert not queries.cases(viewer("zj")).exists()
    with transaction.atomic():
        grading.tell(number, ["zj"])
    assert queries.case(viewer("zj"), number).number == number


def test_programs_at_work_are_those_of_open_cases() -> None:
    world = World().populate()
    assert queries.programs_at_work() == {}
    (number,) = world.tally("op1", 60_000, NOW).cases
    assert queries.programs_at_work() == {PROGRAM: number}

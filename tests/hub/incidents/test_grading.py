from datetime import timedelta

import pytest
from pytest_django import Settings
from tests.hub.world import LAW, NOW, PROGRAM, World, viewer

from cleannet.hub.incidents import grading, queries
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.watch import queries as watch

pytestmark = pytest.mark.django_db


def test_facts_come_from_numbers_only() -> None:
    world = World().populate()
    world.tally("op1", 5, NOW, loss_fen=7)
    assert grading.facts_of(watch.scale(PROGRAM)) == {"infected_24h": 5, "loss_fen": 7}
    assert grading.facts_of(watch.scale("nothing")) == {"loss_fen": 0}


def test_the_gravest_grade_counts_not_the_newest() -> None:
    world = World().populate()
    (number,) = world.tally("op1", 60_000, NOW).cases
    case = queries.case(viewer("cncert"), number)
    lower = grading.enter_grades(case, facts={"infected_24h": 3}, actor=Actor("op1", "operator"), found_at=NOW, now=NOW)
    assert lower == []
    newest = grading.newest(case, LAW, "op1")
    assert newest is not None
    assert newest.grade == "II"


def test_another_province_joins_the_case() -> None:
    world = World().populate()
    (number,) = world.tally("op1", 60_000, NOW).cases
    case = queries.case(viewer("cncert"), number)
    case.provinces = "|32|33|"
    assert [grading.seat_of(code) for code in ("op1", "rr", "nobody")] == ["32", "", ""]
    assert grading.standing(case, NOW, of="op1")["participants"].of("bureau:relevant") == ("js",)
    assert set(grading.standing(case, NOW)["participants"].of("bureau:relevant")) == {"js", "zj"}


def test_a_hub_that_is_not_cncerts_grades_nothing_as_a_whole(settings: Settings) -> None:
    world = World().populate()
    settings.CLEANNET_ROLE = "operator"
    (number,) = world.tally("op1", 60_000, NOW + timedelta(hours=1)).cases
    assert {row.grader for row in queries.gradings(viewer("cncert"), queries.case(viewer("cncert"), number))} == {"op1"}

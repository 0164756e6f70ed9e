from datetime import timedelta

import pytest
from pytest_django import Settings
from tests.hub.world import CENTRE, LAW, NOW, PROGRAM, World, viewer

from cleannet.hub.incidents import grading, queries
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions as parties
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


def owed(case: str, owes: str = "op1") -> list[tuple[str, list[str], list[str]]]:
    """Return rule, recipients and what is unrouted of every report owed on a case."""
    rows = ledger.duties(viewer("cncert"), case=case).filter(owes=owes, expects="incident.reported").order_by("rule")
    return [(row.rule, sorted({*row.to, *row.cc}), row.unrouted) for row in rows]


def register_gd(*, of: str = "44") -> None:
    parties.register(code="gd", zh="广东", en="gd", role="bureau", province=of, actor=CENTRE, now=NOW)
    grading.serve(province=of, now=NOW)


def test_a_province_without_a_bureau_is_unrouted_and_its_copy_owed_once_there_is_one() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 60_000, NOW, shares={"32": 30_000, "44": 20_000, "": 10_000}).cases
    (report,) = owed(case)
    assert report == ("10.2.urgent", ["cncert", "js", "miit"], ["bureau:relevant 44", "bureau:relevant ?"])
    (unrouted,) = queries.unrouted(viewer("miit"))
    assert (unrouted[0].number, unrouted[1]) == (case, ["44", "?"])
    register_gd()
    assert owed(case)[0] == ("10.2.copy.urgent", ["gd"], [])
    assert owed(case, "cncert")[0] == ("10.3.copy.urgent", ["gd"], [])
    assert queries.unrouted(viewer("miit"))[0][1] == ["?"]


def test_a_copy_is_owed_to_somebody() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 60_000, NOW).cases
    world.tally("op1", 60_000, NOW, shares={"32": 30_000, "44": 20_000, "": 10_000})
    assert [rule for rule, _, _ in owed(case)] == ["10.2.urgent"]
    world.tally("op1", 60_000, NOW, shares={"32": 30_000, "44": 20_000, "33": 10_000})
    assert owed(case)[0] == ("10.2.copy.urgent", ["zj"], [])
    register_gd()
    assert [to for rule, to, _ in owed(case) if rule == "10.2.copy.urgent"] == [["zj"], ["gd"]]


def test_a_bureau_is_owed_no_copy_of_a_case_elsewhere_or_that_ended() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 60_000, NOW, shares={"32": 30_000, "44": 30_000}).cases
    register_gd(of="45")
    assert [rule for rule, _, _ in owed(case)] == ["10.2.urgent"]

from datetime import timedelta

import pytest
from tests.hub.world import CENTRE, NOW, World, viewer

from cleannet.hub.incidents import opening, queries
from cleannet.hub.incidents.models import Case
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.parties import actions as parties

pytestmark = pytest.mark.django_db


def owed(case: str, owes: str = "op1") -> list[tuple[str, list[str], list[str]]]:
    """Return rule, recipients and what is unrouted of every report owed on a case."""
    rows = ledger.duties(viewer("cncert"), case=case).filter(owes=owes, expects="incident.reported").order_by("rule")
    return [(row.rule, sorted({*row.to, *row.cc}), row.unrouted) for row in rows]


def register_gd(*, of: str = "44") -> None:
    parties.register(code="gd", zh="广东", en="gd", role="bureau", province=of, actor=CENTRE, now=NOW)
    opening.serve(province=of, now=NOW)


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


@pytest.mark.parametrize(
    ("found", "operator", "centre"),
    [
        (["32"], [], []),
        (["33"], [["zj"]], [["zj"]]),
        (["33", "32"], [["zj"]], [["zj"]]),
        (["44"], [], []),  # no bureau there yet: it waits for one
        ([], [], []),
    ],
)
def test_the_bureau_of_a_province_where_a_server_is_is_owed_a_copy_once(
    found: list[str], operator: list[list[str]], centre: list[list[str]]
) -> None:
    (number,) = World().populate().tally("op1", 60_000, NOW).cases
    for again in range(2):
        opening.servers_found(Case.objects.get(pk=number), found, NOW + timedelta(minutes=again))
    copies = {code: [to for rule, to, _ in owed(number, code) if ".copy." in rule] for code in ("op1", "op2", "cncert")}
    assert copies == {"op1": operator, "op2": [], "cncert": centre}


def test_a_bureau_registered_later_is_owed_the_copy_of_a_case_with_a_server_in_its_province() -> None:
    (number,) = World().populate().tally("op1", 60_000, NOW).cases
    opening.servers_found(Case.objects.get(pk=number), ["44"], NOW)
    assert [provinces for _, provinces in queries.unrouted(viewer("miit"))] == [["44"]]
    register_gd()
    assert owed(number)[0] == ("10.2.copy.urgent", ["gd"], [])
    assert owed(number, "cncert")[0] == ("10.3.copy.urgent", ["gd"], [])


def test_numbers_found_where_a_server_is_owe_no_second_copy() -> None:
    world = World().populate()
    (number,) = world.tally("op1", 60_000, NOW).cases
    opening.servers_found(Case.objects.get(pk=number), ["33"], NOW)
    world.tally("op1", 60_001, NOW + timedelta(minutes=1), shares={"32": 30_000, "33": 30_001})
    assert [to for rule, to, _ in owed(number) if ".copy." in rule] == [["zj"]]
    assert [to for rule, to, _ in owed(number, "cncert") if ".copy." in rule] == [["zj"]]

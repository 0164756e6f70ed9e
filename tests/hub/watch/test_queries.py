from datetime import timedelta

import pytest
from tests.hub.world import NOW, PROGRAM, World, viewer

from cleannet.hub.watch import actions as watch
from cleannet.hub.watch import queries
from cleannet.hub.watch.models import Message

pytestmark = pytest.mark.django_db


def test_operators_are_added_slot_by_slot_not_by_their_maxima() -> None:
    world = World().populate()
    world.tally("op1", 6_000, NOW)
    world.tally("op2", 7_000, NOW)
    whole = queries.scale(PROGRAM)
    assert queries.scale(PROGRAM, party="op1").infected == 6_000
    assert whole.infected == 13_000
    assert whole.infected_upper == 13_000
    world.tally("op2", 7_000, NOW + timedelta(days=3), batch="later")
    assert queries.scale(PROGRAM).infected == whole.infected


def test_batches_of_one_operator_may_share_people_so_their_sum_is_only_possible() -> None:
    world = World().populate()
    world.tally("op1", 6_000, NOW, batch="a")
    world.tally("op1", 5_000, NOW, batch="b")
    own = queries.scale(PROGRAM, party="op1")
    assert own.infected == 6_000
    assert own.infected_upper == 11_000


def test_edges_of_one_group_may_share_people_and_a_branch_has_its_own_only() -> None:
    world = World().populate().branch_out()
    for party, infected in (("op1", 1_000), ("op1-js", 6_000), ("op1-zj", 5_000), ("op2", 300)):
        world.tally(party, infected, NOW, loss_fen=infected)
    found = {code: queries.scale(PROGRAM, party=code) for code in ("op1", "op1-js", "op1-zj", None)}
    assert [(one.infected, one.infected_upper, one.loss_fen) for one in found.values()] == [
        (6_000, 12_000, 12_000),
        (6_000, 6_000, 6_000),
        (5_000, 5_000, 5_000),
        (6_300, 12_300, 12_300),
    ]
    assert len(queries.coverage(viewer("op1"), now=NOW)) == 3
    assert [one.party for one in queries.coverage(viewer("op1-zj"), now=NOW)] == ["op1-zj"]


def test_addresses_are_no_numbers() -> None:
    world = World().populate()
    world.tally("op1", 60_000, NOW, subscribers="addresses", loss_fen=5)
    own = queries.scale(PROGRAM, party="op1")
    assert (own.numbers, own.infected, own.loss_fen) == (False, 0, 5)


def test_a_province_sees_its_share_without_charges() -> None:
    world = World().populate()
    world.tally("op1", 6_000, NOW, loss_fen=100)
    assert queries.scale(PROGRAM, province="32").infected == 6_000
    assert queries.scale(PROGRAM, province="32").loss_fen is None
    assert queries.scale(PROGRAM, province="33").infected == 0


@pytest.mark.parametrize(
    ("shares", "provinces"),
    [
        ({"32": 5, "44": 1}, ("32", "44")),
        ({"44": 5, "": 1}, ("44", queries.UNPLACED)),
        ({"": 6}, ("32",)),
    ],
)
def test_numbers_of_no_stated_province_are_the_edges_own_only_where_none_is_stated(
    shares: dict[str, int], provinces: tuple[str, ...]
) -> None:
    World().populate().tally("op1", 6, NOW, shares=shares)
    assert set(queries.scale(PROGRAM).provinces) == set(provinces)


def test_a_bureau_sees_the_numbers_its_operators_log_does_not_place() -> None:
    World().populate().tally("op1", 6_000, NOW, province="")
    assert [queries.scale(PROGRAM, province=code).infected for code in ("32", "33")] == [6_000, 0]


def test_of_a_log_that_places_some_the_rest_is_nobodys() -> None:
    World().populate().tally("op1", 6_000, NOW, shares={"33": 5_000, "": 1_000})
    assert [queries.scale(PROGRAM, province=code).infected for code in ("32", "33")] == [0, 5_000]


def test_the_moment_of_occurrence_is_when_the_figure_was_reached() -> None:
    world = World().populate()
    world.tally("op1", 6_000, NOW)
    occurred = queries.scale(PROGRAM, party="op1").occurred_at
    assert occurred is not None
    assert NOW - timedelta(hours=2) < occurred <= NOW


def test_silence_is_no_data() -> None:
    World().populate()
    covered = queries.coverage(viewer("cncert"), now=NOW)
    assert [(one.edge, one.silent, one.why, one.clock) for one in covered] == [
        ("edge-op1", True, "no_heartbeat", None),
        ("edge-op2", True, "no_heartbeat", None),
    ]
    assert [one.edge for one in queries.coverage(viewer("op2"), now=NOW)] == ["edge-op2"]
    assert len(queries.coverage(viewer("js"), now=NOW)) == 2
    assert queries.coverage(viewer("zj"), now=NOW) == []


@pytest.mark.parametrize(
    ("ago", "rows_ago", "sequence", "why", "missing"),
    [
        (timedelta(minutes=15), timedelta(hours=26), 1, "", 0),
        (timedelta(minutes=15, seconds=1), timedelta(), 1, "no_heartbeat", 0),
        (timedelta(), timedelta(hours=26, seconds=1), 1, "old_rows", 0),
        (timedelta(), None, 1, "old_rows", 0),
        (timedelta(), timedelta(), 0, "", 0),
        (timedelta(), timedelta(), 4, "tallies_missing", 3),
    ],
)
def test_an_edge_that_is_behind_is_silent_and_says_why(
    ago: timedelta, rows_ago: timedelta | None, sequence: int, why: str, missing: int
) -> None:
    world = World().populate()
    world.tally("op1", 5, NOW)
    world.beat("op1", NOW - ago, rows=None if rows_ago is None else NOW - rows_ago, sequence=sequence)
    (own,) = queries.coverage(viewer("op1"), now=NOW)
    assert (own.why, own.silent, own.missing) == (why, bool(why), missing)
    watch.revoke(edge="edge-op1", now=NOW)
    (own,) = queries.coverage(viewer("op1"), now=NOW)
    assert own.why == "revoked"


def test_messages_are_counted_by_the_hour() -> None:
    world = World().populate()
    world.tally("op1", 5, NOW)
    (digest,) = Message.objects.values_list("digest", flat=True)
    assert queries.hours_received(after=NOW, before=NOW + queries.HOUR) == {NOW: [digest]}
    assert queries.hours_received(after=None, before=NOW + queries.HOUR) == {NOW: [digest]}
    assert queries.hours_received(after=NOW + queries.HOUR, before=NOW + 2 * queries.HOUR) == {}
    assert queries.hours_received(after=None, before=NOW) == {}


def test_operators_with_infected_subscribers_are_groups_for_their_branches() -> None:
    world = World().populate().branch_out()
    assert queries.infected_at(PROGRAM) == []
    world.tally("op1-js", 3, NOW)
    world.tally("op1-zj", 4, NOW)
    world.tally("op2", 0, NOW)
    assert queries.infected_at(PROGRAM) == ["op1"]


def test_the_newest_reading_counts_numbers_of_one_operator_or_of_all() -> None:
    world = World().populate()
    assert queries.newest_reading(PROGRAM) is None
    world.tally("op1", 5, NOW)
    world.tally("op2", 5, NOW + timedelta(hours=1))
    world.tally("op1", 5, NOW + timedelta(hours=2), batch="b", subscribers="addresses")
    assert queries.newest_reading(PROGRAM) == NOW + timedelta(hours=1)
    assert queries.newest_reading(PROGRAM, party="op1") == NOW


def test_a_revoked_edge_is_not_believed() -> None:
    World().populate()
    assert queries.believed("op1") == ["edge-op1"]
    watch.revoke(edge="edge-op1", now=NOW)
    assert queries.believed("op1") == []

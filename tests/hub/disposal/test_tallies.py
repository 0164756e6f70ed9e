from datetime import timedelta

import pytest
from tests.hub.world import NOW, PROGRAM, World

from cleannet.hub.disposal import tallies

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def world(db: None) -> World:
    made = World().populate()
    made.tally("op1", 20_000, NOW)
    return made


def test_without_a_later_tally_nothing_is_said(world: World) -> None:
    assert tallies.look(PROGRAM, party="op1", since=NOW + HOUR) is None
    world.tally("op2", 10, NOW + 2 * HOUR)
    assert tallies.look(PROGRAM, party="op1", since=NOW + HOUR) is None
    assert tallies.look(PROGRAM, party=None, since=NOW + HOUR) is not None


@pytest.mark.parametrize(("joined", "verdict"), [(0, "gone"), (5, "still_there")])
def test_new_numbers_since_are_told_without_a_figure_and_of_the_program_as_a_whole(
    world: World, joined: int, verdict: str
) -> None:
    at = NOW + 3 * HOUR
    world.tally("op1", 20_000 - joined, at, joined=joined)
    found = tallies.look(PROGRAM, party="op1", since=NOW + 2 * HOUR + HOUR / 2)
    assert found is not None
    assert (found.kind, found.verdict) == ("tally", verdict)
    assert "as a whole" in str(found.evidence["scope"])
    assert "20" not in str(found.evidence["why"])

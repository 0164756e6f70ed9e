from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cleannet.cli import demo_stage
from cleannet.cli.demo_cast import Cast
from cleannet.cli.demo_loopback import LoopbackNetwork
from cleannet.cli.demo_parent import Parent
from cleannet.cli.demo_stage import Stage, StoryFailed
from cleannet.hub.jobs.lanes import Lane

BEGIN = datetime(2026, 11, 21, 2, tzinfo=UTC)


@pytest.fixture
def stage() -> Iterator[Stage]:
    parent, network = Parent(), LoopbackNetwork("rpz.test.")
    yield Stage(cast=Cast(), edges=[], network=network, parent=parent, url="", begin=BEGIN, say=print)
    parent.stop()


def test_between_two_acts_the_lanes_come_round_every_half_hour_until_they_find_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[tuple[str, datetime]] = []

    def once_more(moment: datetime) -> int:
        rounds.append(("first", moment))
        return len([one for one in rounds if one == ("first", moment)]) % 2

    def nothing(moment: datetime) -> int:
        rounds.append(("second", moment))
        return 0

    monkeypatch.setattr(demo_stage, "LANES", (Lane("first", 1, once_more), Lane("second", 1, nothing)))
    stage.at(1, 15)
    moments = [BEGIN + timedelta(minutes=minutes) for minutes in (30, 60, 75)]
    names = ("first", "first", "second")
    assert rounds == [(name, moment) for moment in moments for name in names]
    assert stage.now == moments[-1]


def test_a_story_does_not_go_back(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_stage, "LANES", ())
    stage.at(2)
    with pytest.raises(StoryFailed, match="goes back"):
        stage.at(1)


def test_what_comes_out_otherwise_is_told(stage: Stage) -> None:
    stage.expect("the grade", "III", "III")
    with pytest.raises(StoryFailed, match="the grade: IV instead of III"):
        stage.expect("the grade", "IV", "III")

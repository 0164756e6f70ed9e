from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from cleannet.cli import demo_data as data
from cleannet.cli import demo_network
from cleannet.cli.demo_cast import Cast
from cleannet.cli.demo_edge import Edge
from cleannet.cli.demo_loopback import LoopbackNetwork
from cleannet.cli.demo_parent import Parent
from cleannet.cli.demo_stage import Stage, StoryFailed
from cleannet.cli.demo_story import Story
from cleannet.hub.disposal import queries as orders
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.programs import queries as programs

BEGIN = datetime(2026, 11, 21, 2, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def parent() -> Iterator[Parent]:
    made = Parent()
    yield made
    made.stop()


@pytest.fixture
def network(settings: Settings, parent: Parent) -> Iterator[LoopbackNetwork]:
    made = LoopbackNetwork(demo_network.ZONE)
    made.start(second_heeds=False)
    for name, value in demo_network.settings(made, parent).items():
        setattr(settings, name, value)
    yield made
    made.stop()


@pytest.fixture
def stage(
    tmp_path: Path, settings: Settings, network: LoopbackNetwork, parent: Parent, monkeypatch: pytest.MonkeyPatch
) -> Stage:
    """Return a stage whose edges take the release from the hub's own table instead of over HTTP."""

    def pull(edge: Edge, _url: str, moment: datetime) -> int | None:
        viewer, after = Viewer(edge.operator.party, "operator"), edge.state.release_number()
        found = programs.release_after(viewer, after=after, now=moment)
        return None if found is None else edge.state.take_release(found, moment).number

    monkeypatch.setattr(Edge, "pull", pull)
    settings.CLEANNET_DATA = tmp_path / "hub"
    Keyring(settings.CLEANNET_DATA).make_missing()
    edges = [Edge(tmp_path / operator.party, operator, BEGIN) for operator in data.OPERATORS]
    return Stage(cast=Cast(), edges=edges, network=network, parent=parent, url="", begin=BEGIN, say=lambda _what: None)


def test_the_first_twelve_hours_end_with_every_name_gone_at_the_second_try(stage: Stage, tmp_path: Path) -> None:
    story = Story(stage)
    story._set_up(tmp_path / "hub" / "keys" / "hub-1.pub")
    story._big_begins()
    assert (stage.grade("op-a", data.BIG), stage.grade("op-b", data.BIG)) == ("III", "IV")
    story._takedown_that_fails_first()
    assert story.refused is not None
    assert story.refused.code == "order.held_by_allow_list"
    centre = stage.cast.viewers["cncert"]
    assert sorted(order.status for order in orders.orders(centre)) == ["reissued"] * 3 + ["verified"] * 5
    assert stage.now < BEGIN + timedelta(hours=12)
    assert [entry for entry in ledger.entries(centre) if entry.happened_at > stage.now] == []
    assert [duty.article for duty in ledger.open_duties(centre) if duty.due] == ["十(二)"]


def test_a_network_that_takes_no_orders_ends_the_story(stage: Stage, tmp_path: Path, network: LoopbackNetwork) -> None:
    network.stop()
    story = Story(stage)
    story._set_up(tmp_path / "hub" / "keys" / "hub-1.pub")
    story._big_begins()
    with pytest.raises(StoryFailed, match="the network did not take"):
        story._takedown_that_fails_first()

"""A hub with keys, and a network with real BIND daemons, for the whole chain."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from pytest_django import Settings
from tests.hub.world import viewer

from cleannet.cli.demo_bind import KEY_NAME, BindNetwork
from cleannet.hub.disposal import verification
from cleannet.hub.jobs import lanes
from cleannet.hub.keyring import Keyring

ZONE = "rpz.cleannet."


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, settings: Settings) -> Path:
    folder = tmp_path / "data"
    settings.CLEANNET_DATA = folder
    Keyring(folder).make_missing()
    return folder


@pytest.fixture
def bind(tmp_path: Path, settings: Settings) -> Iterator[BindNetwork]:
    """Run two resolvers; the second does not heed the zone until told to."""
    network = BindNetwork(tmp_path, ZONE)
    settings.CLEANNET_DNS_PRIMARY = network.primary
    settings.CLEANNET_DNS_ZONE = ZONE
    settings.CLEANNET_DNS_KEY_NAME = KEY_NAME
    settings.CLEANNET_DNS_KEY = network.secret
    settings.CLEANNET_DNS_RESOLVERS = f"甲={network.resolvers[0]},乙={network.resolvers[1]}"
    settings.CLEANNET_DNS_SECONDS = 5
    network.start(second_heeds=False)
    yield network
    network.stop()


def look(case: str, at: datetime) -> None:
    """Ask for a look at the names of a case and let the lane of tick look at each."""
    verification.look(viewer=viewer("cncert"), case=case, now=at)
    while lanes.probe(at):
        pass

"""What every test of the hub starts from: a data folder of its own with keys, and tables that may be emptied."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger import triggers


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, settings: Settings) -> Path:
    """Give each test a data folder with keys."""
    folder = tmp_path / "data"
    settings.CLEANNET_DATA = folder
    Keyring(folder).make_missing()
    return folder


@pytest.fixture(autouse=True)
def tables_that_can_be_emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """Lift the triggers while a test with real transactions has its tables emptied, and install them again."""
    marker = request.node.get_closest_marker("django_db")
    real = bool({"transactional_db", "live_server"} & set(request.fixturenames)) or bool(
        marker and (marker.kwargs.get("transaction") or (marker.args and marker.args[0]))
    )
    if not real:
        yield
        return
    request.getfixturevalue("transactional_db")
    triggers.install(connection)
    yield
    triggers.remove(connection)

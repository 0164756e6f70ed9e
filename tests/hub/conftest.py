"""What every test of the hub starts from: a data folder of its own with keys, tables that may be emptied,
and, where several processes matter, a hub of its own in a database of its own."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.db import connection
from pytest_django import Settings

from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger import triggers

WORKER = Path(__file__).parent / "jobs" / "worker.py"


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, settings: Settings) -> Path:
    """Give each test a data folder with keys, and people whose passwords cost no time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
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
        if marker or "db" in request.fixturenames:
            # An earlier test of this process may have left the tables without them.
            request.getfixturevalue("db")
            triggers.install(connection)
        yield
        return
    request.getfixturevalue("transactional_db")
    triggers.install(connection)
    yield
    triggers.remove(connection)


class OwnHub:
    """Run programs on a hub that only this test uses."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, str(WORKER), *arguments]
        return subprocess.Popen(command, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def work(self, *arguments: str) -> str:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        return out.removeprefix("ready\n")

    def cleannet(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-c", "import sys; from cleannet.cli import main; sys.exit(main())", *arguments]
        return subprocess.run(command, env=self.environ, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture
def own_hub(tmp_path: Path) -> Iterator[OwnHub]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CLEANNET_")}
    environ |= {"CLEANNET_DATA": str(tmp_path / "own"), "CLEANNET_LEASE_SECONDS": "1", "CLEANNET_LOG_LEVEL": "ERROR"}
    server = os.environ.get("CLEANNET_DATABASE_URL", "") if connection.vendor == "postgresql" else ""
    name = f"own_{secrets.token_hex(6)}"
    if server:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{name}"')
        environ["CLEANNET_DATABASE_URL"] = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    hub = OwnHub(environ)
    made = hub.cleannet("hub", "setup")
    assert made.returncode == 0, made.stderr
    yield hub
    if server:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

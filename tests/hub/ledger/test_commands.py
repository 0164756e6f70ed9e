import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from cleannet.formats import envelope
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger import commands, sealing

OFFLINE = """
import sys
for name in ("django", "psycopg", "sqlite3"):
    sys.modules[name] = None
from cleannet.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    commands.register(parser.add_subparsers())
    options = parser.parse_args(["ledger", *arguments])
    status: int = options.run(options)
    return status


@pytest.fixture
def export(world: Any, tmp_path: Path) -> Path:
    world.grade()
    world.report()
    sealing.seal(now=world.now)
    world.grade(case="c-2")
    file = tmp_path / "ledger.jsonl"
    assert run("export", str(file)) == 0
    return file


def offline(file: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", OFFLINE, "ledger", "verify", "--export", str(file), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_export_is_verified_without_hub_database_or_django(export: Path) -> None:
    done = offline(export)
    assert done.returncode == 0, done.stderr
    assert "The ledger is whole: 3 entries, 2 sealed, 1 heads" in done.stdout
    assert "give --key" in done.stdout


def test_a_changed_export_is_found_and_named(export: Path) -> None:
    export.write_bytes(export.read_bytes().replace(b"cmcc", b"cucc", 1))
    done = offline(export, "--json")
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert answer["whole"] is False
    assert answer["findings"]


def test_only_the_key_given_is_trusted(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (right,) = Keyring(settings.CLEANNET_DATA).verifiers().values()
    wrong = envelope.new_key().public_key()
    assert run("verify", "--export", str(export), "--key", envelope.write_public(right)) == 0
    assert run("verify", "--export", str(export), "--key", envelope.write_public(wrong)) == 1
    assert "not among the trusted ones" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--key", "nonsense"], ["--export", "/nowhere/at/all"]])
def test_wrong_use_is_said_and_has_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", *arguments) == 2
    assert capsys.readouterr().err

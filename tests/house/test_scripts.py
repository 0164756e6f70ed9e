"""The scripts say how to use them, refuse what they do not know, and clean up behind themselves."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = ["bench", "check", "docs", "messages", "pin", "run", "setup", "test", "with-postgres"]
ASK = """
import os, sys
import psycopg
url = os.environ["CLEANNET_DATABASE_URL"]
with psycopg.connect(url) as connection:
    print(connection.execute("SHOW data_directory").fetchone()[0], connection.execute("SELECT 6 * 7").fetchone()[0])
sys.exit(7)
"""


def run(root: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PATH": f"{root}/.venv/bin:{os.environ['PATH']}"}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def test_these_are_all_scripts(tracked: tuple[Path, ...]) -> None:
    assert [path.name for path in tracked if path.parts[0] == "script"] == SCRIPTS


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_says_how_to_use_it(root: Path, name: str) -> None:
    done = run(root, f"script/{name}", "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.lower().startswith("usage: script/")


@pytest.mark.parametrize("name", ["check", "docs", "messages", "pin", "setup"])
def test_an_unknown_option_is_refused(root: Path, name: str) -> None:
    done = run(root, f"script/{name}", "--no-such-option")
    assert done.returncode != 0
    assert "usage: script/" in (done.stdout + done.stderr).lower()


@pytest.mark.needs("initdb", "setpriv")
def test_postgresql_is_private_and_gone_afterwards(root: Path) -> None:
    done = run(root, "script/with-postgres", sys.executable, "-c", ASK)
    assert done.returncode == 7, done.stderr
    data, answer = done.stdout.splitlines()[0].split()
    assert answer == "42"
    assert not Path(data).parent.exists()
    alive = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert not re.search(re.escape(data), alive)

"""Hold what tests/conftest.py promises: what is missing is named, CI refuses skips, nothing leaves the machine."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

EXAMPLE = """
import pytest

@pytest.mark.needs("no-such-program")
def test_with_a_missing_program():
    raise AssertionError("must not run")

@pytest.mark.needs("sh", "no-such-program-either")
def test_with_one_of_two_missing():
    raise AssertionError("must not run")

@pytest.mark.needs("sh")
def test_with_a_program_that_is_there(program):
    assert program("sh").startswith("/")

@pytest.mark.all
def test_that_is_long():
    pass
"""


def run_example(
    tmp_path: Path, *options: str, in_ci: bool, example: str = EXAMPLE
) -> "subprocess.CompletedProcess[str]":
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tmp_path / "tests" / "test_example.py").write_text(example)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\ntestpaths = ["tests"]\nmarkers = ["all: long", "needs(*programs): programs"]\n'
    )
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "PYTEST_ADDOPTS")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:django", "-p", "no:cacheprovider", *options],
        cwd=tmp_path,
        env=environment | ({"CI": "true"} if in_ci else {}),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_missing_program_is_reported_as_not_run_by_name(tmp_path: Path) -> None:
    done = run_example(tmp_path, in_ci=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed, 2 skipped, 1 deselected" in done.stdout
    assert "not run: no-such-program missing: tests/test_example.py::test_with_a_missing_program" in done.stdout
    assert "not run: no-such-program-either missing: tests/test_example.py::test_with_one_of_two_missing" in done.stdout


@pytest.mark.parametrize("options", [(), ("--numprocesses", "1")], ids=["alone", "distributed"])
def test_a_missing_program_fails_in_ci(tmp_path: Path, options: tuple[str, ...]) -> None:
    done = run_example(tmp_path, *options, in_ci=True)
    assert done.returncode == 1
    assert "1 passed" in done.stdout
    assert "2 errors" in done.stdout
    assert "not run: no-such-program missing, and CI must have it" in done.stdout


@pytest.mark.parametrize("options", [(), ("--numprocesses", "1")], ids=["alone", "distributed"])
def test_any_skip_fails_in_ci(tmp_path: Path, options: tuple[str, ...]) -> None:
    example = "import pytest\n\n\ndef test_one():\n    pytest.skip('because')\n\n\ndef test_two():\n    pass\n"
    done = run_example(tmp_path, *options, in_ci=True, example=example)
    assert done.returncode == 1
    assert "1 passed, 1 skipped" in done.stdout
    assert "Skipped tests fail in CI." in done.stdout


def test_long_tests_run_with_all(tmp_path: Path) -> None:
    assert "2 passed, 2 skipped" in run_example(tmp_path, "--all", in_ci=False).stdout


OUTSIDE = ("192.0.2.1", 53)
WAYS_OUT: dict[str, Callable[[socket.socket], object]] = {
    "connect": lambda out: out.connect(OUTSIDE),
    "connect_ex": lambda out: out.connect_ex(OUTSIDE),
    "sendto": lambda out: out.sendto(b"x", OUTSIDE),
    "look up": lambda _: socket.getaddrinfo("example.invalid", 53),
    "create": lambda _: socket.create_connection(OUTSIDE),
}


@pytest.mark.parametrize("way_out", WAYS_OUT.values(), ids=WAYS_OUT.keys())
def test_nothing_leaves_this_machine(way_out: Callable[[socket.socket], object]) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as out, pytest.raises(AssertionError, match="only talk to loopback"):
        way_out(out)


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()

import argparse
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from cleannet.cli import demo, demo_network
from cleannet.cli.demo_loopback import LoopbackNetwork
from cleannet.cli.demo_parent import Parent
from cleannet.cli.main import main

Run = Callable[[argparse.Namespace], int]


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> LoopbackNetwork:
    """Let the demonstration find no BIND, keep what it changes of the environment, and return its network."""
    made = LoopbackNetwork("rpz.cleannet.")
    monkeypatch.setattr(demo_network, "start", lambda _folder: made)
    monkeypatch.setattr(os, "environ", {"CLEANNET_DATABASE_URL": "postgresql://real", "PATH": os.environ["PATH"]})
    return made


def plays(monkeypatch: pytest.MonkeyPatch, play: Run, serve: Run) -> None:
    monkeypatch.setattr(demo, "_play", play)
    monkeypatch.setattr(demo, "_serve", serve)


def test_it_plays_and_serves_in_an_environment_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: LoopbackNetwork
) -> None:
    seen: dict[str, str] = {}

    def play(options: argparse.Namespace) -> int:
        assert options.network is network
        seen.update(os.environ)
        return 0

    plays(monkeypatch, play, lambda _options: 7)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert main(["demo", "--folder", str(tmp_path / "demo"), "--port", str(port)]) == 7
    mine = {name: value for name, value in seen.items() if name.startswith("CLEANNET_") and "DNS" not in name}
    assert mine == {
        "CLEANNET_DATA": str(tmp_path / "demo" / "hub"),
        "CLEANNET_BIND": f"127.0.0.1:{port}",
        "CLEANNET_CODE": "demo",
        "CLEANNET_LOG_LEVEL": "WARNING",
    }
    assert seen["CLEANNET_DNS_PRIMARY"] == network.primary
    assert seen["CLEANNET_DNS_ROOTS"].startswith("parent=127.0.0.1:")


@pytest.mark.parametrize(("options", "status"), [(["--no-serve"], 0), ([], 1)])
def test_it_serves_only_what_was_played_and_only_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: LoopbackNetwork, options: list[str], status: int
) -> None:
    def never(_options: argparse.Namespace) -> int:
        raise AssertionError("served")

    plays(monkeypatch, lambda _options: status, never)
    monkeypatch.setattr(demo, "_free", lambda _port: True)
    assert main(["demo", "--folder", str(tmp_path / "demo"), *options]) == status


def test_told_to_end_it_ends_what_it_started(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    network: LoopbackNetwork,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended: list[str] = []
    stop = Parent.stop
    monkeypatch.setattr(network, "stop", lambda: ended.append("network"))
    monkeypatch.setattr(Parent, "stop", lambda parent: (stop(parent), ended.append("parent")))
    before = signal.getsignal(signal.SIGTERM)

    def told(_options: argparse.Namespace) -> int:
        signal.raise_signal(signal.SIGTERM)
        return 0

    plays(monkeypatch, told, told)
    assert main(["demo", "--folder", str(tmp_path / "demo"), "--no-serve"]) == 1
    assert ended == ["network", "parent"]
    assert "interrupted" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_folder_that_is_not_its_own_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis").write_text("mine")
    assert main(["demo", "--folder", str(tmp_path), "--no-serve"]) == 2
    assert "not made by the demonstration" in capsys.readouterr().err
    assert (tmp_path / "thesis").read_text() == "mine"


def test_a_taken_port_is_told_before_anything_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["demo", "--folder", str(tmp_path / "demo"), "--port", str(port)]) == 2
    assert f"Port {port} of 127.0.0.1 is taken" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("port", ["0", "65536", "web", "-1"])
def test_what_is_no_port_is_wrong_use(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["demo", f"--port={port}"])
    assert "is no port" in capsys.readouterr().err


def test_a_missing_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(_name: str) -> object:
        raise ModuleNotFoundError("No module named 'dns'", name="dns")

    monkeypatch.setattr(demo, "import_module", missing)
    assert main(["demo", "--folder", str(tmp_path / "demo"), "--no-serve"]) == 2
    assert "“dns” is missing" in capsys.readouterr().err

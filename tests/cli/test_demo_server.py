from pathlib import Path

import httpx
import pytest

from cleannet.cli.demo_server import Server, ServerFailed


def test_it_answers_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEANNET_DATA", str(tmp_path))
    with Server(tmp_path / "log") as server:
        server.wait()
        assert httpx.get(f"{server.url}/api/v1/cases").status_code == httpx.codes.UNAUTHORIZED
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)


def test_what_it_said_is_told_when_it_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEANNET_WORKERS", "many")
    with Server(tmp_path / "log") as server, pytest.raises(ServerFailed, match=r"(?s)did not answer.*CLEANNET_WORKERS"):
        server.wait()

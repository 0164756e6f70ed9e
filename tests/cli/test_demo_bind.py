import socket
from pathlib import Path

import pytest

from cleannet.cli import demo_bind
from cleannet.cli.demo_bind import BindNetwork, NetworkFailed, find_named, free_port

ZONE = "rpz.test."


def test_a_free_port_can_be_bound_by_both_protocols() -> None:
    port = free_port()
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as found:
            found.bind(("127.0.0.1", port))


def test_without_bind_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_bind, "find_named", lambda: None)
    with pytest.raises(NetworkFailed, match="not installed"):
        BindNetwork(tmp_path, ZONE).start()


@pytest.mark.needs("named")
def test_a_daemon_that_does_not_start_says_why(tmp_path: Path) -> None:
    network = BindNetwork(tmp_path, "no..zone.")
    with pytest.raises(NetworkFailed, match=rf"did not answer on port {network.ports[0]}; it said:\n(?s:.*)no\.\.zone"):
        network.start()


@pytest.mark.needs("named")
def test_both_daemons_hold_the_zone_and_end_when_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_named()
    network = BindNetwork(tmp_path, ZONE)
    network.start()
    network.settle()
    network.stop()
    monkeypatch.setattr(demo_bind, "_PATIENCE", 0.3)
    with pytest.raises(NetworkFailed, match="did not transfer"):
        network.settle()

import socket
import time

import pytest
from tests.flow.conftest import KEY_NAME, ZONE, bind  # noqa: F401 - the fixture is used by name
from tests.flow.daemons import bring

from cleannet.cli.demo_bind import ANSWER, BindNetwork
from cleannet.hub.disposal import resolution
from cleannet.hub.disposal.resolution import Primary
from cleannet.probe import resolver
from cleannet.probe.answer import Server

HOST = "xn--fiqs8s.evil.example"
pytestmark = pytest.mark.needs("named")


def primary(network: BindNetwork, secret: str = "") -> Primary:
    return Primary(Server("p", "127.0.0.1", network.ports[0]), ZONE, KEY_NAME, secret or network.secret)


def look(network: BindNetwork, name: str) -> str:
    return resolver.look(Server("r", "127.0.0.1", network.ports[0]), name, timeout=5).verdict


def test_a_rule_blocks_the_name_and_all_below_and_nothing_beside(bind: BindNetwork) -> None:  # noqa: F811 - fixture
    around = ["evil.example", f"not{HOST}", "example"]
    assert {look(bind, name) for name in (HOST, *around)} == {"still_there"}
    assert resolution.rule_stands(primary(bind), HOST, timeout=5).verdict == "still_there"
    bring(primary(bind), [HOST])
    # The resolver heeds a rule some time after the primary took it.
    end = time.monotonic() + 10
    while look(bind, HOST) != "gone" and time.monotonic() < end:
        time.sleep(0.02)
    assert look(bind, HOST) == look(bind, f"deep.below.{HOST}") == "gone"
    assert look(bind, "evil.example") == "still_there"
    assert look(bind, f"not{HOST}") == "still_there"
    assert resolution.rule_stands(primary(bind), HOST, timeout=5).verdict == "gone"
    seen = resolver.look(Server("r", "127.0.0.1", bind.ports[0]), "evil.example", timeout=5)
    assert ANSWER in str(seen.evidence)


def test_a_name_that_does_not_fit_into_the_zone_is_unknown() -> None:
    long = ".".join(["l" * 63] * 3 + ["l" * 50])
    said = resolution.rule_stands(Primary(Server("p", "127.0.0.1", 9), ZONE, KEY_NAME, "c2VjcmV0"), long, timeout=0.5)
    assert said.verdict == "unknown"
    assert "cannot be written" in str(said.evidence)


def test_a_server_that_is_not_there_says_nothing_of_a_rule() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = Primary(Server("p", "127.0.0.1", taken.getsockname()[1]), ZONE, KEY_NAME, "c2VjcmV0")
        assert resolution.rule_stands(nobody, HOST, timeout=0.5).verdict == "unknown"

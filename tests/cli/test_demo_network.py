import time
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsigkeyring
import dns.update
import pytest
from tests.flow.daemons import bring

from cleannet.cli import demo_network
from cleannet.cli.demo_bind import ANSWER, KEY_NAME, BindNetwork, NetworkFailed
from cleannet.cli.demo_loopback import LoopbackNetwork
from cleannet.cli.demo_network import ZONE, Network, Parent
from cleannet.hub.disposal import resolution
from cleannet.hub.disposal.channels.channel import DeliveryFailed
from cleannet.hub.disposal.resolution import Primary
from cleannet.probe import resolver
from cleannet.probe.answer import Server

HOST = "xn--fiqs8s.evil.example"
OTHER_SECRET = "c29tZSBvdGhlciBzZWNyZXQ="


def server(network: Network, which: int) -> Server:
    address, _, port = network.resolvers[which].rpartition(":")
    return Server(f"r{which}", address, int(port))


def look(network: Network, name: str, which: int = 0) -> str:
    return resolver.look(server(network, which), name, timeout=5).verdict


def heeded(network: Network, name: str, which: int = 0) -> str:
    """Look until the name is gone, or for ten seconds: a resolver heeds a rule some time after it was taken."""
    end = time.monotonic() + 10
    while (said := look(network, name, which)) != "gone" and time.monotonic() < end:
        time.sleep(0.02)
    return said


def publish(network: Network, host: str, *, zone: str = ZONE, secret: str = "", key: str = KEY_NAME) -> None:
    bring(Primary(server(network, 0), zone, key, secret or network.secret), [host])


def stands(network: Network, host: str, which: int = 0) -> str:
    return resolution.rule_stands(Primary(server(network, which), ZONE, KEY_NAME, ""), host, timeout=5).verdict


@pytest.fixture(params=["named", "loopback"])
def network(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Network]:
    """Run each of the two networks, the second resolver not heeding the zone."""
    made: Network = LoopbackNetwork(ZONE)
    if request.param == "named":
        request.getfixturevalue("program")("named")
        made = BindNetwork(tmp_path, ZONE)
    made.start(second_heeds=False)
    yield made
    made.stop()


def test_a_rule_blocks_its_name_and_all_below_where_it_is_heeded(network: Network) -> None:
    around = ["evil.example", f"not{HOST}", "example"]
    assert {look(network, name, which) for name in (HOST, *around) for which in (0, 1)} == {"still_there"}
    assert stands(network, HOST) == "still_there"
    publish(network, HOST)
    publish(network, HOST)
    network.settle()
    assert stands(network, HOST) == stands(network, HOST, 1) == "gone"
    assert heeded(network, HOST) == heeded(network, f"deep.below.{HOST}") == "gone"
    assert {look(network, name) for name in around} == {"still_there"}
    assert look(network, HOST, 1) == "still_there"
    network.heed()
    assert heeded(network, HOST, 1) == heeded(network, f"deep.below.{HOST}", 1) == "gone"
    assert {look(network, name, 1) for name in around} == {"still_there"}


@pytest.mark.parametrize(
    "given",
    [{"secret": OTHER_SECRET}, {"key": "another-key."}, {"zone": "other.zone."}],
    ids=["wrong secret", "wrong key", "wrong zone"],
)
def test_what_is_not_signed_with_the_key_for_this_zone_changes_nothing(network: Network, given: dict[str, str]) -> None:
    with pytest.raises(DeliveryFailed, match=r"does not accept the key|refused|is no primary"):
        publish(network, HOST, **given)
    assert stands(network, HOST) == look(network, HOST) == "still_there"


def test_an_unsigned_update_is_refused(network: Network) -> None:
    update = dns.update.UpdateMessage(ZONE)
    update.replace(f"{HOST}.{ZONE}", 60, "CNAME", ".")
    answer = dns.query.tcp(update, "127.0.0.1", port=server(network, 0).port, timeout=5)
    assert answer.rcode() == dns.rcode.REFUSED
    assert look(network, HOST) == "still_there"


def test_a_rule_can_be_taken_back(network: Network) -> None:
    publish(network, HOST)
    ring = dns.tsigkeyring.from_text({KEY_NAME: ("hmac-sha256", network.secret)})
    update = dns.update.UpdateMessage(ZONE, keyring=ring, keyalgorithm="hmac-sha256")
    update.delete(f"{HOST}.{ZONE}", "CNAME")
    update.delete(f"*.{HOST}.{ZONE}")
    assert dns.query.tcp(update, "127.0.0.1", port=server(network, 0).port, timeout=5).rcode() == dns.rcode.NOERROR
    assert look(network, HOST) == stands(network, HOST) == "still_there"


@pytest.mark.parametrize(
    ("name", "kind", "code", "said"),
    [
        ("anything.example", "A", dns.rcode.NOERROR, [ANSWER]),
        ("anything.example", "AAAA", dns.rcode.NOERROR, []),
        (ZONE, "SOA", dns.rcode.NOERROR, ["localhost. hostmaster.localhost. 1 300 60 604800 5"]),
        (ZONE, "NS", dns.rcode.NOERROR, ["localhost."]),
        (f"nobody.{ZONE}", "CNAME", dns.rcode.NXDOMAIN, []),
    ],
)
@pytest.mark.parametrize("ask", [dns.query.udp, dns.query.tcp])
def test_both_give_the_same_answers(
    network: Network, ask: object, name: str, kind: str, code: dns.rcode.Rcode, said: list[str]
) -> None:
    assert callable(ask)
    answer = ask(dns.message.make_query(name, kind), "127.0.0.1", port=server(network, 0).port, timeout=5)
    assert answer.rcode() == code
    assert [record.to_text() for rrset in answer.answer for record in rrset] == said


def test_the_serial_rises_with_every_update(network: Network) -> None:
    def serial() -> int:
        answer = dns.query.udp(
            dns.message.make_query(ZONE, "SOA"), "127.0.0.1", port=server(network, 0).port, timeout=5
        )
        return int(next(iter(answer.answer[0])).serial)

    before = serial()
    publish(network, HOST)
    assert serial() > before


def test_the_hub_is_told_where_the_network_is() -> None:
    network, parent = LoopbackNetwork(ZONE), Parent()
    parent.stop()
    first, second = network.resolvers
    assert demo_network.settings(network, parent) == {
        "CLEANNET_DNS_PRIMARY": first,
        "CLEANNET_DNS_ZONE": ZONE,
        "CLEANNET_DNS_KEY_NAME": KEY_NAME,
        "CLEANNET_DNS_KEY": network.secret,
        "CLEANNET_DNS_RESOLVERS": f"op-a/甲={first},op-b/乙={second}",
        "CLEANNET_DNS_ROOTS": f"parent={parent.address}",
    }


def test_without_bind_the_servers_are_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_network, "find_named", lambda: None)
    network = demo_network.start(tmp_path)
    try:
        assert network.description.endswith("(BIND is not installed)")
        assert look(network, HOST) == "still_there"
    finally:
        network.stop()


def test_a_bind_that_does_not_start_is_told_and_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_network: BindNetwork, *, second_heeds: bool) -> None:
        raise NetworkFailed(f"no, although {second_heeds=}\nmore")

    monkeypatch.setattr(demo_network, "find_named", lambda: "named")
    monkeypatch.setattr(BindNetwork, "start", fail)
    network = demo_network.start(tmp_path)
    try:
        assert network.description.endswith("(BIND is installed but did not start: no, although second_heeds=False)")
        assert look(network, HOST, 1) == "still_there"
    finally:
        network.stop()


def test_daemons_do_not_outlive_an_interrupted_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    def interrupt(_network: BindNetwork, *, second_heeds: bool) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo_network, "find_named", lambda: "named")
    monkeypatch.setattr(BindNetwork, "start", interrupt)
    monkeypatch.setattr(BindNetwork, "stop", lambda _network: ended.append("stopped"))
    with pytest.raises(KeyboardInterrupt):
        demo_network.start(tmp_path)
    assert ended == ["stopped"]


@pytest.mark.needs("named")
def test_an_installed_bind_is_used(tmp_path: Path) -> None:
    network = demo_network.start(tmp_path)
    network.stop()
    assert network.description == "BIND (named)"

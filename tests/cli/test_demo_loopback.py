import socket
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update
import pytest

from cleannet.cli.demo_bind import KEY_NAME
from cleannet.cli.demo_loopback import LoopbackNetwork

ZONE = "rpz.test."


@pytest.fixture
def network() -> Iterator[LoopbackNetwork]:
    made = LoopbackNetwork(ZONE)
    made.start()
    yield made
    made.stop()


def signed(network: LoopbackNetwork) -> dns.update.UpdateMessage:
    ring = dns.tsigkeyring.from_text({KEY_NAME: ("hmac-sha256", network.secret)})
    return dns.update.UpdateMessage(ZONE, keyring=ring, keyalgorithm="hmac-sha256")


def send(network: LoopbackNetwork, message: dns.message.Message, which: int = 0) -> dns.rcode.Rcode:
    return dns.query.tcp(message, "127.0.0.1", port=network.ports[which], timeout=5).rcode()


def raw(network: LoopbackNetwork, wire: bytes) -> bytes | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.3)
        client.sendto(wire, ("127.0.0.1", network.ports[0]))
        try:
            return client.recv(512)
        except TimeoutError:
            return None


def test_only_rules_below_the_zone_can_be_changed(network: LoopbackNetwork) -> None:
    outside, apex, address = signed(network), signed(network), signed(network)
    outside.replace("evil.example.", 60, "CNAME", ".")
    apex.replace("@", 60, "CNAME", ".")
    address.replace("evil.example", 60, "A", "192.0.2.1")
    assert send(network, outside) == dns.rcode.NOTZONE
    assert send(network, apex) == send(network, address) == dns.rcode.REFUSED


def test_an_update_is_carried_out_whole_or_not_at_all(network: LoopbackNetwork) -> None:
    both = signed(network)
    both.replace("evil.example", 60, "CNAME", ".")
    both.replace("outside.example.", 60, "CNAME", ".")
    assert send(network, both) == dns.rcode.NOTZONE
    query = dns.message.make_query(f"evil.example.{ZONE}", "CNAME")
    assert send(network, query) == dns.rcode.NXDOMAIN


def test_what_it_does_not_do_is_said(network: LoopbackNetwork) -> None:
    asks_first = signed(network)
    asks_first.absent("evil.example")
    asks_first.replace("evil.example", 60, "CNAME", ".")
    notify = dns.message.make_query(ZONE, "SOA")
    notify.set_opcode(dns.opcode.NOTIFY)
    assert send(network, asks_first) == send(network, notify) == dns.rcode.NOTIMP


def test_the_second_takes_no_updates(network: LoopbackNetwork) -> None:
    update = signed(network)
    update.replace("evil.example", 60, "CNAME", ".")
    assert send(network, update, which=1) == dns.rcode.NOTAUTH


def test_what_is_no_message_gets_an_error_or_nothing_and_the_next_is_answered(network: LoopbackNetwork) -> None:
    query = dns.message.make_query("evil.example", "A")
    cut = raw(network, query.to_wire()[:-1])
    assert cut is not None
    assert cut[:2] == query.to_wire()[:2]
    assert dns.message.from_wire(cut).rcode() == dns.rcode.FORMERR
    assert raw(network, b"short") is None
    answer = dns.message.make_response(query)
    assert raw(network, answer.to_wire()) is None
    assert send(network, query) == dns.rcode.NOERROR


def test_its_ports_are_free_again_after_it_ended(network: LoopbackNetwork) -> None:
    network.stop()
    network.start()
    assert send(network, dns.message.make_query("evil.example", "A")) == dns.rcode.NOERROR

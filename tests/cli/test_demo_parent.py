import socket
from collections.abc import Iterator

import dns.message
import dns.update
import pytest

from cleannet.cli.demo_parent import Parent
from cleannet.probe import authority
from cleannet.probe.answer import Server

HOST = "c2.evil.example"


@pytest.fixture
def parent() -> Iterator[Parent]:
    made = Parent()
    yield made
    made.stop()


def look(parent: Parent, host: str) -> str:
    address, _, port = parent.address.rpartition(":")
    return authority.look([Server("parent", address, int(port))], host, timeout=2).verdict


def test_a_name_is_there_until_it_is_taken_away_with_all_below(parent: Parent) -> None:
    around = ["evil.example", f"not{HOST}"]
    assert {look(parent, name) for name in (HOST, f"deep.{HOST}", *around)} == {"still_there"}
    parent.take_away(HOST)
    assert {look(parent, name) for name in (HOST, f"deep.{HOST}")} == {"gone"}
    assert {look(parent, name) for name in around} == {"still_there"}


@pytest.mark.parametrize(
    "wire", [b"", b"no message", dns.update.UpdateMessage("example.").to_wire()], ids=["empty", "noise", "update"]
)
def test_what_is_no_question_is_not_answered_and_ends_nothing(parent: Parent, wire: bytes) -> None:
    address, _, port = parent.address.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.2)
        client.sendto(wire, (address, int(port)))
        with pytest.raises(TimeoutError):
            client.recv(512)
    assert look(parent, HOST) == "still_there"

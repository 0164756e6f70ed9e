import dns.message
import dns.name
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.update
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.formats import rpz_update
from cleannet.formats.rpz import TTL, owners
from cleannet.formats.rpz_update import ADD, DEMAND, REMOVE, Doing

ZONE = "rpz.cleannet."
LABEL = st.text("abcxyz019-_", min_size=1, max_size=20)
HOSTS = st.lists(st.lists(LABEL, min_size=1, max_size=5).map(".".join), min_size=1, max_size=30, unique=True)


def reference(hosts: list[str], does: Doing) -> dns.update.UpdateMessage:
    """Return the message as dnspython makes it."""
    made = dns.update.UpdateMessage(ZONE, id=7)
    for host in hosts:
        for owner in owners(host, ZONE):
            name = dns.name.from_text(owner)
            if does is ADD:
                made.add(name, TTL, "CNAME", ".")
            elif does is REMOVE:
                made.delete(name, "CNAME")
            else:
                made.present(name, "CNAME")
    return made


@pytest.mark.parametrize("does", [ADD, REMOVE, DEMAND])
@given(hosts=HOSTS)
def test_a_message_says_what_another_implementation_says(does: Doing, hosts: list[str]) -> None:
    read = dns.message.from_wire(rpz_update.write(ZONE, hosts, does, 7))
    assert isinstance(read, dns.update.UpdateMessage)
    assert read.to_text() == reference(hosts, does).to_text()


def test_a_large_message_points_nowhere_it_cannot() -> None:
    hosts = [f"h{number}.{'x' * 60}.example" for number in range(600)] + ["escaped\\.label.example"]
    wire = rpz_update.write(ZONE, hosts, ADD, 7)
    assert len(wire) > 0x8000
    assert dns.message.from_wire(wire).to_text() == reference(hosts, ADD).to_text()


@pytest.mark.parametrize("length", [3, 60, 200])
def test_every_portion_fits_into_a_message_and_none_is_lost(length: int) -> None:
    hosts = [".".join(["y" * 50] * (length // 51) + [f"n{number}"]) for number in range(2_500)]
    parts = list(rpz_update.parts(hosts))
    assert [host for part in parts for host in part] == hosts
    assert max(map(len, parts)) <= rpz_update.MOST_NAMES
    for part in parts:
        assert len(rpz_update.write(ZONE, part, ADD, 7)) + 400 < rpz_update.MOST_WIRE
    assert list(rpz_update.parts([])) == []


def test_the_signature_is_what_a_server_checks() -> None:
    ring = dns.tsigkeyring.from_text({"hub-key.": ("hmac-sha256", "c2VjcmV0")})
    (key,) = ring.values()
    signed = rpz_update.sign(rpz_update.write(ZONE, ["evil.example"], ADD, 7), key)
    read = dns.message.from_wire(signed.wire, keyring=ring)
    assert read.had_tsig
    assert (read.mac, read.keyname) == (signed.mac, dns.name.from_text("hub-key."))
    changed = signed.wire.replace(b"evil", b"good")
    with pytest.raises(dns.tsig.BadSignature):
        dns.message.from_wire(changed, keyring=ring)

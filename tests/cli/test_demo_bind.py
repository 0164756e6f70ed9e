from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update
import pytest

from cleannet.cli.demo_bind import ANSWER, KEY_NAME, BindNetwork, NetworkFailed, find_named, free_port

ZONE = "rpz.cleannet."


def asked(port: int, name: str) -> str:
    answer = dns.query.udp(dns.message.make_query(name, "A"), "127.0.0.1", port=port, timeout=5)
    return " ".join(str(record) for rrset in answer.answer for record in rrset) or dns.rcode.to_text(answer.rcode())


@pytest.mark.needs("named")
def test_the_second_resolver_heeds_the_zone_only_when_told_to(tmp_path: Path) -> None:
    network = BindNetwork(tmp_path, ZONE)
    network.start(second_heeds=False)
    try:
        first, second = network.ports
        ring = dns.tsigkeyring.from_text({KEY_NAME: ("hmac-sha256", network.secret)})
        update = dns.update.UpdateMessage(ZONE, keyring=ring, keyalgorithm="hmac-sha256")
        update.replace(f"evil.example.{ZONE}", 5, "CNAME", ".")
        assert dns.query.tcp(update, "127.0.0.1", port=first, timeout=5).rcode() == 0
        assert (asked(first, "evil.example"), asked(second, "evil.example")) == ("NXDOMAIN", ANSWER)
        network.heed()
        assert asked(second, "evil.example") == "NXDOMAIN"
        assert asked(second, "good.example") == ANSWER
        unsigned = dns.update.UpdateMessage(ZONE)
        unsigned.replace(f"other.example.{ZONE}", 5, "CNAME", ".")
        assert dns.query.tcp(unsigned, "127.0.0.1", port=first, timeout=5).rcode() != 0
    finally:
        network.stop()


@pytest.mark.needs("named")
def test_a_daemon_that_does_not_start_is_told_with_its_log(tmp_path: Path) -> None:
    network = BindNetwork(tmp_path, ZONE, secret="not base64 at all")
    with pytest.raises(NetworkFailed, match="did not answer"):
        network.start()
    network.stop()


def test_a_free_port_is_free() -> None:
    assert 0 < free_port() < 65536


def test_named_is_found_or_not() -> None:
    found = find_named()
    assert found is None or Path(found).name == "named"

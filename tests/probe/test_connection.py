import time
from dataclasses import replace

import pytest
from tests.probe.conftest import Certified
from tests.probe.servers import HOST, listening, saying
from tests.probe.test_egress import nobody

from cleannet.probe import connection
from cleannet.probe.egress import Egress
from cleannet.probe.target import Target, read


def test_a_port_that_accepts_is_still_there_and_one_that_refuses_is_gone(egress: Egress) -> None:
    with listening(saying(b"")) as port:
        assert connection.look(egress, Target("address", "127.0.0.1", port, "")).verdict == "still_there"
    seen = connection.look(egress, Target("address", "127.0.0.1", nobody(), ""))
    assert (seen.kind, seen.verdict) == ("connect", "gone")
    assert "nobody listens" in str(seen.evidence["why"])


def test_without_a_port_closed_ports_say_nothing(egress: Egress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "TRIED", (nobody(), nobody()))
    seen = connection.look(egress, Target("address", "127.0.0.1", 0, ""))
    assert seen.verdict == "unknown"
    assert "others may be open" in str(seen.evidence["why"])
    with listening(saying(b"")) as port:
        monkeypatch.setattr(connection, "TRIED", (nobody(), port))
        assert connection.look(egress, Target("address", "127.0.0.1", 0, "")).verdict == "still_there"


@pytest.mark.parametrize(
    ("target", "verdict", "why"),
    [
        (read("address", "198.51.100.0/24"), "unknown", "network"),
        (Target("address", "10.0.0.1", 80, ""), "unknown", "private"),
        (Target("address", "none.example", 80, ""), "gone", "no address"),
    ],
)
def test_what_is_not_connected_to_says_why(egress: Egress, target: Target, verdict: str, why: str) -> None:
    for look in (connection.look, connection.shake_hands):
        seen = look(egress, target)
        assert seen.verdict == verdict
        assert why in str(seen.evidence["why"])


def test_a_valid_certificate_is_kept_with_its_names(
    egress: Egress, certified: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certified.file))
    with listening(saying(b""), certified.context) as port:
        seen = connection.shake_hands(egress, Target("name", HOST, port, ""))
        assert (seen.kind, seen.verdict, seen.evidence["names"]) == ("tls", "still_there", [HOST])
        assert len(str(seen.evidence["certificate"])) == 64
        other = connection.shake_hands(egress, Target("name", "other.example", port, ""))
    assert (other.verdict, other.evidence["names"]) == ("unknown", [HOST])


def test_an_invalid_certificate_proves_nobody_and_is_kept(egress: Egress, certified: Certified) -> None:
    with listening(saying(b""), certified.context) as port:
        seen = connection.shake_hands(egress, Target("name", HOST, port, ""))
    assert (seen.verdict, seen.evidence["names"]) == ("unknown", [HOST])
    assert "proves nobody" in str(seen.evidence["why"])


def test_a_handshake_that_hangs_or_is_none_is_unknown_in_bounded_time(egress: Egress) -> None:
    quick = replace(egress, seconds=0.3)
    begun = time.monotonic()
    with listening(lambda held: time.sleep(1)) as port:
        hung = connection.shake_hands(quick, Target("name", HOST, port, ""))
        assert time.monotonic() - begun < 0.9
    with listening(saying(b"HTTP/1.0 200 OK\r\n\r\n")) as port:
        plain = connection.shake_hands(quick, Target("name", HOST, port, ""))
    assert (hung.verdict, plain.verdict) == ("unknown", "unknown")
    assert "handshake" in str(hung.evidence["why"])

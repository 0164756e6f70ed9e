import json

import pytest
from tests.probe.servers import HOST, Talk, listening, page, saying

from cleannet.probe import registry
from cleannet.probe.egress import Egress


def rdap(*statuses: str, name: str = "evil.example") -> Talk:
    return page(200, json.dumps({"objectClassName": "domain", "ldhName": name, "status": statuses}).encode())


@pytest.mark.parametrize(
    ("talk", "verdict"),
    [
        (rdap("active"), "still_there"),
        (rdap("client transfer prohibited"), "still_there"),
        (rdap("client hold", "active"), "gone"),
        (rdap("server hold"), "gone"),
        (rdap("redemption period"), "gone"),
        (rdap("pending delete"), "gone"),
        (rdap("client hold", name="EVIL.example."), "gone"),
        (rdap("client hold", name="other.example"), "unknown"),
        (page(404), "gone"),
        (page(500), "unknown"),
        (page(200, b"[]"), "unknown"),
        (page(200, b"{" * 90_000), "unknown"),
        (page(200, b'{"ldhName": "evil.example", "status": 1}'), "still_there"),
        (page(302, Location="http://10.0.0.1/"), "unknown"),
        (saying(b"x" * 100), "unknown"),
    ],
)
def test_the_status_of_the_registry_says_whether_a_domain_is_held(egress: Egress, talk: Talk, verdict: str) -> None:
    with listening(talk) as port:
        seen = registry.look(egress, f"http://{HOST}:{port}/rdap/", HOST)
    assert (seen.kind, seen.verdict, seen.evidence["domain"]) == ("registry", verdict, "evil.example")


def test_an_address_and_a_public_suffix_lie_in_no_domain(egress: Egress) -> None:
    for host in ("198.51.100.7", "com"):
        assert registry.look(egress, "http://rdap.example", host).verdict == "unknown"


def test_what_private_owners_hand_out_is_not_what_a_registry_registers(egress: Egress) -> None:
    with listening(rdap("client hold", name="github.io")) as port:
        seen = registry.look(egress, f"http://{HOST}:{port}/", "evil.github.io")
    assert (seen.verdict, seen.evidence["domain"]) == ("gone", "github.io")

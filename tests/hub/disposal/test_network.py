from collections.abc import Callable

import pytest
from pytest_django import Settings

from cleannet.hub.disposal import network, resolution
from cleannet.probe import authority, registry, resolver
from cleannet.probe.answer import Answer
from cleannet.probe.egress import Egress
from cleannet.probe.target import Target, read


def test_the_settings_name_primary_resolvers_and_roots(settings: Settings) -> None:
    settings.CLEANNET_DNS_PRIMARY = settings.CLEANNET_DNS_RESOLVERS = settings.CLEANNET_DNS_ROOTS = ""
    assert network.primary() is None
    assert network.resolvers("op1") == network.roots() == []
    settings.CLEANNET_DNS_PRIMARY = "127.0.0.1:5300"
    settings.CLEANNET_DNS_RESOLVERS = "op1/甲=127.0.0.1:53, op1/乙=127.0.0.2:53,丙=127.0.0.3:53"
    settings.CLEANNET_DNS_ROOTS = "a=127.0.0.4:53,b=127.0.0.5:53"
    found = network.primary()
    assert found is not None
    assert found.server.port == 5300
    assert [one.name for one in network.resolvers("op1")] == ["甲", "乙"]
    assert [one.name for one in network.resolvers("op2")] == ["丙"]
    assert network.owners() == {"op1"}
    assert [one.address for one in network.roots()] == ["127.0.0.4", "127.0.0.5"]


@pytest.mark.parametrize("text", ["op1/=127.0.0.1:53", "/a=127.0.0.1:53"])
def test_half_a_name_is_no_server(text: str, settings: Settings) -> None:
    settings.CLEANNET_DNS_RESOLVERS = text
    with pytest.raises(ValueError, match="is no server"):
        network.resolvers("op1")


ROLES = ("operator", "registrar", "registry", "cncert")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("reach", "resolvers", "roots", "egress", "operator", "others"),
    [
        ("name", "", "", "", False, False),
        ("name", "甲=127.0.0.1:1", "", "", True, False),
        ("name", "op1/甲=127.0.0.1:1", "", "", True, False),
        ("name", "op2/甲=127.0.0.1:1", "", "", False, False),
        ("name", "", "r=127.0.0.1:1", "", False, True),
        ("name", "", "", "op1/甲=default,乙=default", False, False),
        ("address", "甲=127.0.0.1:1", "r=127.0.0.1:1", "", False, False),
        ("address", "", "", "op1/甲=default", True, False),
        ("address", "", "", "op2/甲=default", False, False),
        ("url", "", "", "甲=default", False, True),
    ],
)
def test_whether_anything_decides(
    settings: Settings, role: str, reach: str, resolvers: str, roots: str, egress: str, operator: bool, others: bool
) -> None:
    settings.CLEANNET_DNS_RESOLVERS, settings.CLEANNET_DNS_ROOTS = resolvers, roots
    settings.CLEANNET_PROBE_EGRESS = egress
    assert network.sees("op1", role, reach) is (operator if role == "operator" else others)


OWN, OTHERS, EVERYBODYS = "甲", "乙", "丙"
NAMES_AT_AN_OPERATOR = [
    ("resolver", OWN, True),
    ("rule", "rule", True),
    ("authority", "authority", False),
    ("http", OWN, False),
    ("http", EVERYBODYS, False),
]
NAMES_ELSEWHERE = [("authority", "authority", True), ("registry", "registry", False), ("http", EVERYBODYS, False)]


@pytest.mark.parametrize(
    ("role", "text", "reach", "expected"),
    [
        ("operator", "evil.example", "name", NAMES_AT_AN_OPERATOR),
        *((role, "evil.example", "name", NAMES_ELSEWHERE) for role in ("registry", "registrar", "cncert")),
        (
            "operator",
            "198.51.100.7",
            "address",
            [("connect", OWN, True), ("connect", EVERYBODYS, False), ("tls", OWN, False), ("tls", EVERYBODYS, False)],
        ),
        ("cncert", "198.51.100.7", "address", [("connect", EVERYBODYS, True), ("tls", EVERYBODYS, False)]),
        ("operator", "evil.example/x", "url", [("http", OWN, True), ("http", EVERYBODYS, False)]),
        ("cncert", "evil.example/x", "url", [("http", EVERYBODYS, True)]),
    ],
)
def test_who_acts_and_how_far_the_order_reaches_decides_from_where_it_is_looked(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    role: str,
    text: str,
    reach: str,
    expected: list[tuple[str, str, bool]],
) -> None:
    def said(kind: str) -> Callable[..., Answer]:
        return lambda where, *_, **__: Answer(kind, getattr(where, "name", kind), "gone", {})

    monkeypatch.setattr(resolver, "look", said("resolver"))
    monkeypatch.setattr(resolution, "rule_stands", lambda *_, **__: Answer("rule", "rule", "gone", {}))
    monkeypatch.setattr(authority, "look", said("authority"))
    monkeypatch.setattr(registry, "look", lambda *_: Answer("registry", "registry", "gone", {}))
    out = {"connect": said("connect"), "tls": said("tls"), "http": said("http")}
    monkeypatch.setattr(network, "GOING_OUT", out)
    settings.CLEANNET_DNS_PRIMARY = "127.0.0.1:1"
    settings.CLEANNET_DNS_RESOLVERS = f"op1/{OWN}=127.0.0.1:1,op2/{OTHERS}=127.0.0.1:2,{EVERYBODYS}=127.0.0.1:3"
    settings.CLEANNET_DNS_ROOTS = "r=127.0.0.1:1"
    settings.CLEANNET_PROBE_EGRESS = f"{EVERYBODYS}=default,op1/{OWN}=192.0.2.1,op2/{OTHERS}=192.0.2.2"
    settings.CLEANNET_PROBE_RDAP = "https://rdap.example"
    seen = network.look("op1", role, read(reach, text), lambda _host: "", timeout=1)
    assert [(one.answer.kind, one.answer.vantage, one.decides) for one in seen] == expected
    staying = network.look("op1", role, read(reach, text), None, timeout=1)
    kinds = {one.answer.kind for one in staying}
    assert kinds == {kind for kind, _, _ in expected if kind not in out}


@pytest.mark.parametrize(
    ("role", "reach", "variable"),
    [
        ("operator", "name", "CLEANNET_DNS_RESOLVERS"),
        ("registrar", "name", "CLEANNET_DNS_ROOTS"),
        ("operator", "address", "CLEANNET_PROBE_EGRESS"),
        ("cncert", "address", "CLEANNET_PROBE_EGRESS"),
        ("operator", "url", "CLEANNET_PROBE_EGRESS"),
    ],
)
def test_what_is_not_set_is_seen_as_unknown_and_said(settings: Settings, role: str, reach: str, variable: str) -> None:
    settings.CLEANNET_DNS_PRIMARY = "127.0.0.1:1"
    settings.CLEANNET_DNS_RESOLVERS = settings.CLEANNET_DNS_ROOTS = settings.CLEANNET_PROBE_EGRESS = ""
    (seen,) = network.look("op1", role, Target(reach, "evil.example", 0, ""), lambda _host: "", timeout=1)
    assert (seen.answer.verdict, seen.decides) == ("unknown", True)
    assert seen.answer.evidence["not_set"] == variable


def test_an_egress_says_who_asks_and_whom_to_reach_and_learns_addresses_where_it_lies(settings: Settings) -> None:
    settings.CLEANNET_PROBE_EGRESS = "甲=default, op1/乙=192.0.2.7"
    settings.CLEANNET_PROBE_CONTACT = "abuse@hub.example"
    settings.CLEANNET_DNS_RESOLVERS = "op1/r1=127.0.0.1:1,r0=127.0.0.1:2"
    own, everybodys = network.egresses("op1")
    assert (own.source, own.party, [one.name for one in own.resolvers]) == ("192.0.2.7", "op1", ["r1"])
    assert (everybodys.source, [one.name for one in everybodys.resolvers]) == ("", ["r0"])
    assert own.agent.startswith("CleanNet/")
    assert own.agent.endswith(" (+abuse@hub.example)")
    assert network.egresses() == [everybodys]
    assert network.owners() == {"op1"}


def test_egresses_of_nobodys_network_believe_no_resolver_that_may_block(settings: Settings) -> None:
    settings.CLEANNET_PROBE_EGRESS, settings.CLEANNET_DNS_ROOTS = "甲=default,op1/乙=192.0.2.7", "a=127.0.0.4:53"
    own, everybodys = network.egresses("op1")
    assert (own.believed, list(own.roots)) == (True, [])
    assert (everybodys.believed, [one.name for one in everybodys.roots]) == (False, ["a"])


@pytest.mark.parametrize(("roots", "verdict"), [("", "unknown"), ("a=127.0.0.4:53", "gone")])
def test_what_the_hub_blocks_proves_nobodys_disposal(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, roots: str, verdict: str
) -> None:
    monkeypatch.setattr(network, "GOING_OUT", {"http": lambda out, _: Answer("http", out.name, "gone", {})})
    settings.CLEANNET_PROBE_EGRESS, settings.CLEANNET_DNS_ROOTS = "甲=default", roots
    aimed = read("url", "evil.example/x")
    (seen,) = network.look("idc", "idc", aimed, lambda _: "", blocked=True, timeout=1)
    assert (seen.answer.vantage, seen.answer.verdict, seen.decides) == ("甲", verdict, True)


def test_a_vantage_that_breaks_is_unknown_and_silences_no_other(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(out: Egress, _: Target) -> Answer:
        if out.name == "甲":
            raise OverflowError("what a stranger said")
        return Answer("http", out.name, "gone", {})

    monkeypatch.setattr(network, "GOING_OUT", {"http": look})
    settings.CLEANNET_PROBE_EGRESS = "甲=default,乙=default"
    first, second = network.look("idc", "idc", read("url", "evil.example/x"), lambda _: "", timeout=1)
    assert (first.answer.verdict, second.answer.verdict) == ("unknown", "gone")
    assert "stranger" not in str(first.answer.evidence)


def test_every_reach_of_an_order_is_judged_by_something() -> None:
    reaches = {"name", "address", "url"}
    assert {(reach, operator) for reach in reaches for operator in (True, False)} == set(network.JUDGED_BY)
    assert all(decide for decide, _ in network.JUDGED_BY.values())

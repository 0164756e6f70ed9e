from collections.abc import Callable

import pytest
from pytest_django import Settings

from cleannet.hub.disposal import authority, network, resolution
from cleannet.probe.answer import Answer


@pytest.mark.parametrize(
    ("text", "address", "port"), [("192.0.2.1:53", "192.0.2.1", 53), ("[2001:db8::1]:5353", "2001:db8::1", 5353)]
)
def test_a_server_is_an_address_and_a_port(text: str, address: str, port: int) -> None:
    found = network.server("r", text)
    assert (found.address, found.port) == (address, port)


@pytest.mark.parametrize("text", ["", "192.0.2.1", ":53", "192.0.2.1:0", "192.0.2.1:x", "192.0.2.1:70000"])
def test_what_is_no_server_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is no server"):
        network.server("r", text)


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
    ("resolvers", "roots", "operator", "others"),
    [
        ("", "", False, False),
        ("甲=127.0.0.1:1", "", True, False),
        ("op1/甲=127.0.0.1:1", "", True, False),
        ("op2/甲=127.0.0.1:1", "", False, False),
        ("", "r=127.0.0.1:1", False, True),
    ],
)
def test_whether_anything_decides(
    settings: Settings, role: str, resolvers: str, roots: str, operator: bool, others: bool
) -> None:
    settings.CLEANNET_DNS_RESOLVERS, settings.CLEANNET_DNS_ROOTS = resolvers, roots
    assert network.sees("op1", role) is (operator if role == "operator" else others)


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (
            "operator",
            [
                ("resolver", "甲", True),
                ("rule", "primary (rpz.cleannet.)", True),
                ("authority", "evil.example.", False),
            ],
        ),
        ("registrar", [("authority", "evil.example.", True)]),
        ("cncert", [("authority", "evil.example.", True)]),
    ],
)
def test_who_acts_decides_from_where_it_is_looked(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, role: str, expected: list[tuple[str, str, bool]]
) -> None:
    def said(kind: str, vantage: str) -> Callable[..., Answer]:
        return lambda *_, **__: Answer(kind, vantage, "gone", {})

    monkeypatch.setattr(resolution, "look", lambda one, host, timeout: Answer("resolver", one.name, "gone", {}))
    monkeypatch.setattr(resolution, "rule_stands", said("rule", "primary (rpz.cleannet.)"))
    monkeypatch.setattr(authority, "look", said("authority", "evil.example."))
    settings.CLEANNET_DNS_PRIMARY = "127.0.0.1:1"
    settings.CLEANNET_DNS_RESOLVERS = "op1/甲=127.0.0.1:1,op2/乙=127.0.0.1:2,丙=127.0.0.1:3"
    settings.CLEANNET_DNS_ROOTS = "r=127.0.0.1:1"
    seen = network.look("op1", role, "evil.example", timeout=1)
    assert [(one.answer.kind, one.answer.vantage, one.decides) for one in seen] == expected


@pytest.mark.parametrize(
    ("role", "variable"), [("operator", "CLEANNET_DNS_RESOLVERS"), ("registrar", "CLEANNET_DNS_ROOTS")]
)
def test_what_is_not_set_is_seen_as_unknown_and_said(settings: Settings, role: str, variable: str) -> None:
    settings.CLEANNET_DNS_PRIMARY = "127.0.0.1:1"
    settings.CLEANNET_DNS_RESOLVERS = settings.CLEANNET_DNS_ROOTS = ""
    (seen,) = network.look("op1", role, "evil.example", timeout=1)
    assert (seen.answer.verdict, seen.decides) == ("unknown", True)
    assert seen.answer.evidence["not_set"] == variable

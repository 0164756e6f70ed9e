import json
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings
from tests.hub.disposal.registries import Web, answer, web, whois

from cleannet.core.space import registered_name
from cleannet.hub.disposal import registration
from cleannet.hub.disposal.outside import Said, Unanswered
from cleannet.hub.disposal.registration import Rdap, Registered, Whois
from cleannet.hub.disposal.resolution import Server

CNNIC = """Domain Name: evil.cn
ROID: 20030310s10001s00012345-cn
Domain Status: ok
Registrant: 某公司
Sponsoring Registrar: 阿里云计算有限公司（万网）
Name Server: ns1.evil.cn
"""
VERISIGN = "   Domain Name: EVIL.CN\r\n   Registrar: Example Registrar, Ltd.\r\n   Registrar IANA ID: 1234\r\n"


@pytest.fixture
def server() -> Iterator[Web]:
    with web() as answering:
        yield answering


def rdap(server: Web, *suffixes: str) -> Rdap:
    return Rdap(server.serve_suffixes(*(suffixes or ("com",))), 1)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("c2.evil.example.com", "example.com"),
        ("a.b.evil.com.cn", "evil.com.cn"),
        ("someone.github.io", "github.io"),
        ("com.cn", ""),
        ("198.51.100.7", ""),
        ("198.51.100.0/24", ""),
    ],
)
def test_what_is_registered_of_a_name(host: str, domain: str) -> None:
    assert registered_name(host) == domain


def test_rdap_names_the_registrar(server: Web) -> None:
    server.register("evil.com")
    asked = rdap(server, "com", "xn--fiqs8s")
    assert (asked.serves("evil.com"), asked.serves("evil.xn--fiqs8s"), asked.serves("evil.cn")) == (True, True, False)
    found = asked.look("evil.com")
    assert found == Registered(
        "1234", "Example Registrar, Ltd.", {"server": f"{server.url}/rdap/domain/evil.com", "domain": "evil.com"}
    )
    assert asked.look("none.com") is None
    assert server.asked.count("/dns.json") == 1


@pytest.mark.parametrize(
    ("said", "number", "name"),
    [
        ({"entities": []}, "", ""),
        ({"entities": None}, "", ""),
        ({"entities": ["x", {"roles": "registrar"}, {"roles": ["registrar"]}]}, "", ""),
        ({"entities": [{"roles": ["registrar"], "vcardArray": ["vcard", "fn"]}]}, "", ""),
        ({"entities": [{"roles": ["registrar"], "vcardArray": ["vcard", [["fn", {}, "text", " A  B "]]]}]}, "", "A B"),
        ({"entities": [{"roles": ["registrar"], "vcardArray": ["v", [["fn", {}, "text", "A\0\ud800B"]]]}]}, "", "A B"),
        (
            {
                "entities": [
                    {"roles": ["registrar"], "publicIds": [{"type": "IANA Registrar ID", "identifier": "12; DROP"}]}
                ]
            },
            "",
            "",
        ),
    ],
)
def test_a_registry_may_name_less(server: Web, said: dict[str, object], number: str, name: str) -> None:
    body = json.dumps({**answer("evil.com"), **said}).encode()
    server.pages["/rdap/domain/evil.com"] = 200, body
    found = rdap(server).look("evil.com")
    assert found is not None
    assert (found.registrar_id, found.registrar) == (number, name)


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (200, json.dumps(answer("good.com")).encode(), "answers about another domain"),
        (200, b"{}", "answers about another domain"),
        (200, b'{"ldhName": "evil.com\\u0000"}', "answers about another domain"),
        (200, b'{"ldhName": "\\ud800.com"}', "answers about another domain"),
        (200, b'{"ldhName": "' + b"x." * 400_000 + b'"}', "answers about another domain"),
        (200, b"<html>", "is not JSON"),
        (200, b"[" * 100_000, "is not JSON"),
        (200, b"[]", "is no object"),
        (429, b"{}", "with the status 429"),
        (500, b"{}", "with the status 500"),
    ],
)
def test_a_registry_that_lies_or_refuses_is_not_believed(server: Web, status: int, body: bytes, sentence: str) -> None:
    server.pages["/rdap/domain/evil.com"] = status, body
    with pytest.raises(Unanswered, match=sentence):
        rdap(server).look("evil.com")


WORDS = st.sampled_from(["registrar", "evil.com", "IANA Registrar ID", "1234", "fn", "\0", "\ud800", ""])
MEMBERS = st.sampled_from(["entities", "roles", "publicIds", "vcardArray", "ldhName", "type", "identifier", "services"])
SAID = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(MEMBERS, inner, max_size=4),
    max_leaves=20,
)


@given(SAID, SAID)
def test_whatever_a_registry_says_is_understood_or_refused_in_a_sentence(entities: object, services: object) -> None:
    class Told(Rdap):
        def _base(self, domain: str) -> str:
            return "http://registry.example/"

        def _fetch(self, url: str, accept: str) -> Said:
            return Said(200, json.dumps({"ldhName": "evil.com", "entities": entities}).encode(), url)

    found = Told("http://list.example/x", 1).look("evil.com")
    assert found is not None
    assert (found.registrar_id + found.registrar).isprintable()
    with suppress(Unanswered):
        registration._registries(Said(200, json.dumps({"services": services}).encode(), "http://list.example/x"))


@pytest.mark.parametrize("body", [b"{}", b'{"services": [["com"]]}', b'{"services": [[3, 4]]}', b"no"])
def test_a_list_of_registries_that_is_none_says_so(server: Web, body: bytes) -> None:
    server.pages["/dns.json"] = 200, body
    with pytest.raises(Unanswered, match=r"RFC 9224|not JSON"):
        Rdap(f"{server.url}/dns.json", 1).serves("evil.com")


@pytest.mark.parametrize(
    ("said", "number", "name"),
    [(CNNIC, "", "阿里云计算有限公司（万网）"), (VERISIGN, "1234", "Example Registrar, Ltd.")],
)
def test_whois_names_the_registrar(said: str, number: str, name: str) -> None:
    asked: list[str] = []
    with whois(lambda line: (asked.append(line), said.encode())[1]) as port:
        found = Whois({"cn": Server("w", "127.0.0.1", port)}, 1).look("evil.cn")
    assert found == Registered(number, name, {"server": f"127.0.0.1:{port}", "domain": "evil.cn"})
    assert asked == ["evil.cn"]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (b"Domain Name: good.cn\r\nRegistrar: x\r\n", "answers about another domain"),
        (b"Queried too often\r\n", "nothing that can be read"),
        (b"", "nothing that can be read"),
        (b"\xff\xfe" * 100, "nothing that can be read"),
        (b"x" * 70_000, "more than 65,536 bytes"),
        (None, "does not answer"),
    ],
)
def test_whois_that_lies_or_hangs_is_not_believed(said: bytes | None, sentence: str) -> None:
    with whois(lambda line: said) as port, pytest.raises(Unanswered, match=sentence):
        Whois({"cn": Server("w", "127.0.0.1", port)}, 0.3).look("evil.cn")


@pytest.mark.parametrize(
    "said", [b"No match for EVIL.CN", b"% hello\n\nNot found: evil.cn", b"No matching record.\r\n"]
)
def test_whois_says_that_nobody_registered_it(said: bytes) -> None:
    with whois(lambda line: said) as port:
        assert Whois({"cn": Server("w", "127.0.0.1", port)}, 1).look("evil.cn") is None


def test_whom_the_hub_may_ask_is_the_owners_word(settings: Settings) -> None:
    assert registration.registers() == []
    settings.CLEANNET_RDAP = "https://data.iana.org/rdap/dns.json"
    settings.CLEANNET_WHOIS = "cn=whois.cnnic.cn:43"
    assert [one.name for one in registration.registers()] == ["rdap", "whois"]
    assert registration.registers()[1].serves("evil.com.cn")

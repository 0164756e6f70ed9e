from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.core.allow import AllowLists
from cleannet.core.indicator import Indicator, parse
from cleannet.edge.matching import Index, Watched

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WRITTEN = [
    "evil.example",
    "*.only.example",
    "192.0.2.7",
    "192.0.2.8:443",
    "named.example:8080",
    "198.51.100.0/24",
    "2001:db8::/48",
    "http://host.example/a/",
    "http://host.example:81/b",
    "host.example/c?id=1",
    "http://192.0.2.9",
    "/panel/login.php",
    "恶意.example",
]


def index(*written: str) -> Index:
    decide = AllowLists().decide
    return Index(
        Watched(Indicator(parse(text), "P", "control", "infected", "list", line), decide(parse(text), NOW))
        for line, text in enumerate(written, 1)
    )


ALL = index(*WRITTEN)


@pytest.mark.parametrize(
    ("host", "address", "port", "target", "found"),
    [
        ("evil.example", "", 0, "", ["evil.example"]),
        ("EVIL.Example.", "", 0, "", ["evil.example"]),
        ("a.b.evil.example", "", 0, "", ["evil.example"]),
        ("notevil.example", "", 0, "", []),
        ("evil.example.net", "", 0, "", []),
        ("example", "", 0, "", []),
        ("only.example", "", 0, "", []),
        ("x.only.example", "", 0, "", ["*.only.example"]),
        ("恶意.example", "", 0, "", ["xn--5bu4m.example"]),
        ("www.XN--5BU4M.example", "", 0, "", ["xn--5bu4m.example"]),
        ("192.0.2.7", "", 0, "", ["192.0.2.7"]),
        ("", "192.0.2.7", 80, "", ["192.0.2.7"]),
        ("192.0.2.7", "192.0.2.7", 80, "/", ["192.0.2.7"]),
        ("other.example", "192.0.2.8", 443, "", ["192.0.2.8:443"]),
        ("", "192.0.2.8", 80, "", []),
        ("", "192.0.2.8", 0, "", []),
        ("named.example", "192.0.2.100", 8080, "", ["named.example:8080"]),
        ("sub.named.example", "", 8080, "", []),
        ("", "198.51.100.255", 0, "", ["198.51.100.0/24"]),
        ("", "198.51.101.0", 0, "", []),
        ("", "2001:DB8::1", 0, "", ["2001:db8::/48"]),
        ("host.example", "", 80, "/a/x", ["host.example/a/"]),
        ("host.example", "", 80, "/a", []),
        ("host.example", "", 80, "/A/x", []),
        ("www.host.example", "", 80, "/a/x", []),
        ("host.example", "", 0, "", []),
        ("host.example", "", 81, "/b?x", ["host.example:81/b"]),
        ("host.example", "", 80, "/b", []),
        ("host.example", "", 80, "/c?id=1&x=2", ["host.example/c?id=1"]),
        ("host.example", "", 80, "/c?id=12", []),
        ("192.0.2.9", "", 80, "/x", ["192.0.2.9/"]),
        ("x.example", "192.0.2.9", 80, "/x", []),
        ("any.net", "", 80, "/panel/login.php?a=b", ["/panel/login.php"]),
        ("any.net", "", 80, "/panel/./login.php", ["/panel/login.php"]),
        ("any.net", "", 80, "/panel/login.phpx", []),
        ("*", "", 0, "", []),
        ("", "", 0, "", []),
    ],
)
def test_find(host: str, address: str, port: int, target: str, found: list[str]) -> None:
    for _ in range(2):
        assert [entry.indicator.pattern.text for entry in ALL.find(host, address, port, target)] == found


LABELS = st.lists(st.sampled_from(["a", "b", "ab", "example", "com"]), min_size=1, max_size=4)


@given(st.lists(LABELS, max_size=5), LABELS)
def test_a_name_matches_whole_labels_from_the_right(listed: list[list[str]], asked: list[str]) -> None:
    names = {".".join([*labels, "example", "net"]) for labels in listed}
    name = ".".join([*asked, "example", "net"])
    expected = {listed for listed in names if f".{name}".endswith(f".{listed}")}
    assert {entry.indicator.pattern.text for entry in index(*names).find(name)} == expected


def test_two_programs_behind_one_name_are_both_found() -> None:
    decision = AllowLists().decide(parse("evil.example"), NOW)
    both = Index(
        Watched(Indicator(parse("evil.example"), name, "control", "infected", "list"), decision) for name in ("A", "B")
    )
    assert [entry.indicator.program for entry in both.find("evil.example")] == ["A", "B"]

import ipaddress
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.core import indicator
from cleannet.core.addresses import unfit
from cleannet.core.indicator import Pattern, parse

HOST = "evil.example"


@pytest.mark.parametrize(
    ("written", "pattern"),
    [
        ("evil.example", Pattern("domain", HOST, HOST)),
        (" EVIL.Example.\t", Pattern("domain", HOST, HOST)),
        (".evil.example", Pattern("domain", HOST, HOST)),
        ("*.evil.example", Pattern("domain", "*.evil.example", HOST, apex=False)),
        ("恶意.中国", Pattern("domain", "xn--5bu4m.xn--fiqs8s", "xn--5bu4m.xn--fiqs8s")),
        ("BÜCHER.example", Pattern("domain", "xn--bcher-kva.example", "xn--bcher-kva.example")),
        ("evil。example", Pattern("domain", HOST, HOST)),
        ("_dmarc.evil-1.example", Pattern("domain", "_dmarc.evil-1.example", "_dmarc.evil-1.example")),
        ("name.appspot.com", Pattern("domain", "name.appspot.com", "name.appspot.com")),
        ("192.0.2.7", Pattern("ip", "192.0.2.7", "192.0.2.7")),
        ("192.0.2.7/32", Pattern("ip", "192.0.2.7", "192.0.2.7")),
        ("2001:DB8:0::7", Pattern("ip", "2001:db8::7", "2001:db8::7")),
        ("[2001:db8::7]", Pattern("ip", "2001:db8::7", "2001:db8::7")),
        ("::ffff:192.0.2.7", Pattern("ip", "192.0.2.7", "192.0.2.7")),
        ("192.0.2.7:443", Pattern("endpoint", "192.0.2.7:443", "192.0.2.7", 443)),
        ("[2001:db8::7]:443", Pattern("endpoint", "[2001:db8::7]:443", "2001:db8::7", 443)),
        ("Evil.example:8080", Pattern("endpoint", "evil.example:8080", HOST, 8080)),
        ("198.51.100.0/24", Pattern("cidr", "198.51.100.0/24", "198.51.100.0/24")),
        ("2001:db8::/32", Pattern("cidr", "2001:db8::/32", "2001:db8::/32")),
        ("http://Evil.example", Pattern("url", "evil.example/", HOST, 0, "/")),
        ("https://evil.example:8443/A/b?c=1#d", Pattern("url", "evil.example:8443/A/b?c=1", HOST, 8443, "/A/b?c=1")),
        ("evil.example/a", Pattern("url", "evil.example/a", HOST, 0, "/a")),
        ("192.0.2.7/a", Pattern("url", "192.0.2.7/a", "192.0.2.7", 0, "/a")),
        ("http://[2001:db8::7]/a", Pattern("url", "[2001:db8::7]/a", "2001:db8::7", 0, "/a")),
        ("http://appspot.com/a", Pattern("url", "appspot.com/a", "appspot.com", 0, "/a")),
        ("/Anubis%202.5/", Pattern("path", "/Anubis%202.5/", target="/Anubis%202.5/")),
        ("/a b(1).apk", Pattern("path", "/a%20b(1).apk", target="/a%20b(1).apk")),
        ("evil.example/a(1)", Pattern("url", "evil.example/a(1)", HOST, 0, "/a(1)")),
        ("/a/./b/../c%7e%2f", Pattern("path", "/a/c~%2F", target="/a/c~%2F")),
    ],
)
def test_parse(written: str, pattern: Pattern) -> None:
    assert parse(written) == pattern
    assert parse(pattern.text) == pattern


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("a b.example", "malformed"),
        ("com", "too_wide"),
        ("*.com", "too_wide"),
        (".com", "too_wide"),
        ("co.uk", "too_wide"),
        ("com.cn", "too_wide"),
        ("appspot.com", "too_wide"),
        ("*.appspot.com", "too_wide"),
        ("中国", "too_wide"),
        ("localhost", "too_wide"),
        ("http://com/", "too_wide"),
        ("0.0.0.0/0", "too_wide"),
        ("::/0", "too_wide"),
        ("8.0.0.0/8", "too_wide"),
        ("192.0.2.1/24", "malformed"),
        ("192.0.2.0/33", "malformed"),
        ("192.0.2", "malformed"),
        ("192.0.2.256", "malformed"),
        ("evil.example:0", "malformed"),
        ("evil.example:65536", "malformed"),
        ("evil.example:http", "malformed"),
        ("evil..example", "malformed"),
        ("[evil.example", "malformed"),
        ("[evil]", "too_wide"),
        ("-evil.example", "malformed"),
        ("evil!.example", "malformed"),
        ("^evil$", "expression"),
        (r"security[a-z]{3}\-[a-z]{3,5}\.example", "expression"),
        ("evil.(example|test)", "expression"),
        (f"{'a' * 64}.example", "malformed"),
        (".".join(["abcdefg"] * 40), "malformed"),
        ("*.*.example", "expression"),
        ("evil.*", "expression"),
        ("http://", "malformed"),
        ("http://[x/", "malformed"),
        ("http://user@evil.example/", "malformed"),
        ("ftp://evil.example/", "scheme"),
        ("user@evil.example", "mail"),
        ("d41d8cd98f00b204e9800998ecf8427e", "hash"),
        ("10.1.2.3", "unfit"),
        ("127.0.0.1:80", "unfit"),
        ("http://192.168.1.1/", "unfit"),
        ("172.16.0.0/16", "unfit"),
        ("fe80::1", "unfit"),
        ("::1", "unfit"),
        ("224.0.0.1", "unfit"),
        ("/", "too_wide"),
        ("//", "too_wide"),
        ("/..", "too_wide"),
    ],
)
def test_parse_refuses(written: str, code: str) -> None:
    with pytest.raises(indicator.NotUnderstood) as refused:
        parse(written)
    assert refused.value.code == code
    assert str(refused.value)


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("Www.Evil.Example.", "www.evil.example"),
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ("1.2.3", ""),
        ("*", "*"),
        ("nougat [28:d2:44:0f:4c:e9]._workstation._tcp.local", ""),
        ("恶意.中国。", "xn--5bu4m.xn--fiqs8s"),
        ("\ud800", ""),
        ("", ""),
    ],
)
def test_host_of(written: str, host: str) -> None:
    assert indicator.host_of(written) == host


@pytest.mark.parametrize(
    ("written", "host", "port"),
    [
        ("evil.example:8080", HOST, 8080),
        ("Evil.example", HOST, 0),
        ("[2001:db8::1]:80", "2001:db8::1", 80),
        ("2001:db8::1", "2001:db8::1", 0),
        ("evil.example:x", "", 0),
        ("evil.example:", HOST, 0),
    ],
)
def test_host_and_port(written: str, host: str, port: int) -> None:
    assert indicator.host_and_port(written) == (host, port)


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("", "/"),
        ("/a b", "/a%20b"),
        ("/ü", "/%C3%BC"),
        ("/%41%2f%3F", "/A%2F%3F"),
        ("/a/../../b", "/b"),
        ("/a/..", "/"),
        ("/a/.", "/a/"),
        ("/a?x=/../y#z", "/a?x=/../y"),
        ("//a", "//a"),
        ("/\ud800", "/%3F"),
    ],
)
def test_target_of(written: str, target: str) -> None:
    assert indicator.target_of(written) == target


@pytest.mark.parametrize(
    ("prefix", "target", "covered"),
    [
        ("/", "/anything", True),
        ("/a", "/a", True),
        ("/a", "/a/b", True),
        ("/a", "/a?x", True),
        ("/a", "/ab", False),
        ("/a/", "/a", False),
        ("/a/", "/a/b", True),
        ("/a?x=1", "/a?x=1&y=2", True),
        ("/a?x=1", "/a?x=12", False),
        ("/a", "/A", False),
    ],
)
def test_covers(prefix: str, target: str, covered: bool) -> None:
    assert indicator.covers(prefix, target) is covered


def test_parents() -> None:
    assert indicator.parents("a.b.c") == ["b.c", "c"]
    assert indicator.parents("c") == []


def test_counted_as() -> None:
    assert [indicator.counted_as(role) for role in ("control", "distribution", "domain")] == [
        "infected",
        "exposed",
        "exposed",
    ]


@given(st.text(string.printable, max_size=30) | st.text(max_size=30))
def test_parse_and_its_parts_never_fail_otherwise(text: str) -> None:
    indicator.host_of(text)
    indicator.host_and_port(text)
    assert indicator.target_of(indicator.target_of(text)) == indicator.target_of(text)
    try:
        pattern = parse(text)
    except indicator.NotUnderstood:
        return
    assert parse(pattern.text) == pattern


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6), st.integers(1, 65535))
def test_addresses_are_normal(address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int) -> None:
    if address.version == 6 and address.ipv4_mapped:
        return
    long = address.exploded.upper()
    written = f"[{long}]:{port}" if address.version == 6 else f"{long}:{port}"
    if unfit(address):
        with pytest.raises(indicator.NotUnderstood, match="it is "):
            parse(written)
        return
    pattern = parse(written)
    assert pattern.port == port
    assert indicator.host_of(long) == pattern.host

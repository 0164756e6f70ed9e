import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from cleannet.core.allow import Listed, Waiver
from cleannet.formats import allowlists


def misp(name: str, entries: object, kind: str = "hostname", **more: object) -> bytes:
    return json.dumps({"name": name, "type": kind, "list": entries, **more}, indent=1).encode()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("List of known dynamic DNS domains", "shared"),
        ("List of LOTS (Living Off Trusted Sites) Project Domains", "shared"),
        ("List of known URL Shorteners domains", "shared"),
        ("Second level TLDs as known by Mozilla Foundation", "shared"),
        ("Top 1000 website from Alexa", "popular"),
        ("Top 10,000 domains from Cloudflare Radar", "popular"),
        ("Top 10K most-used sites from Tranco", "popular"),
        ("List of known Cloudflare IP ranges", "cdn"),
        ("List of known Amazon AWS IP address ranges", "cloud"),
        ("List of known IPv4 public DNS resolvers", "resolver"),
        ("Parking domains", "parked"),
        ("List of known sinkholes", "sinkhole"),
        ("List of RFC 1918 CIDR blocks", "special"),
        ("List of known bank domains", "ordinary"),
        ("Something new", "ordinary"),
    ],
)
def test_a_misp_list_is_told_by_its_name(name: str, kind: str) -> None:
    assert allowlists.read(misp(name, ["a.example"]), "list.json").kind == kind


def test_misp_entries_have_their_lines() -> None:
    data = misp("Some names", [".Bank.example", "198.51.100.0/24", "203.0.113.7", "2001:db8::/32", "a/b"])
    contents = allowlists.read(data, "list.json")
    assert contents.listed == (
        Listed("bank.example", "ordinary", "Some names", 5),
        Listed("198.51.100.0/24", "ordinary", "Some names", 6),
        Listed("203.0.113.7", "ordinary", "Some names", 7),
        Listed("2001:db8::/32", "ordinary", "Some names", 8),
    )
    assert [(left.line, left.code) for left in contents.left_out] == [(9, "malformed")]


@pytest.mark.parametrize(
    ("data", "path", "code"),
    [
        (misp("Hashes", ["00"], "string", matching_attributes=["md5", "sha1"]), "list.json", "not_network"),
        (misp("Expressions", ["^a"], "regex"), "list.json", "type"),
        (misp("Broken", "a"), "list.json", "shape"),
        (misp("Broken", [1]), "list.json", "shape"),
        (b"{", "list.json", "malformed"),
        (b"\xff", "list.txt", "encoding"),
        (b"# kind: nonsense\na.example", "list.txt", "kind"),
        (b"= 1", "own.toml", "malformed"),
        (b'kind = "nonsense"', "own.toml", "kind"),
        (b"entries = 1", "own.toml", "shape"),
    ],
)
def test_what_cannot_be_read_is_said(data: bytes, path: str, code: str) -> None:
    contents = allowlists.read(data, path)
    assert (contents.listed, contents.waivers) == ((), ())
    assert [left.code for left in contents.left_out] == [code]
    assert contents.left_out[0].reason


def test_dnsmasq() -> None:
    data = b"# comment\nserver=/Umbrella.example/192.0.2.1\nserver=/a.example/b.example/192.0.2.1\ncache-size=1\n"
    contents = allowlists.read(data, "x.conf")
    assert (contents.format, contents.kind) == ("dnsmasq", "ordinary")
    assert [(entry.text, entry.line) for entry in contents.listed] == [
        ("umbrella.example", 2),
        ("a.example", 3),
        ("b.example", 3),
    ]
    assert [left.line for left in contents.left_out] == [4]


def test_plain() -> None:
    contents = allowlists.read(b"# kind: Shared\ndyn.example # x\n*.host.example\n", "x.txt")
    assert [(entry.text, entry.kind, entry.line) for entry in contents.listed] == [
        ("dyn.example", "shared", 2),
        ("host.example", "shared", 3),
    ]
    assert allowlists.read(b"a.example", "x.txt").kind == "ordinary"


def test_own_with_waivers() -> None:
    data = b"""\
name = "Ours"
kind = "shared"
entries = ["dyn.example"]
[[waiver]]
indicator = "Log.Service.example"
approver = "A. Approver"
expires = 2027-01-31T00:00:00+08:00
reason = "seen"
[[waiver]]
indicator = "x.example"
expires = 2027-01-31T00:00:00+08:00
[[waiver]]
indicator = "x.example"
approver = "A. Approver"
expires = 2027-01-31T00:00:00
[[waiver]]
indicator = "com"
approver = "A. Approver"
expires = 2027-01-31T00:00:00Z
"""
    contents = allowlists.read(data, "own.toml")
    assert contents.listed == (Listed("dyn.example", "shared", "Ours", 3),)
    expires = datetime(2027, 1, 31, tzinfo=timezone(timedelta(hours=8)))
    assert contents.waivers == (Waiver("log.service.example", "A. Approver", expires, "seen", "Ours", 4),)
    assert contents.waivers[0].expires.astimezone(UTC).hour == 16
    assert [(left.line, left.code) for left in contents.left_out] == [(9, "waiver"), (12, "waiver"), (16, "too_wide")]

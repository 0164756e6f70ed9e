"""Read allow-lists: MISP warning lists (JSON), dnsmasq configuration, plain lists, and this product's own (TOML).

What kind of list it is decides what its word means (core.allow). A MISP list is told by its own name; dnsmasq
configuration and plain lists are names in ordinary use, unless a plain list says `# kind: KIND`. The TOML form also
carries the approved exceptions:

    name = "…"
    kind = "shared"
    entries = ["dyn.example"]
    [[waiver]]
    indicator = "evil.service.example"
    approver = "…"
    expires = 2027-01-31T00:00:00+08:00
    reason = "…"
"""

import ipaddress
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from cleannet.core import allow
from cleannet.core.allow import Listed, Waiver
from cleannet.core.indicator import NotUnderstood, host_of, parse
from cleannet.formats.contents import LeftOut, without_comments

# What an allow-list is called; in a folder, whatever is called otherwise is no list.
SUFFIXES = frozenset({".json", ".conf", ".txt", ".list", ".toml"})
_DNSMASQ = re.compile(r"(?:server|local|address|ipset|nftset)=/(.+)/[^/]*")
_KIND_LINE = re.compile(r"#\s*kind\s*:\s*(\w+)\s*", re.IGNORECASE)
_KIND_BY_NAME = (
    (allow.SPECIAL, re.compile(r"\brfc ?\d|multicast|special.use|bogon|empty hashes", re.IGNORECASE)),
    (allow.POPULAR, re.compile(r"\btop[ -]?\d|most[ -]used|most visited|alexa|majestic|umbrella", re.IGNORECASE)),
    (
        allow.SHARED,
        re.compile(r"dynamic dns|trusted sites|shorten|\btlds?\b|top level|free (web )?host", re.IGNORECASE),
    ),
    (allow.SINKHOLE, re.compile(r"sinkhole", re.IGNORECASE)),
    (allow.PARKED, re.compile(r"parking|parked", re.IGNORECASE)),
    (allow.RESOLVER, re.compile(r"dns resolver|public dns", re.IGNORECASE)),
    (allow.CDN, re.compile(r"akamai|cloudflare|fastly|\bcdn\b|content delivery|stackpath|wikimedia", re.IGNORECASE)),
    (allow.CLOUD, re.compile(r"\baws\b|azure|google cloud|\bgcp\b|cloud .*(ip|range)|digitalocean", re.IGNORECASE)),
)
_ABOUT_NETWORK = frozenset({"domain", "hostname", "ip-src", "ip-dst", "domain|ip", "url", "uri"})
_READABLE_TYPES = frozenset({"hostname", "string", "cidr"})


@dataclass(frozen=True, slots=True)
class AllowContents:
    """Hold what was read out of one allow-list file and what was not."""

    name: str
    format: str
    kind: str
    listed: tuple[Listed, ...]
    waivers: tuple[Waiver, ...]
    left_out: tuple[LeftOut, ...]


def read(data: bytes, path: str) -> AllowContents:
    """Return what the allow-list at `path` holds; nothing raises: what cannot be read is left out with its reason."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _left_out(path, "unknown", LeftOut(0, "encoding", "the list is not UTF-8 text"))
    if PurePath(path).suffix.lower() == ".toml":
        return _own(text, path)
    if text.lstrip()[:1] == "{":
        return _misp(text, path)
    kind = _KIND_LINE.search(text)
    if kind and kind[1].lower() not in allow.LIST_KINDS:
        return _left_out(
            path, "plain", LeftOut(0, "kind", f"no such kind; the kinds are {', '.join(allow.LIST_KINDS)}")
        )
    lines = text.split("\n")
    form = "dnsmasq" if any(_DNSMASQ.match(line) for line in lines[:200]) else "plain"
    written = _dnsmasq(lines) if form == "dnsmasq" else without_comments(lines)
    return _contents(path, form, kind[1].lower() if kind else allow.ORDINARY, written)


def _left_out(path: str, form: str, *left_out: LeftOut) -> AllowContents:
    return AllowContents(path, form, "", (), (), left_out)


def _contents(
    name: str, form: str, kind: str, written: Iterable[tuple[int, str]], waivers: Iterable[Waiver] = ()
) -> AllowContents:
    listed: list[Listed] = []
    left_out: list[LeftOut] = []
    for line, text in written:
        canonical = _canonical(text)
        if canonical:
            listed.append(Listed(canonical, kind, name, line))
        else:
            left_out.append(LeftOut(line, "malformed", "neither a name nor an address nor a network"))
    return AllowContents(name, form, kind, tuple(listed), tuple(waivers), tuple(left_out))


def _canonical(text: str) -> str:
    text = text.strip()
    if text[-1:].isdecimal() or ":" in text:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            pass
        else:
            single = network.prefixlen == network.max_prefixlen
            return str(network.network_address if single else network)
    name = host_of(text.removeprefix("*.").removeprefix("."))
    return name if name and not any(character in name for character in " /\\:@()[]") else ""


def _dnsmasq(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    for number, line in without_comments(lines):
        found = _DNSMASQ.fullmatch(line)
        if found is None:
            yield number, "(not a rule about names)"
        else:
            for name in found[1].split("/"):
                yield number, name


def _misp(text: str, path: str) -> AllowContents:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        return _left_out(path, "json", LeftOut(getattr(error, "lineno", 0), "malformed", "not JSON"))
    entries = data.get("list")
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        return _left_out(path, "json", LeftOut(0, "shape", "this JSON is not a warning list: no “list” of texts"))
    name = str(data.get("name") or path)
    about = data.get("matching_attributes")
    if isinstance(about, list) and about and not _ABOUT_NETWORK & set(map(str, about)):
        return _left_out(name, "misp", LeftOut(0, "not_network", "the list is not about names or addresses"))
    if data.get("type") not in _READABLE_TYPES:
        return _left_out(
            name, "misp", LeftOut(0, "type", "only lists of host names, texts and networks are understood")
        )
    kind = next((kind for kind, words in _KIND_BY_NAME if words.search(name)), allow.ORDINARY)
    return _contents(name, "misp", kind, _with_lines(text, entries))


def _with_lines(text: str, entries: Iterable[str]) -> Iterator[tuple[int, str]]:
    at = max(text.find('"list"'), 0)
    line = 1 + text.count("\n", 0, at)
    for entry in entries:
        found = text.find(f'"{entry}"', at)
        if found >= 0:
            line += text.count("\n", at, found)
            at = found
        yield line, entry


def _own(text: str, path: str) -> AllowContents:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return _left_out(path, "toml", LeftOut(0, "malformed", f"not TOML: {error}"))
    kind = data.get("kind", allow.ORDINARY)
    entries = data.get("entries", [])
    if kind not in allow.LIST_KINDS:
        return _left_out(path, "toml", LeftOut(0, "kind", f"no such kind; the kinds are {', '.join(allow.LIST_KINDS)}"))
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        return _left_out(path, "toml", LeftOut(0, "shape", "“entries” must be a list of texts"))
    name = str(data.get("name") or path)
    waivers: list[Waiver] = []
    left_out: list[LeftOut] = []
    lines = [number for number, line in enumerate(text.split("\n"), 1) if line.strip() == "[[waiver]]"]
    written = data.get("waiver", [])
    for line, table in zip(lines, written if isinstance(written, list) else [], strict=False):
        waiver = _waiver(table, name, line)
        if isinstance(waiver, Waiver):
            waivers.append(waiver)
        else:
            left_out.append(waiver)
    contents = _contents(name, "toml", str(kind), _with_lines(text, entries), waivers)
    return AllowContents(
        name, "toml", contents.kind, contents.listed, contents.waivers, (*contents.left_out, *left_out)
    )


def _waiver(table: dict[str, object], name: str, line: int) -> Waiver | LeftOut:
    indicator, approver, expires = table.get("indicator"), table.get("approver"), table.get("expires")
    if not isinstance(indicator, str) or not isinstance(approver, str) or not approver.strip():
        return LeftOut(line, "waiver", "a waiver names its indicator and who approved it")
    if not isinstance(expires, datetime) or expires.tzinfo is None:
        return LeftOut(line, "waiver", "a waiver says when it expires, with its time zone")
    try:
        pattern = parse(indicator)
    except NotUnderstood as error:
        return LeftOut(line, error.code, f"the waiver's indicator: {error}")
    return Waiver(pattern.text, approver.strip(), expires, str(table.get("reason", "")), name, line)

"""The one allow-list decision: asked at intake, at matching and at every output. It never means “ignore”.

A decision is either to match (the contact counts) or to hold (it does not count until a person decides), with how far
a disposal may reach, the reason, and the list and line it rests on. What a list says depends on its kind:

- ordinary: a service in ordinary use, with all its owner's names below it: held;
- popular: a much visited name, which says nothing about who owns the names below: exactly that name is held, a name
  below it matches exactly and with its true subdomains, a URL on it matches as that URL;
- shared: a suffix under which unrelated people hold names (dynamic DNS, hosting, shorteners): the suffix itself is
  held, a name below it is its holder's and matches exactly and with its true subdomains; the nearer of a shared and an
  ordinary suffix decides;
- cdn: addresses that serve unrelated sites at once: held; cloud: addresses let to one customer at a time: match;
- resolver, parked: open to all, or empty: held; sinkhole: who calls it is infected, but nothing is left to dispose of;
- special: reserved by a standard: held.

A list's word on a registry's suffix (`cn`, `com.cn`) says nothing, as nobody owns what is below it, and is not heard.
A waiver, approved by a person and dated, lets exactly one indicator match that would be held.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from cleannet.core.indicator import CIDR, PATH, URL, Network, Pattern, parents, public_suffixes, registry_suffixes
from cleannet.core.terms import Term

ORDINARY, POPULAR, SHARED, CDN, CLOUD = "ordinary", "popular", "shared", "cdn", "cloud"
RESOLVER, PARKED, SINKHOLE, SPECIAL = "resolver", "parked", "sinkhole", "special"
LIST_KINDS = (ORDINARY, POPULAR, SHARED, CDN, CLOUD, RESOLVER, PARKED, SINKHOLE, SPECIAL)
MATCH, HOLD = "match", "hold"
NAME, ADDRESS, ONLY_URL, NOTHING = "name", "address", "url", "nothing"
SUFFIX_LIST = "public suffix list"

REASONS: Mapping[str, Term] = MappingProxyType(
    {
        term.key: term
        for term in (
            Term("not_listed", "不在任何白名单上", "on no allow-list"),
            Term("waived", "经批准的例外", "let through by an approved and dated exception"),
            Term("special", "标准保留，不属于任何单位", "reserved by a standard: nobody's resource"),
            Term("ordinary", "正常服务，待人工决定", "a service in ordinary use: a person decides"),
            Term(
                "ordinary_below",
                "正常服务所有者的名称，待人工决定",
                "a name of the owner of an ordinary service: a person decides",
            ),
            Term("popular", "访问量大的网站，须写明URL", "a much visited site: name the URL, or a person decides"),
            Term(
                "popular_below",
                "在访问量大的域名之下，只匹配本名称及其子域名",
                "below a much visited name: only this name and its subdomains match",
            ),
            Term(
                "shared",
                "共享托管或动态域名后缀，须写明其下的名称或URL",
                "a suffix shared by unrelated people: name what is below it, or the URL",
            ),
            Term(
                "shared_below",
                "在共享后缀之下，只匹配本名称及其子域名",
                "below a shared suffix: only this name and its subdomains match",
            ),
            Term(
                "covers",
                "会覆盖白名单中的名称或地址，待人工决定",
                "it would cover what an allow-list names: a person decides",
            ),
            Term(
                "url",
                "所在主机在白名单上：只针对该URL，由主机方处置",
                "on a listed host: only this URL, to be disposed of by the host",
            ),
            Term(
                "cdn", "内容分发网络地址，须写明名称或URL", "an address of a delivery network: name the host or the URL"
            ),
            Term("cloud", "云服务地址，只匹配本地址", "an address let by a cloud: only this address matches"),
            Term("resolver", "公共解析器，待人工决定", "a public resolver: a person decides"),
            Term("parked", "域名停放地址，待人工决定", "an address of parked names: a person decides"),
            Term("sinkhole", "沉洞：计入感染，无需处置", "a sinkhole: contact counts, nothing is left to dispose of"),
            Term("path", "只有路径：可匹配，但不指向任何资源", "a path alone: it matches, but names no resource"),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Listed:
    """Hold one entry of an allow-list: a name (its subdomains included), an address or a network, in canonical form."""

    text: str
    kind: str
    list: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Waiver:
    """Let one indicator, by its pattern's text, match although a list holds it, until `expires` (aware), exclusive."""

    pattern: str
    approver: str
    expires: datetime
    reason: str
    list: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """Say whether an indicator counts, how far a disposal may reach, and why.

    `verdict` is match or hold; `reach` what a disposal may name: name, address, url or nothing; `reason` a key of
    `REASONS`; `listed`, `list` and `line` the entry it rests on, empty where there is none.
    """

    verdict: str
    reach: str
    reason: str
    listed: str = ""
    list: str = ""
    line: int = 0

    @property
    def holds(self) -> bool:
        return self.verdict == HOLD

    @property
    def term(self) -> Term:
        return REASONS[self.reason]


class AllowLists:
    """Answer the allow-list decision from lists and waivers; without any, standards and public suffixes rule."""

    def __init__(self, listed: Iterable[Listed] = (), waivers: Iterable[Waiver] = ()) -> None:
        self._names: dict[str, dict[str, Listed]] = {kind: {} for kind in LIST_KINDS}
        self._networks: dict[tuple[int, int], dict[int, list[Listed]]] = {}
        self._above: dict[str, Listed] = {}
        self._waivers: dict[str, list[Waiver]] = {}
        for entry in _ALWAYS:
            self._add(entry)
        for entry in listed:
            self._add(entry)
        for waiver in waivers:
            self._waivers.setdefault(waiver.pattern, []).append(waiver)

    def decide(self, pattern: Pattern, moment: datetime) -> Decision:
        """Return the decision about `pattern` at `moment` (aware); a waiver counts until its expiry, exclusive."""
        decision = self._decide(pattern)
        if decision.holds:
            for waiver in self._waivers.get(pattern.text, ()):
                if moment < waiver.expires:
                    return Decision(MATCH, decision.reach, "waived", decision.listed, waiver.list, waiver.line)
        return decision

    def _add(self, entry: Listed) -> None:
        network = _network_or_none(entry.text)
        if network is not None:
            by_base = self._networks.setdefault((network.version, network.prefixlen), {})
            by_base.setdefault(int(network.network_address), []).append(entry)
            return
        if entry.kind != SPECIAL and registry_suffixes().publicsuffix(entry.text) == entry.text:
            return
        self._names[entry.kind].setdefault(entry.text, entry)
        if entry.kind in (ORDINARY, POPULAR, SHARED):
            for parent in parents(entry.text):
                self._above.setdefault(parent, entry)

    def _decide(self, pattern: Pattern) -> Decision:
        if pattern.kind == PATH:
            return Decision(MATCH, NOTHING, "path")
        if pattern.kind == CIDR:
            return self._of_network(ipaddress.ip_network(pattern.text))
        address = _network_or_none(pattern.host)
        decision = self._of_network(address) if address is not None else self._of_name(pattern.host)
        if pattern.kind != URL or decision.reason == "special":
            return decision
        if pattern.target == "/":
            return Decision(decision.verdict, ONLY_URL, decision.reason, decision.listed, decision.list, decision.line)
        if decision.reason == "not_listed":
            return Decision(MATCH, ONLY_URL, "not_listed")
        return Decision(MATCH, ONLY_URL, "url", decision.listed, decision.list, decision.line)

    def _of_name(self, name: str) -> Decision:
        above = parents(name)
        for suffix in (name, *above):
            if suffix in self._names[SPECIAL]:
                return _held(self._names[SPECIAL][suffix], "special", NOTHING)
        for kind in (SHARED, ORDINARY, POPULAR, RESOLVER):
            if name in self._names[kind]:
                return _held(self._names[kind][name], kind, ONLY_URL)
        if name in self._above:
            return _held(self._above[name], "covers", ONLY_URL)
        popular = None
        private = _private_suffix(name)
        for suffix in above:
            if suffix in self._names[SHARED]:
                entry = self._names[SHARED][suffix]
                return Decision(MATCH, NAME, "shared_below", entry.text, entry.list, entry.line)
            if suffix == private:
                return Decision(MATCH, NAME, "shared_below", suffix, SUFFIX_LIST)
            if suffix in self._names[ORDINARY]:
                return _held(self._names[ORDINARY][suffix], "ordinary_below", ONLY_URL)
            popular = popular or self._names[POPULAR].get(suffix)
        if popular is not None:
            return Decision(MATCH, NAME, "popular_below", popular.text, popular.list, popular.line)
        return _UNLISTED

    def _of_network(self, network: Network) -> Decision:
        found = {entry.kind: entry for entry in self._overlapping(network)}
        for kind in (SPECIAL, ORDINARY, POPULAR, SHARED, CDN, RESOLVER, PARKED):
            if kind in found:
                whole = network.num_addresses == 1
                return _held(found[kind], kind if whole else "covers", NOTHING if kind == SPECIAL else ONLY_URL)
        for kind, reach in ((SINKHOLE, NOTHING), (CLOUD, ADDRESS)):
            if kind in found:
                entry = found[kind]
                return Decision(MATCH, reach, kind, entry.text, entry.list, entry.line)
        return Decision(MATCH, ADDRESS, "not_listed")

    def _overlapping(self, network: Network) -> Iterable[Listed]:
        base = int(network.network_address)
        for (version, length), by_base in self._networks.items():
            if version != network.version:
                continue
            if length <= network.prefixlen:
                yield from by_base.get(base >> (shift := network.max_prefixlen - length) << shift, ())
            else:
                last = int(network.broadcast_address)
                yield from (entry for at, held in by_base.items() if base <= at <= last for entry in held)


# One for all: of a long list nearly every name is on no allow-list.
_UNLISTED = Decision(MATCH, NAME, "not_listed")


def _held(entry: Listed, reason: str, reach: str) -> Decision:
    return Decision(HOLD, reach, reason, entry.text, entry.list, entry.line)


def _network_or_none(text: str) -> Network | None:
    if not (text[-1:].isdecimal() or ":" in text):
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _private_suffix(name: str) -> str:
    suffix = public_suffixes().publicsuffix(name) or ""
    return "" if _is_registrys(suffix) else suffix


@lru_cache(1 << 14)
def _is_registrys(suffix: str) -> bool:
    """Say whether a public suffix is a registry's; so it is for all names below it."""
    return suffix == (registry_suffixes().publicsuffix(suffix) or "")


_ALWAYS = tuple(
    Listed(text, kind, source)
    for kind, source, texts in (
        (SPECIAL, "RFC 6761", "invalid localhost"),
        (SPECIAL, "RFC 6762", "local"),
        (SPECIAL, "RFC 7686", "onion"),
        (SPECIAL, "RFC 8375", "home.arpa"),
        (SPECIAL, "RFC 1035", "in-addr.arpa ip6.arpa"),
        (SHARED, "storage and hosting of Chinese clouds", "aliyuncs.com bcebos.com clouddn.com ksyuncs.com"),
        (SHARED, "storage and hosting of Chinese clouds", "myhuaweicloud.com myqcloud.com qiniucdn.com sinaapp.com"),
    )
    for text in texts.split()
)

"""特征值: parse what a list names, normalise it, and say what it would match.

Kinds of pattern, and what each matches in a log row:

- domain: that exact name and its true subdomains (whole labels), `*.name` the subdomains only;
- ip: that address; cidr: every address of that network;
- endpoint: that host (exact name or address) on that port, where the row tells the port;
- url: that exact host, on that port when one is written, every path below the written one, where the row tells them;
- path: every path below the written one on any host: it names no resource, so nothing can be disposed of by it.
"""

import ipaddress
import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import idna
from publicsuffixlist import PublicSuffixList

from cleannet.core.addresses import Address as Address
from cleannet.core.addresses import Network as Network
from cleannet.core.addresses import address_or_none, unfit

DOMAIN, IP, CIDR, ENDPOINT, URL, PATH = KINDS = ("domain", "ip", "cidr", "endpoint", "url", "path")
COUNTED_BY_ROLE = {"control": "infected", "distribution": "exposed"}

_WIDEST = {4: 16, 6: 32}
_PLAIN = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_DIGITS_AND_DOTS = re.compile(r"[0-9.]+")
_HASH = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
_EXPRESSION = re.compile(r"[\\^$|(){}]|(?<!^)\[|\.\*|\+$")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_IN_TARGET = re.compile(r"[^!-~]")


class NotUnderstood(ValueError):
    """Say why a text cannot be looked for; `code` groups the reasons: empty, malformed, too_wide, unfit, hash, …."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Pattern:
    """Hold one normalised thing to look for; `text` is its canonical writing and identifies it.

    `host` is a name in A-label form or an address, `port` 0 where none is written, `target` path and query, `apex`
    False for `*.name`.
    """

    kind: str
    text: str
    host: str = ""
    port: int = 0
    target: str = ""
    apex: bool = True


@dataclass(frozen=True, slots=True)
class Indicator:
    """Bind a pattern to the program it betrays, the resource it is and where it was listed (line 0: unnumbered).

    `role` is a key of terms.RESOURCES, `counts_as` one of terms.COUNTED.
    """

    pattern: Pattern
    program: str
    role: str
    counts_as: str
    list: str
    line: int = 0


def counted_as(role: str) -> str:
    """Return what contact with a resource counts as: control servers infected, all others exposed."""
    return COUNTED_BY_ROLE.get(role, "exposed")


@cache
def public_suffixes() -> PublicSuffixList:
    """Return the public suffix list that is installed, its private part included."""
    return PublicSuffixList()


@cache
def registry_suffixes() -> PublicSuffixList:
    """Return the suffixes below which registries register names; those of private owners are names like others."""
    return PublicSuffixList(only_icann=True)


def parse(text: str) -> Pattern:
    """Return the pattern of one written indicator; raise NotUnderstood, with a sentence, for what cannot be looked for.

    Too wide to be an indicator are a public suffix (`com`, `co.uk`, `appspot.com`, with or without `*.`), a network
    wider than /16 (IPv6 /32), and the path `/`.
    """
    text = text.strip()
    if not text:
        raise NotUnderstood("empty", "nothing is written here")
    if text.startswith("/"):
        return _path(text)
    if any(character.isspace() for character in text):
        raise NotUnderstood("malformed", "white space inside an indicator")
    if _SCHEME.match(text):
        return _url(text)
    if _HASH.fullmatch(text):
        raise NotUnderstood("hash", "a digest of a file cannot be looked for in network logs")
    address, slash, rest = text.partition("/")
    if _EXPRESSION.search(address):
        raise NotUnderstood("expression", "an expression over names, not a name, address or path")
    if rest and address_or_none(address) is not None and rest.isdecimal():
        return _network(text)
    if slash or "?" in text:
        return _url(f"http://{text}")
    if "@" in text:
        raise NotUnderstood("mail", "a mail address cannot be looked for in network logs")
    return _host_with_port(text)


def host_of(text: str) -> str:
    """Return the canonical form of a host as a log writes it: an address, a name in A-label form, or "" when neither.

    Case and one trailing dot do not matter; a name is not judged further, as logs hold what clients asked for.
    """
    if text.isascii():
        name = text.lower()
        if name.endswith("."):
            name = name[:-1]
        if _DIGITS_AND_DOTS.fullmatch(name) or ":" in name:
            address = address_or_none(name.strip("[]"))
            return str(address) if address is not None else ""
        return name
    try:
        return idna.encode(text.rstrip(".。．｡"), uts46=True).decode()
    except idna.IDNAError:
        return ""


def host_and_port(text: str) -> tuple[str, int]:
    """Return the canonical host and the port (0: none) of a Host header or an authority; host "" when it is neither."""
    if text.startswith("["):
        inside, _, after = text[1:].partition("]")
        return host_of(inside), _port_or_zero(after.removeprefix(":"))
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        fits = not port or (port.isascii() and port.isdecimal())
        return (host_of(host), _port_or_zero(port)) if fits else ("", 0)
    return host_of(text), 0


def target_of(text: str) -> str:
    """Return path and query in normal form: RFC 3986 section 6.2.2 escapes and dot segments, the fragment dropped."""
    text = text.partition("#")[0]
    if not text.startswith("/"):
        text = f"/{text}"
    if not text.isascii() or " " in text or _IN_TARGET.search(text):
        text = _IN_TARGET.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode(errors="replace")), text)
    if "%" in text:
        text = _ESCAPE.sub(_unescape, text)
    if "/." in text:
        path, mark, query = text.partition("?")
        text = _without_dots(path) + mark + query
    return text


def covers(prefix: str, target: str) -> bool:
    """Say whether `target` is `prefix` or lies below it, on a boundary of path or query; both in normal form."""
    if not target.startswith(prefix):
        return False
    return len(target) == len(prefix) or prefix[-1] in "/?&" or target[len(prefix)] in "/?&;"


def parents(name: str) -> list[str]:
    """Return the names above `name`, nearest first: a.b.c gives b.c and c."""
    above = []
    dot = name.find(".")
    while dot >= 0:
        above.append(name[dot + 1 :])
        dot = name.find(".", dot + 1)
    return above


def _host_with_port(text: str) -> Pattern:
    if text.startswith("[") or text.count(":") == 1:
        host, _, port_text = text.rpartition(":") if not text.endswith("]") else (text, "", "")
        host = host.removeprefix("[").removesuffix("]")
        port = _port_or_zero(port_text)
        if not port and not text.endswith("]"):
            raise NotUnderstood("malformed", "the port must be a number from 1 to 65535")
        fit = _fit_host(host)
        if not port:
            return Pattern(IP, fit, fit)
        return Pattern(ENDPOINT, f"{_bracketed(fit)}:{port}", fit, port)
    address = address_or_none(text)
    if address is not None:
        fit = _fit_host(text)
        return Pattern(IP, fit, fit)
    apex = not text.startswith("*.")
    name = _fit_name(text[2:] if not apex else text.removeprefix("."))
    return Pattern(DOMAIN, name if apex else f"*.{name}", name, apex=apex)


def _url(text: str) -> Pattern:
    try:
        parts = urlsplit(text)
        port = parts.port or 0
    except ValueError:
        raise NotUnderstood("malformed", "not a URL") from None
    if parts.scheme.lower() not in ("http", "https"):
        raise NotUnderstood("scheme", "only http and https addresses can be looked for")
    if parts.username is not None or parts.password is not None:
        raise NotUnderstood("malformed", "a URL with a user name in it")
    if not parts.hostname:
        raise NotUnderstood("malformed", "a URL without a host")
    host = _fit_host(parts.hostname, shared=True)
    target = target_of(parts.path + (f"?{parts.query}" if parts.query else ""))
    place = f"{_bracketed(host)}:{port}" if port else _bracketed(host)
    return Pattern(URL, f"{place}{target}", host, port, target)


def _path(text: str) -> Pattern:
    target = target_of(text)
    if not target.strip("/"):
        raise NotUnderstood("too_wide", "the path / matches every request")
    return Pattern(PATH, target, target=target)


def _network(text: str) -> Pattern:
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise NotUnderstood("malformed", "not a network: bits are set after the prefix, or it is too long") from None
    if network.prefixlen == network.max_prefixlen:
        host = _fit_host(str(network.network_address))
        return Pattern(IP, host, host)
    if network.prefixlen < _WIDEST[network.version]:
        raise NotUnderstood(
            "too_wide", f"a network of /{network.prefixlen} is too wide: /{_WIDEST[network.version]} is the widest"
        )
    if sentence := unfit(network):
        raise NotUnderstood("unfit", sentence)
    return Pattern(CIDR, str(network), str(network))


def _fit_host(text: str, *, shared: bool = False) -> str:
    address = address_or_none(text)
    if address is None:
        return _fit_name(text, shared=shared)
    if sentence := unfit(address):
        raise NotUnderstood("unfit", sentence)
    return str(address)


def _fit_name(text: str, *, shared: bool = False) -> str:
    name = host_of(text)
    if not name or not _PLAIN.fullmatch(name) or len(name) > 253 or max(map(len, name.split("."))) > 63:
        raise NotUnderstood("malformed", "not a domain name")
    last = name.rpartition(".")[2]
    if last.isdecimal():
        raise NotUnderstood("malformed", "neither a domain name nor an address")
    suffix = public_suffixes().publicsuffix(name)
    if suffix == name and not (shared and "." in name):
        raise NotUnderstood("too_wide", "it is a public suffix, under which unrelated owners hold names")
    return name


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _port_or_zero(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) <= 65535:
        return int(text)
    return 0


def _unescape(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if character in _UNRESERVED else f"%{found[1].upper()}"


def _without_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:]
    for position, segment in enumerate(segments):
        last = position == len(segments) - 1
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
            continue
        if last:
            kept.append("")
    return "/" + "/".join(kept)

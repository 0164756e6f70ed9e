"""Say what a setting accepts: each function returns "" for a text that is, else what to write instead."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

Accepts = Callable[[str], str]
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}")
_PARTY = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
_NAME = re.compile(r"[^/=,\s]{1,60}")
_OWNED = re.compile(f"({_PARTY.pattern}/)?{_NAME.pattern}")
_HOST = re.compile(r"\*|\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:]+\]")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_DOMAIN = re.compile(r"(?=.{1,254}$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")


def anything(_text: str) -> str:
    """Accept every text: what it means shows only where it is used."""
    return ""


def something(text: str) -> str:
    """Accept every text but the empty one."""
    return "" if text else "it must not be empty"


def one_of(*words: str) -> Accepts:
    """Accept one of a few words, in any case."""
    return lambda text: "" if text.lower() in {word.lower() for word in words} else f"write one of {', '.join(words)}"


def code(text: str) -> str:
    """Accept a hub's code: it is part of case numbers and of texts in which codes are parted by “|”."""
    return "" if _CODE.fullmatch(text) else "write letters, digits and hyphens, 32 at most"


def party(text: str) -> str:
    """Accept what can be a party's code."""
    return "" if _PARTY.fullmatch(text) else "write a party's code: small letters, digits and hyphens"


def role(roles: Collection[str]) -> Accepts:
    """Accept a role of the glossary."""
    return lambda text: "" if text in roles else f"write a role of the glossary: {', '.join(sorted(roles))}"


def hosts(text: str) -> str:
    """Accept host names with commas between."""
    names = _listed(text)
    return "" if names and all(map(_HOST.fullmatch, names)) else "write host names with commas between"


def origins(text: str) -> str:
    """Accept origins with commas between, or nothing."""
    parts = [urlsplit(item) for item in _listed(text)]
    right = all(part.scheme in ("http", "https") and part.hostname and not part.path.strip("/") for part in parts)
    return "" if right else "write origins such as https://hub.example with commas between"


def header(text: str) -> str:
    """Accept the name of a header, or nothing."""
    return "" if not text or _HEADER.fullmatch(text) else "write the name of a header, such as X-Forwarded-Proto"


def networks(text: str) -> str:
    """Accept addresses and networks with commas between, or nothing."""
    try:
        for item in _listed(text):
            ipaddress.ip_network(item)
    except ValueError:
        return "write addresses or networks, such as 10.0.0.0/8, with commas between"
    return ""


def bound(text: str) -> str:
    """Accept where a server listens: address and port, or a socket."""
    host, _, port = text.rpartition(":")
    if text.startswith("unix:/") or (_HOST.fullmatch(host) and _is_port(port)):
        return ""
    return "write address:port, such as 127.0.0.1:8000, or unix:/path"


def server(text: str) -> str:
    """Accept the address and port of one DNS server, or nothing."""
    return "" if not text or _is_server(text) else "write address:port, such as 192.0.2.53:53"


def servers(text: str) -> str:
    """Accept named DNS servers with commas between, each name once, or nothing."""
    return "" if _are_servers(text, _NAME) else "write name=address:port with commas between, such as 甲=192.0.2.53:53"


def resolvers(text: str) -> str:
    """Accept DNS servers named by party and name, or by a name alone, each once, or nothing."""
    if _are_servers(text, _OWNED):
        return ""
    return "write party/name=address:port with commas between, such as op1/甲=192.0.2.53:53; no party: everybody's"


def whois_servers(text: str) -> str:
    """Accept WHOIS servers by suffix with commas between, each suffix once, or nothing."""
    pairs = [item.partition("=") for item in _listed(text)]
    places = [where.strip().rpartition(":") for _, _, where in pairs]
    right = all(_DOMAIN.fullmatch(suffix.strip()) for suffix, _, _ in pairs)
    right = right and all(_HOST.fullmatch(host) and _is_port(port) for host, _, port in places)
    if right and len({suffix.strip() for suffix, _, _ in pairs}) == len(pairs):
        return ""
    return "write suffix=host:port with commas between, such as cn=whois.cnnic.cn:43"


def web_address(text: str) -> str:
    """Accept the address of something on the web, or nothing."""
    parts = urlsplit(text)
    if not text or (parts.scheme in ("http", "https") and parts.hostname and parts.path.strip("/")):
        return ""
    return "write an address such as https://data.iana.org/rdap/dns.json"


def address_files(text: str) -> str:
    """Accept paths of address databases with commas between, or nothing; whether they can be read shows later."""
    right = all(path.endswith((".xdb", ".ipdb")) for path in _listed(text))
    return "" if right else "write paths of .xdb or .ipdb files with commas between"


def egresses(text: str) -> str:
    """Accept where looks go out, each name once, or nothing."""
    pairs = [item.partition("=") for item in _listed(text)]
    names = [name.strip() for name, _, _ in pairs]
    right = all(_OWNED.fullmatch(name) for name in names) and len(set(names)) == len(names)
    if right and all(_is_source(source.strip()) for _, _, source in pairs):
        return ""
    return "write party/name=source address, or “default”, with commas between, such as 甲=default,op1/乙=192.0.2.7"


def contact(text: str) -> str:
    """Accept what may stand in a header: how to reach whoever looks, or nothing."""
    return "" if re.fullmatch(r"[!-~]{0,200}", text) else "write a mail address or a page, such as abuse@hub.example"


def names_and_networks(text: str) -> str:
    """Accept names and networks with commas between, or nothing."""
    wrong = [item for item in _listed(text) if networks(item) and not _DOMAIN.fullmatch(item)]
    return f"write names or networks with commas between, not “{wrong[0]}”" if wrong else ""


def page(text: str) -> str:
    """Accept the address of a page, or nothing."""
    parts = urlsplit(text)
    right = parts.scheme in ("http", "https") and parts.hostname and not parts.query
    return "" if right or not text else "write an address such as https://rdap.example"


def days(text: str) -> str:
    """Accept different numbers of days from 1 to 30 with commas between, or nothing."""
    items = _listed(text)
    right = all(item.isascii() and item.isdecimal() and 1 <= int(item) <= 30 for item in items)
    return "" if right and len(set(items)) == len(items) else "write days from 1 to 30, each once, such as 1,3,7,14,30"


def domain(text: str) -> str:
    """Accept a domain name."""
    return "" if _DOMAIN.fullmatch(text) else "write a domain name"


def domain_or_nothing(text: str) -> str:
    """Accept a domain name, or nothing."""
    return domain(text) if text else ""


def folder(text: str) -> str:
    """Accept the absolute path of a folder, or nothing."""
    return "" if not text or text.startswith("/") else "write an absolute path"


def base64_text(text: str) -> str:
    """Accept bytes in base64, or nothing."""
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return "write base64"
    return ""


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _are_servers(text: str, named: re.Pattern[str]) -> bool:
    pairs = [item.partition("=") for item in _listed(text)]
    names = [name.strip() for name, _, _ in pairs]
    right = all(named.fullmatch(name.strip()) and _is_server(address.strip()) for name, _, address in pairs)
    return right and len(set(names)) == len(names)


def _is_source(text: str) -> bool:
    try:
        return text == "default" or bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 0 < int(text) < 65536


def _is_server(text: str) -> bool:
    host, _, port = text.rpartition(":")
    try:
        ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return _is_port(port)

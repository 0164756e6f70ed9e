"""Ask who registered a domain: by RDAP (RFC 9083), found by IANA's list (RFC 9224), and by WHOIS (RFC 3912)."""

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.conf import settings

from cleannet.core import space
from cleannet.core.indicator import host_of
from cleannet.hub.disposal import outside
from cleannet.hub.disposal.outside import Unanswered
from cleannet.probe.answer import Server, server

RDAP_JSON, JSON = "application/rdap+json", "application/json"
MOST_WHOIS = 1 << 16
# How long the list of registries is gone by.
LISTED_FOR = 24 * 3600.0
LONGEST_NAME = 300
_NUMBER = re.compile(r"[0-9]{1,10}")
_NOT_REGISTERED = re.compile(
    r"^\W*(no match|not found|no matching record|no entries found|no data found|no object found|"
    r"the queried object does not exist|domain not found)",
    re.IGNORECASE | re.MULTILINE,
)
_listed: dict[str, tuple[float, Mapping[str, str]]] = {}


@dataclass(frozen=True, slots=True)
class Registered:
    """Hold who registered a domain: the registrar's IANA number and name, "" where the registry names none."""

    registrar_id: str
    registrar: str
    evidence: Mapping[str, str] = field(default_factory=dict)


class Register(Protocol):
    """Know of some domains who registered them."""

    name: str

    def serves(self, domain: str) -> bool:
        """Say whether it can be asked about a domain; raise Unanswered where even that cannot be told."""
        ...

    def look(self, domain: str) -> Registered | None:
        """Return who registered a domain, None where nobody did; raise Unanswered."""
        ...


class Rdap:
    """Ask the registry that IANA's list at `bootstrap` names; at private addresses only where that list is at one."""

    name = "rdap"

    def __init__(self, bootstrap: str, seconds: float) -> None:
        self._bootstrap, self._seconds = bootstrap, seconds

    def serves(self, domain: str) -> bool:
        return self._base(domain) != ""

    def look(self, domain: str) -> Registered | None:
        said = self._fetch(f"{self._base(domain).rstrip('/')}/domain/{domain}", RDAP_JSON)
        if said.status == 404:
            return None
        if said.status != 200:
            raise Unanswered(f"{said.url} answers with the status {said.status}")
        found = _json(said)
        name = found.get("ldhName")
        if not _is(name, domain):
            raise Unanswered(f"{said.url} answers about another domain: “{str(name)[:100]}”")
        number, registrar = _registrar(found)
        return Registered(number, registrar, {"server": said.url, "domain": domain})

    def _base(self, domain: str) -> str:
        at, registries = _listed.get(self._bootstrap, (0.0, {}))
        if not at or time.monotonic() - at > LISTED_FOR:
            registries = _registries(self._fetch(self._bootstrap, JSON))
            _listed[self._bootstrap] = time.monotonic(), registries
        return next((registries[suffix] for suffix in space.above(domain) if suffix in registries), "")

    def _fetch(self, url: str, accept: str) -> outside.Said:
        # The owner's own word is believed: a list at a private address may name registries at such.
        only_public = url != self._bootstrap and outside.is_public(urlsplit(self._bootstrap).hostname or "")
        return outside.fetch(url, accept=accept, seconds=self._seconds, only_public=only_public)


class Whois:
    """Ask the WHOIS servers that the hub's owner names, by suffix."""

    name = "whois"

    def __init__(self, servers: Mapping[str, Server], seconds: float) -> None:
        self._servers, self._seconds = servers, seconds

    def serves(self, domain: str) -> bool:
        return any(suffix in self._servers for suffix in space.above(domain))

    def look(self, domain: str) -> Registered | None:
        server = next(self._servers[suffix] for suffix in space.above(domain) if suffix in self._servers)
        line = f"{domain}\r\n".encode("ascii")
        heard = outside.converse(server.address, server.port, line, seconds=self._seconds, most=MOST_WHOIS)
        text = heard.decode("utf-8", "replace")
        said: dict[str, str] = {}
        for name, colon, value in (one.partition(":") for one in text.splitlines()):
            if colon and value.strip():
                said.setdefault(name.strip().casefold(), value.strip()[:LONGEST_NAME])
        name = said.get("domain name") or said.get("domain") or ""
        if not name:
            if _NOT_REGISTERED.search(text):
                return None
            raise Unanswered(f"{server.name} says nothing that can be read as a registration")
        if not _is(name, domain):
            raise Unanswered(f"{server.name} answers about another domain: “{name[:100]}”")
        registrar = outside.printable(said.get("registrar") or said.get("sponsoring registrar") or "")
        number = said.get("registrar iana id", "")
        evidence = {"server": f"{server.address}:{server.port}", "domain": domain}
        return Registered(number if _NUMBER.fullmatch(number) else "", registrar, evidence)


def _is(name: object, domain: str) -> bool:
    """Say whether a name that a stranger wrote, in whatever way, is a domain."""
    written = name if isinstance(name, str) and len(name) <= LONGEST_NAME else ""
    try:
        return written.isprintable() and host_of(written) == domain
    except UnicodeError:
        return False


def registers() -> list[Register]:
    """Return whom this hub may ask, the better one first; none unless the settings name them."""
    seconds = float(settings.CLEANNET_REGISTRY_SECONDS)
    found: list[Register] = []
    if settings.CLEANNET_RDAP:
        found.append(Rdap(settings.CLEANNET_RDAP, seconds))
    if settings.CLEANNET_WHOIS:
        servers = (item.partition("=") for item in settings.CLEANNET_WHOIS.split(",") if item.strip())
        found.append(Whois({name.strip(): server(name.strip(), where.strip()) for name, _, where in servers}, seconds))
    return found


def _json(said: outside.Said) -> dict[str, Any]:
    try:
        found = json.loads(said.body)
    except (ValueError, RecursionError) as error:
        raise Unanswered(f"{said.url} answers with something that is not JSON") from error
    if not isinstance(found, dict):
        raise Unanswered(f"{said.url} answers with JSON that is no object")
    return found


def _registries(said: outside.Said) -> Mapping[str, str]:
    """Return the registries' addresses by suffix, https before http, as the list of RFC 9224 says."""
    if said.status != 200:
        raise Unanswered(f"{said.url} answers with the status {said.status}")
    found: dict[str, str] = {}
    try:
        for suffixes, urls in _json(said)["services"]:
            chosen = next((url for url in sorted(map(str, urls), reverse=True) if url.startswith("http")), "")
            found.update((host_of(str(suffix)), chosen) for suffix in suffixes if chosen)
    except (KeyError, TypeError, ValueError) as error:
        raise Unanswered(f"{said.url} is no list of registries (RFC 9224)") from error
    return found


def _registrar(found: Mapping[str, Any]) -> tuple[str, str]:
    """Return number and name of the registrar that an answer names, "" for what it does not."""
    for entity in _objects(found.get("entities")):
        roles = entity.get("roles")
        if isinstance(roles, list) and "registrar" in roles:
            numbers = [
                str(one.get("identifier"))
                for one in _objects(entity.get("publicIds"))
                if "iana" in str(one.get("type")).casefold()
            ]
            number = next((one for one in numbers if _NUMBER.fullmatch(one)), "")
            return number, _full_name(entity.get("vcardArray"))[:LONGEST_NAME]
    return "", ""


def _full_name(card: object) -> str:
    """Return the name (fn) on a jCard (RFC 7095), "" where there is none."""
    properties = card[1] if isinstance(card, list) and len(card) > 1 else None
    for one in properties if isinstance(properties, Sequence) else ():
        if isinstance(one, list) and len(one) > 3 and one[0] == "fn" and isinstance(one[3], str):
            return outside.printable(one[3])
    return ""


def _objects(found: object) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

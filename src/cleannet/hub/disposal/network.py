"""Which DNS servers this hub sends rules to and looks from, as the settings name them."""

from collections.abc import Iterator

from django.conf import settings

from cleannet.hub.disposal import resolution
from cleannet.hub.disposal.resolution import Answer, Primary, Server


def primary() -> Primary | None:
    """Return the primary the rules go to, None where none is set."""
    if not settings.CLEANNET_DNS_PRIMARY:
        return None
    return Primary(
        server("primary", settings.CLEANNET_DNS_PRIMARY),
        settings.CLEANNET_DNS_ZONE,
        settings.CLEANNET_DNS_KEY_NAME,
        settings.CLEANNET_DNS_KEY,
    )


def resolvers() -> list[Server]:
    """Return the resolvers asked when looking, by name; raise ValueError for a setting that names none."""
    found = []
    for item in settings.CLEANNET_DNS_RESOLVERS.split(","):
        if item.strip():
            name, _, address = item.strip().partition("=")
            found.append(server(name.strip(), address.strip()))
    return found


def look(host: str, *, timeout: float) -> Iterator[Answer]:
    """Look for a host from every vantage: each resolver, then the primary's own zone.

    Without a resolver there is no vantage: a rule alone proves no effect.
    """
    named = resolvers()
    for one in named:
        yield resolution.look(one, host, timeout=timeout)
    where = primary()
    if named and where is not None:
        yield resolution.rule_stands(where, host, timeout=timeout)


def server(name: str, address: str) -> Server:
    """Return the server written as address:port; raise ValueError when it is not written so."""
    host, _, port = address.rpartition(":")
    if not name or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"“{name}={address}” is no server; write name=address:port")
    return Server(name, host.strip("[]"), int(port))

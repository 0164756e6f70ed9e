"""Which DNS servers this hub sends rules to and looks from, as the settings name them, and whose orders each judges."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from django.conf import settings

from cleannet.hub.disposal import authority, resolution
from cleannet.hub.disposal.resolution import AUTHORITY, RESOLVER, UNKNOWN, Answer, Primary, Server

# The longest look from all vantages, as a multiple of the time one server is waited for.
LONGEST = authority.PATIENCE + 2


@dataclass(frozen=True, slots=True)
class Seen:
    """Hold what was seen from one vantage, and whether it decides about the order or only goes with it."""

    answer: Answer
    decides: bool


def primary() -> Primary | None:
    """Return the primary the rules go to, None where none is set."""
    if not settings.CLEANNET_DNS_PRIMARY:
        return None
    return Primary(
        server("primary", settings.CLEANNET_DNS_PRIMARY),
        settings.CLEANNET_DNS_ZONE,
        settings.CLEANNET_DNS_KEY_NAME,
        settings.CLEANNET_DNS_KEY,
        settings.CLEANNET_DNS_BULK_ZONE,
    )


def resolvers(party: str) -> list[Server]:
    """Return the resolvers that judge an operator's orders: its own, or where it has none, those of everybody.

    Raises ValueError for a setting that names none.
    """
    found = _servers(settings.CLEANNET_DNS_RESOLVERS)
    return [one for one in found if one.party == party] or [one for one in found if not one.party]


def roots() -> list[Server]:
    """Return where a look at the authoritative side begins; raise ValueError for a setting that names none."""
    return _servers(settings.CLEANNET_DNS_ROOTS)


def owners() -> frozenset[str]:
    """Return the codes of the parties whose resolvers the settings name."""
    return frozenset(one.party for one in _servers(settings.CLEANNET_DNS_RESOLVERS) if one.party)


def sees(party: str, role: str) -> bool:
    """Say whether there is a vantage that decides about the orders of a party."""
    return bool(resolvers(party) if role == "operator" else roots())


def look(party: str, role: str, host: str, *, timeout: float) -> list[Seen]:
    """Look for a host from every vantage that is set for an order of a party, all at once.

    An operator blocks: its own resolvers and the rule in the primary's zone decide, and the authoritative side only
    goes with them. Whoever else acts on the domain itself: its authoritative side decides. Where what would decide is
    not set, that is seen as unknown and said. Without a resolver a rule alone proves no effect.
    """
    asked = _vantages(party, role, timeout)
    with ThreadPoolExecutor(max_workers=len(asked)) as pool:
        return list(pool.map(lambda one: Seen(one[1](host), one[0]), asked))


def _vantages(party: str, role: str, timeout: float) -> list[tuple[bool, Callable[[str], Answer]]]:
    from_roots = partial(authority.look, roots(), timeout=timeout)
    if role != "operator":
        return [(True, from_roots if roots() else partial(_not_set, AUTHORITY, "CLEANNET_DNS_ROOTS"))]
    found: list[tuple[bool, Callable[[str], Answer]]]
    found = [(True, partial(resolution.look, one, timeout=timeout)) for one in resolvers(party)]
    where = primary()
    if found and where is not None:
        found.append((True, partial(resolution.rule_stands, where, timeout=timeout)))
    found = found or [(True, partial(_not_set, RESOLVER, "CLEANNET_DNS_RESOLVERS"))]
    return [*found, (False, from_roots)] if roots() else found


def _not_set(kind: str, variable: str, _host: str) -> Answer:
    return Answer(kind, "", UNKNOWN, {"answers": [], "not_set": variable})


def server(name: str, address: str) -> Server:
    """Return the server written as address:port, with the party before a slash in its name, if any.

    Raises ValueError when it is not written so.
    """
    party, slash, own = name.rpartition("/")
    host, _, port = address.rpartition(":")
    if not own or (slash and not party) or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"“{name}={address}” is no server; write name=address:port")
    return Server(own, host.strip("[]"), int(port), party)


def _servers(text: str) -> list[Server]:
    pairs = [item.partition("=") for item in text.split(",") if item.strip()]
    return [server(name.strip(), address.strip()) for name, _, address in pairs]

"""Order names, addresses and networks so that whatever lies at or below one of them lies in one range of keys."""

import ipaddress
from collections.abc import Iterable

from cleannet.core.indicator import Network, parents, registry_suffixes


def network(host: str) -> Network | None:
    """Return a host that is an address or a network as a network, None for a name."""
    if not (host[-1:].isdecimal() or ":" in host):
        return None
    try:
        return ipaddress.ip_network(host, strict=False)
    except ValueError:
        return None


def text(found: Network) -> str:
    """Return a network in canonical form; one of a single address as that address."""
    return str(found.network_address if found.prefixlen == found.max_prefixlen else found)


def key(host: str) -> bytes:
    """Return where a host stands: names by their labels from the right, networks by first address and length."""
    found = network(host)
    if found is None:
        return b"n" + ".".join(reversed(host.split("."))).encode() + b"."
    return b"%d" % found.version + found.network_address.packed + bytes([found.prefixlen])


def below(host: str) -> tuple[bytes, bytes]:
    """Return the keys of a host and all below it as a range, the end exclusive."""
    found, first = network(host), key(host)
    if found is None:
        return first, first[:-1] + b"/"
    return first, b"%d" % found.version + found.broadcast_address.packed + b"\xff"


def above(host: str) -> list[str]:
    """Return a host and whatever holds it, nearest first: the names above a name, the networks around a network."""
    found = network(host)
    if found is None:
        return [host, *parents(host)]
    return [text(found.supernet(new_prefix=length)) for length in range(found.prefixlen, -1, -1)]


def holds(listed: Iterable[str], host: str) -> bool:
    """Say whether names (with all below them) or networks, as people write them, hold a host."""
    known = {text(found) if (found := network(one)) is not None else one.lower().rstrip(".") for one in listed}
    return any(one in known for one in above(host))


def registered_name(host: str) -> str:
    """Return the part of a name that is registered (`example.com.cn`), "" for what is none."""
    return "" if network(host) is not None else registry_suffixes().privatesuffix(host) or ""

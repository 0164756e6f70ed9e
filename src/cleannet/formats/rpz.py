"""Response policy zones: which records block a name, and a whole zone as text for daemons that read files.

A rule answers NXDOMAIN for the name and for all below it (`CNAME .` at the name and at `*.name`), as every resolver
with RPZ understands it (draft-vixie-dnsop-dns-rpz).
"""

import re
from collections.abc import Iterable

import dns.exception
import dns.name

MOST_OCTETS = 255
TTL = 60
# Such names need no escaping; nearly all are such, and a million of them are written in seconds.
_PLAIN = re.compile(r"(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}")
_AROUND = len("*.") + len(".")


class CannotBlock(ValueError):
    """Say why a name cannot be written into the zone."""


def owners(host: str, zone: str) -> tuple[str, str]:
    """Return the two owner names (absolute text, escaped) whose records block `host` and all below it in `zone`.

    `host` is in A-label form without a trailing dot. Raises CannotBlock when it does not fit into the zone.
    """
    fits = len(host) + len(zone) + _AROUND < MOST_OCTETS
    if fits and zone.endswith(".") and _PLAIN.fullmatch(zone[:-1]) and _PLAIN.fullmatch(host):
        return f"{host}.{zone}", f"*.{host}.{zone}"
    try:
        origin = dns.name.from_text(zone)
        name = dns.name.from_text(host, origin=None)
        rule = name.concatenate(origin)
        below = dns.name.Name((b"*",)).concatenate(rule)
    except dns.exception.DNSException as error:
        raise CannotBlock(
            f"“{host}” cannot be written into the zone {zone}: {error or type(error).__name__}. A name there has at "
            f"most {MOST_OCTETS} octets, the zone's own included; block it at the registry instead."
        ) from error
    return rule.to_text(), below.to_text()


def fits(host: str, *zones: str) -> bool:
    """Say whether the rules that block a name can be written into each of the zones."""
    try:
        return all(bool(owners(host, zone)) for zone in zones)
    except CannotBlock:
        return False


def write(hosts: Iterable[str], zone: str, serial: int) -> str:
    """Return the whole zone as text, sorted and without duplicates, so that the same orders give the same bytes."""
    origin = dns.name.from_text(zone).to_text()
    lines = [
        f"$ORIGIN {origin}",
        f"$TTL {TTL}",
        f"@ IN SOA localhost. hostmaster.localhost. {serial} 300 60 604800 {TTL}",
        "@ IN NS localhost.",
    ]
    for host in sorted(set(hosts)):
        lines += [f"{owner} IN CNAME ." for owner in owners(host, zone)]
    return "\n".join(lines) + "\n"

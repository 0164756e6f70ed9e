"""Addresses and networks: read one as people write it, and say which are nobody's to name or to ask."""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_UNFIT = tuple(
    (ipaddress.ip_network(text), sentence)
    for text, sentence in (
        ("0.0.0.0/8", "it is not the address of a host"),
        ("10.0.0.0/8", "it is a private address (RFC 1918)"),
        ("100.64.0.0/10", "it is shared by carriers inside their own networks (RFC 6598)"),
        ("127.0.0.0/8", "it is the host itself (RFC 1122)"),
        ("169.254.0.0/16", "it is a link-local address (RFC 3927)"),
        ("172.16.0.0/12", "it is a private address (RFC 1918)"),
        ("192.168.0.0/16", "it is a private address (RFC 1918)"),
        ("168.63.129.16/32", "it is the host of a cloud to its own machines"),
        ("192.88.99.0/24", "it is the old way to 6to4 (RFC 7526)"),
        ("224.0.0.0/4", "it is a multicast address (RFC 5771)"),
        ("240.0.0.0/4", "it is reserved (RFC 1112)"),
        ("::/127", "it is not the address of another host (RFC 4291)"),
        ("::ffff:0:0/96", "it is a way to write IPv4 addresses; write those (RFC 4291)"),
        ("fc00::/7", "it is a private address (RFC 4193)"),
        ("fe80::/10", "it is a link-local address (RFC 4291)"),
        ("fec0::/10", "it is a site-local address (RFC 3879)"),
        ("3fff::/20", "it is for documentation (RFC 9637)"),
        ("5f00::/16", "it is for segment routing inside networks (RFC 9602)"),
        ("ff00::/8", "it is a multicast address (RFC 4291)"),
    )
)
# Metadata of some clouds lives here (192.0.0.192), and not every Python calls all of it special.
_SPECIAL = ipaddress.ip_network("192.0.0.0/24")
# Networks that carry an IPv4 address inside, which may be any: mapped, 6to4, NAT64, Teredo.
_CARRIERS = tuple(map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0/96", "2002::/16", "64:ff9b::/32", "2001::/32")))


# The interface identifiers of ISATAP (RFC 5214), an IPv4 address behind them.
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


def address_or_none(text: str) -> Address | None:
    """Return the address a text writes, of a mapped one the IPv4 address; None for a scoped one and all else."""
    if ":" not in text and not text[-1:].isdecimal():
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if address.version == 6:
        if address.scope_id is not None:
            return None
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
    return address


def unfit(place: Address | Network) -> str:
    """Return why no host of others lives at an address or within a network; "" where one may."""
    network = ipaddress.ip_network(place)
    return next((why for known, why in _UNFIT if known.version == network.version and known.overlaps(network)), "")


def unasked(address: Address) -> str:
    """Return why an address is not to be connected to, though a name may point there; "" where it is a public one."""
    if sentence := unfit(address):
        return sentence
    if address.version == 6:
        carries = any(address in network for network in _CARRIERS) or int(address) >> 32 & 0xFFFFFFFF in _ISATAP
        if carries:
            return "it carries an IPv4 address inside, which may be any (RFC 6052, RFC 3056, RFC 5214)"
    return "" if address.is_global and address not in _SPECIAL else "it is set aside for special use (RFC 6890)"


def is_public_address(text: str) -> bool:
    """Say whether a text is an address that may be connected to, though whoever wrote it is a stranger."""
    address = address_or_none(text)
    return address is not None and not unasked(address)

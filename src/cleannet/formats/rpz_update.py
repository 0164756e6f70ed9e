"""Dynamic updates (RFC 2136) of a response policy zone as bytes: many rules in one message, with TSIG (RFC 8945).

A general library spends ten times as long on each record; a hundred thousand rules go out in one delivery.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.renderer
import dns.tsig

from cleannet.formats.rpz import TTL

# What the records of a message do: (section, class, time to live, data).
ADD = (2, dns.rdataclass.IN, TTL, b"\0")
REMOVE = (2, dns.rdataclass.ANY, 0, b"")
DEMAND = (1, dns.rdataclass.ANY, 0, b"")
Doing = tuple[int, int, int, bytes]
MOST_NAMES, MOST_OCTETS, MOST_WIRE = 1000, 60_000, 65_535
_HEADER = 12
_UPDATE = 5 << 11
_POINTER = 0xC000
_FUDGE = 300
# Of hmac-sha256.
_MAC, _AFTER_MAC = 32, 6
# A record beside its name: two pointers or ends, type, class, time to live, length and data.
_RECORD = 14
_SIGNATURE = 400


@dataclass(frozen=True, slots=True)
class Signed:
    """Hold a signed message and its signature, with which the answer is checked."""

    wire: bytes
    mac: bytes


def parts(hosts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield names in portions that each fit into one message over TCP."""
    begin = octets = 0
    for end, host in enumerate(hosts):
        more = 2 * (len(host) + 2 + _RECORD)
        if end > begin and (end - begin == MOST_NAMES or octets + more > MOST_OCTETS - _SIGNATURE):
            yield hosts[begin:end]
            begin, octets = end, 0
        octets += more
    if begin < len(hosts):
        yield hosts[begin:]


def write(zone: str, hosts: Sequence[str], does: Doing, identity: int) -> bytes:
    """Return the unsigned message that adds, removes or demands the two rules of each name in a zone.

    Each name fits into the zone, see `rpz.fits`; all of them into one message, see `parts`.
    """
    section, rdclass, ttl, data = does
    counts = [1, 0, 0, 0]
    counts[section] = 2 * len(hosts)
    name = dns.name.from_text(zone).to_wire()
    ending = struct.pack("!HHIH", dns.rdatatype.CNAME, rdclass, ttl, len(data)) + data
    out = bytearray(struct.pack("!HH4H", identity, _UPDATE, *counts))
    out += (name or b"\0") + struct.pack("!HH", dns.rdatatype.SOA, dns.rdataclass.IN)
    to_zone = struct.pack("!H", _POINTER | _HEADER)
    for host in hosts:
        labels = _labels(host)
        here = len(out)
        out += labels + to_zone + ending
        # A pointer reaches the first 16 KB only.
        out += b"\1*" + (struct.pack("!H", _POINTER | here) if here < _POINTER ^ 0xFFFF else labels + to_zone) + ending
    return bytes(out)


def sign(message: bytes, key: dns.tsig.Key) -> Signed:
    """Return a message signed as it goes out now."""
    identity, flags = struct.unpack("!HH", message[:4])
    signing: Any = dns.renderer.Renderer(identity, flags, MOST_WIRE)  # type: ignore[no-untyped-call]  # not typed
    signing.output.seek(0)
    signing.output.write(message)
    signing.counts = list(struct.unpack("!4H", message[4:_HEADER]))
    signing.add_tsig(key.name, key, _FUDGE, identity, 0, b"", b"", key.algorithm)
    wire: bytes = signing.get_wire()
    # The code stands before the original identity, the error and the length of other data (RFC 8945, 4.2).
    return Signed(wire, wire[-_MAC - _AFTER_MAC : -_AFTER_MAC])


def _labels(host: str) -> bytes:
    """Return a name's labels without an end; only the rare one with an escape asks for more than splitting."""
    if "\\" in host or not host.isascii():
        wire = dns.name.from_text(host).to_wire() or b""
        return wire[:-1]
    return b"".join(bytes((len(label),)) + label.encode() for label in host.split("."))

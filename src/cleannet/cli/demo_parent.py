"""The authoritative side of every name of the demonstration: one small server above them all, on loopback.

It answers each name with an address until the registrar takes the name away: then NXDOMAIN for it and all below.
"""

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from cleannet.cli.demo_bind import ANSWER, free_port
from cleannet.cli.demo_loopback import TTL, Listening


class Parent:
    """Answer from now on until `stop`; `address` is where."""

    def __init__(self) -> None:
        self._taken_away: set[dns.name.Name] = set()
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        self._running = Listening(port, self._answer)

    def take_away(self, name: str) -> None:
        """Answer a name and all below it with NXDOMAIN from now on, as the zone above does that delegates no longer."""
        self._taken_away.add(dns.name.from_text(name))

    def stop(self) -> None:
        """End the server."""
        self._running.stop()

    def _answer(self, wire: bytes) -> bytes | None:
        try:
            query = dns.message.from_wire(wire)
        except (dns.exception.DNSException, ValueError):
            return None
        if query.flags & dns.flags.QR or query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
            return None
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA
        name, rdtype = query.question[0].name, query.question[0].rdtype
        if any(name.is_subdomain(gone) for gone in set(self._taken_away)):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif rdtype == dns.rdatatype.A:
            answer.answer.append(dns.rrset.from_text(name, TTL, dns.rdataclass.IN, rdtype, ANSWER))
        return answer.to_wire()

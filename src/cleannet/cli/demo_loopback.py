"""Two operators' resolvers for the demonstration where BIND is not installed: small DNS servers on loopback.

The first takes dynamic updates (RFC 2136) signed with the TSIG key (RFC 8945) and refuses all others. Both serve the
response policy zone and answer every other name with one address, unless the zone blocks it and they heed the zone:
then NXDOMAIN. What they do is a small part of what BIND does; only the demonstration and its tests should rely on it.
"""

import secrets
import socketserver
import struct
import threading
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsig
import dns.tsigkeyring
import dns.update

from cleannet.cli.demo_bind import ANSWER, KEY_NAME, free_port

TTL = 5
_SOA, _NS = "localhost. hostmaster.localhost. {serial} 300 60 604800 5", "localhost."
_HEADER = 12
_ALGORITHM = dns.name.from_text("hmac-sha256")
Answerer = Callable[[bytes], bytes | None]


class _Zone:
    """Hold the rules of the policy zone; every change raises the serial."""

    def __init__(self, origin: str) -> None:
        self.origin = dns.name.from_text(origin)
        self._rules: dict[dns.name.Name, dns.rrset.RRset] = {}
        self._serial = 1
        self._lock = threading.Lock()

    def update(self, changes: Iterable[dns.rrset.RRset]) -> dns.rcode.Rcode:
        """Carry out all changes or none (RFC 2136, 3.4); only CNAME rules below the origin may change."""
        wanted = list(changes)
        for change in wanted:
            if not change.name.is_subdomain(self.origin):
                return dns.rcode.NOTZONE
            if change.rdtype not in (dns.rdatatype.CNAME, dns.rdatatype.ANY) or change.name == self.origin:
                return dns.rcode.REFUSED
        with self._lock:
            for change in wanted:
                if change.deleting:
                    self._rules.pop(change.name, None)
                else:
                    self._rules[change.name] = change
            self._serial += 1
        return dns.rcode.NOERROR

    def find(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> dns.rrset.RRset | None:
        """Return what stands at exactly this name."""
        if name == self.origin:
            text = {dns.rdatatype.SOA: _SOA.format(serial=self._serial), dns.rdatatype.NS: _NS}.get(rdtype)
            return dns.rrset.from_text(name, TTL, dns.rdataclass.IN, rdtype, text) if text else None
        return self._rules.get(name) if rdtype == dns.rdatatype.CNAME else None

    def knows(self, name: dns.name.Name) -> bool:
        return name == self.origin or name in self._rules

    def blocks(self, name: dns.name.Name) -> bool:
        """Say whether a rule stands for a name, or one for everything below a name above it."""
        relative = name.relativize(dns.name.root)
        if relative.concatenate(self.origin) in self._rules:
            return True
        star = dns.name.Name((b"*",))
        above = (dns.name.Name(relative.labels[at:]) for at in range(1, len(relative.labels)))
        return any(star.concatenate(parent).concatenate(self.origin) in self._rules for parent in above)


class Listening:
    """Answer on one port, by UDP and TCP, in threads."""

    def __init__(self, port: int, answer: Answerer) -> None:
        self._listeners: list[socketserver.BaseServer] = [
            _Datagrams(("127.0.0.1", port), _listening(_Datagram, answer)),
            _Streams(("127.0.0.1", port), _listening(_Stream, answer)),
        ]
        self._threads = [
            threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True) for listener in self._listeners
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Answer no longer."""
        for listener in self._listeners:
            listener.shutdown()
            listener.server_close()
        for thread in self._threads:
            thread.join()


@dataclass
class LoopbackNetwork:
    """Run both servers until `stop`; `zone` is the response policy zone."""

    zone: str
    secret: str = field(default_factory=lambda: b64encode(secrets.token_bytes(32)).decode())
    ports: tuple[int, int] = field(default_factory=lambda: (free_port(), free_port()))
    description: str = "small DNS servers of the demonstration itself on loopback"

    def __post_init__(self) -> None:
        self._zone = _Zone(self.zone)
        self._ring = dns.tsigkeyring.from_text({KEY_NAME: ("hmac-sha256", self.secret)})
        self._heeds = [True, True]
        self._running: list[Listening] = []

    @property
    def primary(self) -> str:
        return f"127.0.0.1:{self.ports[0]}"

    @property
    def resolvers(self) -> tuple[str, str]:
        return (f"127.0.0.1:{self.ports[0]}", f"127.0.0.1:{self.ports[1]}")

    def start(self, *, second_heeds: bool = True) -> None:
        """Start both servers; they answer as soon as this returns."""
        self._heeds = [True, second_heeds]
        self._running = [Listening(port, self._answerer(which)) for which, port in enumerate(self.ports)]

    def heed(self) -> None:
        """Let the second resolver heed the zone from now on."""
        self._heeds[1] = True

    def settle(self) -> None:
        """Do nothing: both servers read the same zone."""

    def stop(self) -> None:
        """End both servers."""
        for server in self._running:
            server.stop()
        self._running = []

    def _answerer(self, which: int) -> Answerer:
        def answer(wire: bytes) -> bytes | None:
            return self._answer(wire, which)

        return answer

    def _answer(self, wire: bytes, which: int) -> bytes | None:
        try:
            query = dns.message.from_wire(wire, keyring=self._ring)
        except dns.message.UnknownTSIGKey:
            return _not_believed(wire, dns.rcode.BADKEY)
        except dns.tsig.BadTime:
            return _not_believed(wire, dns.rcode.BADTIME)
        except (dns.tsig.BadSignature, dns.tsig.BadKey, dns.tsig.BadAlgorithm):
            return _not_believed(wire, dns.rcode.BADSIG)
        except (dns.exception.DNSException, ValueError):
            return _bare(wire, dns.rcode.FORMERR)
        if query.flags & dns.flags.QR:
            return None
        answer = dns.message.make_response(query, recursion_available=True)
        if isinstance(query, dns.update.UpdateMessage):
            answer.set_rcode(self._update(query, which))
        elif query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
            answer.set_rcode(dns.rcode.NOTIMP)
        else:
            self._look_up(query.question[0], answer, which)
        return answer.to_wire()

    def _update(self, message: dns.update.UpdateMessage, which: int) -> dns.rcode.Rcode:
        if which != 0 or [zone.name for zone in message.zone] != [self._zone.origin]:
            return dns.rcode.NOTAUTH
        if not message.had_tsig:
            return dns.rcode.REFUSED
        if message.prerequisite:
            return dns.rcode.NOTIMP
        return self._zone.update(message.update)

    def _look_up(self, question: dns.rrset.RRset, answer: dns.message.Message, which: int) -> None:
        name, rdtype = question.name, question.rdtype
        if name.is_subdomain(self._zone.origin):
            answer.flags |= dns.flags.AA
            found = self._zone.find(name, rdtype)
            if found is not None:
                answer.answer.append(found)
            elif not self._zone.knows(name):
                answer.set_rcode(dns.rcode.NXDOMAIN)
        elif self._heeds[which] and self._zone.blocks(name):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif rdtype == dns.rdatatype.A:
            answer.answer.append(dns.rrset.from_text(name, TTL, dns.rdataclass.IN, rdtype, ANSWER))


class _Datagrams(socketserver.ThreadingUDPServer):
    daemon_threads = True


class _Streams(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class _Datagram(socketserver.BaseRequestHandler):
    answer: Answerer

    def handle(self) -> None:
        wire, socket = self.request
        if (answer := type(self).answer(wire)) is not None:
            socket.sendto(answer, self.client_address)


class _Stream(socketserver.StreamRequestHandler):
    answer: Answerer
    timeout = 5

    def handle(self) -> None:
        while len(length := self.rfile.read(2)) == 2:
            if (answer := type(self).answer(self.rfile.read(*struct.unpack("!H", length)))) is None:
                return
            self.wfile.write(struct.pack("!H", len(answer)) + answer)


def _listening(kind: type[Any], answer: Answerer) -> type[Any]:
    return type(kind.__name__, (kind,), {"answer": staticmethod(answer)})


def _not_believed(wire: bytes, error: dns.rcode.Rcode) -> bytes:
    """Return the answer to a message whose signature does not hold: its TSIG says why and is itself unsigned (5.2)."""
    answer = dns.message.make_response(dns.message.from_wire(wire, keyring=False))
    answer.set_rcode(dns.rcode.NOTAUTH)
    text = answer.to_wire()
    said = _ALGORITHM.to_digestable() + struct.pack("!HIHHHHH", 0, 0, 300, 0, answer.id, error, 0)
    record = (
        dns.name.from_text(KEY_NAME).to_digestable()
        + struct.pack("!HHIH", dns.rdatatype.TSIG, dns.rdataclass.ANY, 0, len(said))
        + said
    )
    return text[:10] + struct.pack("!H", 1) + text[_HEADER:] + record


def _bare(wire: bytes, code: dns.rcode.Rcode) -> bytes | None:
    """Return an answer to a message that cannot be read further than its header, none where even that is missing."""
    if len(wire) < _HEADER:
        return None
    identity, flags = struct.unpack("!HH", wire[:4])
    return struct.pack("!HHHHHH", identity, dns.flags.QR | (flags & 0x7800) | code, 0, 0, 0, 0)

"""Look at a name from its authoritative side: follow the delegations from configured roots (RFC 1034, 5.3.3).

No resolver stands between: neither a cache nor a blocking rule changes what is seen.
"""

import ipaddress
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype

from cleannet.probe.answer import AUTHORITY, GONE, STILL_THERE, UNKNOWN, Answer, Server

MOST_QUESTIONS = 60
MOST_SERVERS = 8
MOST_NESTED = 3
MOST_SAID = 500
# Times the time-out, after which no further question is asked.
PATIENCE = 4
_NODATA = "NODATA"


class _SpentError(Exception):
    """Say that no further question is asked."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """Hold what one server said of a name; a referral names the zone below and its servers with their glue."""

    verdict: str
    said: str
    addresses: tuple[str, ...] = ()
    zone: dns.name.Name | None = None
    servers: Mapping[dns.name.Name, tuple[str, ...]] = field(default_factory=dict)


def look(roots: Sequence[Server], host: str, *, timeout: float) -> Answer:
    """Ask every authoritative server of a name, found by following referrals from `roots`.

    Still there means that one of them answers with an address or an alias; gone, that every one that answered says
    NXDOMAIN or knows no address, or that the zone above delegates no longer; else it is unknown. Servers are asked on
    the port of the roots, and on private addresses only where the roots have such. The evidence keeps who said what.
    """
    name = dns.name.from_text(host)
    walk = _Walk(roots, timeout)
    try:
        zone, heard = walk.down(name)
    except _SpentError as spent:
        zone = walk.zone
        heard = [one for asked, one in walk.heard if asked == name and one.verdict == STILL_THERE]
        walk.note("", name, str(spent))
    said = {one.verdict for one in heard}
    verdict = next((verdict for verdict in (STILL_THERE, GONE) if verdict in said), UNKNOWN)
    return Answer(AUTHORITY, zone.to_text(), verdict, {"zone": zone.to_text(), "answers": walk.answers})


class _Walk:
    """Walk down from the roots, writing down every answer; raise _SpentError when questions or time are used up."""

    def __init__(self, roots: Sequence[Server], timeout: float) -> None:
        self._roots, self._timeout = roots, timeout
        self._left = MOST_QUESTIONS
        self._until = time.monotonic() + PATIENCE * timeout
        self._only_public = all(_is_public(root.address) for root in roots)
        self.zone = dns.name.root
        self.heard: list[tuple[dns.name.Name, _Heard]] = []
        self.answers: list[dict[str, str]] = []

    def down(self, name: dns.name.Name, nested: int = 0) -> tuple[dns.name.Name, list[_Heard]]:
        """Return the lowest zone that was reached and what each of its servers says of a name."""
        zone, servers = dns.name.root, list(self._roots)
        while True:
            heard: list[_Heard] = []
            for server in servers:
                heard.append(self._ask(server, name, zone))
                if heard[-1].zone is not None:
                    break
            if not heard or heard[-1].zone is None:
                return zone, heard
            zone = heard[-1].zone
            if nested == 0:
                self.zone = zone
            servers = list(self._servers(heard[-1], nested))[:MOST_SERVERS]

    def note(self, server: str, name: dns.name.Name, said: str) -> None:
        self.answers.append({"server": server, "name": name.to_text(), "said": said[:MOST_SAID]})

    def _servers(self, referral: _Heard, nested: int) -> Iterator[Server]:
        for name, glue in sorted(referral.servers.items())[:MOST_SERVERS]:
            addresses: Iterable[str] = glue
            if not glue and nested < MOST_NESTED and referral.zone and not name.is_subdomain(referral.zone):
                addresses = [address for one in self.down(name, nested + 1)[1] for address in one.addresses]
            if not addresses:
                self.note(name.to_text(), name, "no address of this server was found")
            for address in addresses:
                if self._only_public and not _is_public(address):
                    self.note(f"{name} ({address})", name, "not asked: no public address")
                else:
                    yield Server(name.to_text(), address, self._roots[0].port)

    def _ask(self, server: Server, name: dns.name.Name, zone: dns.name.Name) -> _Heard:
        heard = self._question(server, name, zone, dns.rdatatype.A)
        return self._question(server, name, zone, dns.rdatatype.AAAA) if heard.said == _NODATA else heard

    def _question(
        self, server: Server, name: dns.name.Name, zone: dns.name.Name, rdtype: dns.rdatatype.RdataType
    ) -> _Heard:
        if not self._left or time.monotonic() > self._until:
            raise _SpentError("no further question: too many servers, or too slow ones")
        self._left -= 1
        query = dns.message.make_query(name, rdtype)
        query.flags &= ~dns.flags.RD
        try:
            answer, _ = dns.query.udp_with_fallback(query, server.address, timeout=self._timeout, port=server.port)
        except dns.exception.Timeout:
            heard = _Heard(UNKNOWN, "no answer")
        except (OSError, EOFError, dns.exception.DNSException) as error:
            heard = _Heard(UNKNOWN, str(error) or type(error).__name__)
        else:
            heard = _understood(answer, name, zone)
        self.heard.append((name, heard))
        self.note(f"{server.name} ({server.address}:{server.port})", name, heard.said)
        return heard


def _understood(answer: dns.message.Message, name: dns.name.Name, zone: dns.name.Name) -> _Heard:
    code = answer.rcode()
    if code not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return _Heard(UNKNOWN, dns.rcode.to_text(code))
    if answer.flags & dns.flags.AA:
        return _Heard(GONE, "NXDOMAIN") if code == dns.rcode.NXDOMAIN else _found(answer)
    for rrset in answer.authority:
        below = rrset.name != zone and rrset.name.is_subdomain(zone) and name.is_subdomain(rrset.name)
        if code == dns.rcode.NOERROR and rrset.rdtype == dns.rdatatype.NS and below:
            servers = {record.target: _glue(answer, record.target, zone) for record in rrset}
            names = " ".join(sorted(server.to_text() for server in servers)[:MOST_SERVERS])
            return _Heard(UNKNOWN, f"delegates {rrset.name} to {names}", (), rrset.name, servers)
    return _Heard(UNKNOWN, "not authoritative")


def _found(answer: dns.message.Message) -> _Heard:
    addresses, aliases = [], []
    for rrset in answer.answer:
        if rrset.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
            addresses += [str(record.address) for record in rrset]
        elif rrset.rdtype == dns.rdatatype.CNAME:
            aliases += [f"CNAME {record.target}" for record in rrset]
    if addresses or aliases:
        return _Heard(STILL_THERE, " ".join([*aliases, *sorted(addresses)]), tuple(sorted(addresses)))
    return _Heard(GONE, _NODATA)


def _glue(answer: dns.message.Message, server: dns.name.Name, zone: dns.name.Name) -> tuple[str, ...]:
    """Return the addresses the referring zone gives for a server; of names outside it, it does not know them."""
    if not server.is_subdomain(zone):
        return ()
    kinds = (dns.rdatatype.A, dns.rdatatype.AAAA)
    rrsets = [rrset for rrset in answer.additional if rrset.name == server and rrset.rdtype in kinds]
    return tuple(str(record.address) for rrset in rrsets for record in rrset)


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address)
    return found.is_global and not found.is_multicast

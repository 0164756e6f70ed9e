"""Look at a name from its authoritative side: follow the delegations from configured roots (RFC 1034, 5.3.3).

No resolver stands between: neither a cache nor a blocking rule changes what is seen.
"""

import errno
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype

from cleannet.core.addresses import is_public_address
from cleannet.probe.answer import AUTHORITY, GONE, STILL_THERE, UNKNOWN, Answer, Server

MOST_QUESTIONS = 60
# As many names as the roots and the great registries have, and addresses of each.
MOST_SERVERS = 13
MOST_ADDRESSES = 4
MOST_ALIASES = 4
MOST_NESTED = 3
MOST_SAID = 500
# Times the time-out, after which no further question is asked.
PATIENCE = 4
_NODATA = "NODATA"
# This machine has no way to addresses of that family.
_NO_WAY = frozenset({errno.EAFNOSUPPORT, errno.ENETUNREACH, errno.EADDRNOTAVAIL})


class _SpentError(Exception):
    """Say that no further question is asked."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """Hold what one server said of a name; a referral names the zone below and its servers with their glue.

    `reached` is False where this machine has no way to the address.
    """

    verdict: str
    said: str
    addresses: tuple[str, ...] = ()
    alias: dns.name.Name | None = None
    reached: bool = True
    zone: dns.name.Name | None = None
    servers: Mapping[dns.name.Name, tuple[str, ...]] = field(default_factory=dict)


def look(roots: Sequence[Server], host: str, *, timeout: float) -> Answer:
    """Ask every authoritative server of a name, found by following referrals from `roots`.

    Still there means that one of them answers with an address or an alias; gone, that every one that is listed was
    asked and says NXDOMAIN or knows no address, or that all of the zone above say so, which delegates no longer. Else
    it is unknown: a server that fails, is silent, or was left out as one too many may still serve it. Servers are asked
    on the port of the roots, and on private addresses only where the roots have such. The evidence keeps who said what.
    """
    name = dns.name.from_text(host)
    walk = _Walk(roots, timeout, time.monotonic() + PATIENCE * timeout)
    try:
        zone, heard, whole = walk.down(name)
    except _SpentError as spent:
        zone, whole = walk.zone, False
        heard = [one for asked, one in walk.heard if asked == name and one.verdict == STILL_THERE]
        walk.note("", name, str(spent))
    evidence = {"zone": zone.to_text(), "answers": walk.answers}
    return Answer(AUTHORITY, zone.to_text(), _verdict(heard, whole), evidence)


def addresses(roots: Sequence[Server], host: str, *, until: float, timeout: float) -> tuple[str, list[str], str]:
    """Return the verdict on a name, its addresses with aliases followed, and who said so, from its authoritative side.

    Each question waits `timeout` seconds, none is begun after `until` of the monotonic clock.
    """
    walk = _Walk(roots, timeout, until, both=True)
    try:
        name = dns.name.from_text(host)
        for _ in range(MOST_ALIASES + 1):
            zone, heard, whole = walk.down(name)
            found = sorted({address for one in heard for address in one.addresses})
            alias = next((one.alias for one in heard if one.alias is not None), None)
            if found or alias is None:
                said = f"the servers of {zone}: {'; '.join(dict.fromkeys(one.said for one in heard))}"
                return _verdict(heard, whole), found, said[:MOST_SAID]
            name = alias
    except (_SpentError, dns.exception.DNSException, UnicodeError) as error:
        return UNKNOWN, [], str(error) or type(error).__name__
    return UNKNOWN, [], f"{host} is an alias of an alias for ever"


def _verdict(heard: Sequence[_Heard], whole: bool) -> str:
    said = {one.verdict for one in heard}
    return STILL_THERE if STILL_THERE in said else GONE if whole and said == {GONE} else UNKNOWN


class _Walk:
    """Walk down from the roots, writing down every answer; raise _SpentError when questions or time are used up."""

    def __init__(self, roots: Sequence[Server], timeout: float, until: float, *, both: bool = False) -> None:
        self._roots, self._timeout, self._until, self._both = roots, timeout, until, both
        self._left = MOST_QUESTIONS
        self._only_public = all(map(is_public_address, (root.address for root in roots)))
        self.zone = dns.name.root
        self.heard: list[tuple[dns.name.Name, _Heard]] = []
        self.answers: list[dict[str, str]] = []

    def down(self, name: dns.name.Name, nested: int = 0) -> tuple[dns.name.Name, list[_Heard], bool]:
        """Return the lowest zone that was reached, what its servers say of a name, and whether each of them was heard.

        A server with several addresses is heard when one is; an address this machine has no way to says nothing.
        """
        zone, servers, whole = dns.name.root, list(self._roots), True
        while True:
            heard: list[_Heard] = []
            reached: set[str] = set()
            for server in servers:
                one = self._ask(server, name, zone)
                if one.reached:
                    heard.append(one)
                    reached.add(server.name)
                if one.zone is not None:
                    break
            if not heard or heard[-1].zone is None:
                return zone, heard, whole and reached == {server.name for server in servers}
            zone = heard[-1].zone
            if nested == 0:
                self.zone = zone
            servers, whole = self._servers(heard[-1], nested)

    def note(self, server: str, name: dns.name.Name, said: str) -> None:
        self.answers.append({"server": server, "name": name.to_text(), "said": said[:MOST_SAID]})

    def _servers(self, referral: _Heard, nested: int) -> tuple[list[Server], bool]:
        """Return the servers a referral names, as far as they may be asked, and whether none was left out."""
        found: list[Server] = []
        whole = len(referral.servers) <= MOST_SERVERS
        for name, glue in sorted(referral.servers.items())[:MOST_SERVERS]:
            known = glue
            if not glue and nested < MOST_NESTED and referral.zone and not name.is_subdomain(referral.zone):
                said = self.down(name, nested + 1)[1]
                known = tuple(dict.fromkeys(address for one in said for address in one.addresses))
            whole = whole and 0 < len(known) <= MOST_ADDRESSES
            if not known:
                self.note(name.to_text(), name, "no address of this server was found")
            for address in known[:MOST_ADDRESSES]:
                if self._only_public and not is_public_address(address):
                    self.note(f"{name} ({address})", name, "not asked: no public address")
                    whole = False
                else:
                    found.append(Server(name.to_text(), address, self._roots[0].port))
        return found, whole

    def _ask(self, server: Server, name: dns.name.Name, zone: dns.name.Name) -> _Heard:
        heard = self._question(server, name, zone, dns.rdatatype.A)
        if heard.said == _NODATA:
            return self._question(server, name, zone, dns.rdatatype.AAAA)
        if self._both and heard.addresses:
            more = self._question(server, name, zone, dns.rdatatype.AAAA).addresses
            return replace(heard, addresses=(*heard.addresses, *more))
        return heard

    def _question(
        self, server: Server, name: dns.name.Name, zone: dns.name.Name, rdtype: dns.rdatatype.RdataType
    ) -> _Heard:
        left = self._until - time.monotonic()
        if not self._left or left <= 0:
            raise _SpentError("no further question: too many servers, or too slow ones")
        self._left -= 1
        query = dns.message.make_query(name, rdtype)
        query.flags &= ~dns.flags.RD
        try:
            answer, _ = dns.query.udp_with_fallback(
                query, server.address, timeout=min(self._timeout, left), port=server.port
            )
        except dns.exception.Timeout:
            heard = _Heard(UNKNOWN, "no answer")
        except (OSError, EOFError, dns.exception.DNSException) as error:
            no_way = isinstance(error, OSError) and error.errno in _NO_WAY
            heard = _Heard(UNKNOWN, str(error) or type(error).__name__, reached=not no_way)
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
            return _Heard(UNKNOWN, f"delegates {rrset.name} to {names}", zone=rrset.name, servers=servers)
    return _Heard(UNKNOWN, "not authoritative")


def _found(answer: dns.message.Message) -> _Heard:
    addresses, aliases = [], []
    alias = None
    for rrset in answer.answer:
        if rrset.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
            addresses += [str(record.address) for record in rrset]
        elif rrset.rdtype == dns.rdatatype.CNAME:
            aliases += [f"CNAME {record.target}" for record in rrset]
            alias = rrset[0].target
    if addresses or aliases:
        return _Heard(STILL_THERE, " ".join([*aliases, *sorted(addresses)]), tuple(sorted(addresses)), alias)
    return _Heard(GONE, _NODATA)


def _glue(answer: dns.message.Message, server: dns.name.Name, zone: dns.name.Name) -> tuple[str, ...]:
    """Return the addresses the referring zone gives for a server; of names outside it, it does not know them."""
    if not server.is_subdomain(zone):
        return ()
    kinds = (dns.rdatatype.A, dns.rdatatype.AAAA)
    rrsets = [rrset for rrset in answer.additional if rrset.name == server and rrset.rdtype in kinds]
    return tuple(str(record.address) for rrset in rrsets for record in rrset)

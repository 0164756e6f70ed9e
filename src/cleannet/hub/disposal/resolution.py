"""Look at what a resolver answers, and whether the primary holds a rule."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype

from cleannet.formats.rpz import owners

ALGORITHM = "hmac-sha256"
GONE, STILL_THERE, UNKNOWN = "gone", "still_there", "unknown"
RESOLVER, RULE, AUTHORITY = "resolver", "rule", "authority"
LONGEST_NAME = 253
_NODATA, _SILENT = "NODATA", "no answer"


@dataclass(frozen=True, slots=True)
class Server:
    """Name one DNS server by a word people know it by, its address and port, and whose it is ("" for everybody's)."""

    name: str
    address: str
    port: int
    party: str = ""


@dataclass(frozen=True, slots=True)
class Primary:
    """Hold where blocking rules go and the key that allows it; `secret` is base64, `bulk` the second zone or ""."""

    server: Server
    zone: str
    key_name: str
    secret: str
    bulk: str = ""

    @property
    def zones(self) -> tuple[str, ...]:
        """Return the zones that rules may stand in, the bulk one first."""
        return (self.bulk, self.zone) if self.bulk else (self.zone,)


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what one vantage answered for a name: its kind, its own name, the verdict and what that rests on."""

    kind: str
    vantage: str
    verdict: str
    evidence: Mapping[str, object]


def look(server: Server, host: str, *, timeout: float) -> Answer:
    """Ask a resolver for a name and for a random name below it, which no cache knows.

    Gone means both are answered with NXDOMAIN or without an address; still there, that an address came; no answer, a
    refusal or a failure of the server says nothing.
    """
    below = f"{secrets.token_hex(4)}.{host}"
    found = {host: _ask(server, host, timeout)}
    # Whoever kept silent once is not waited for again.
    if len(below) <= LONGEST_NAME and found[host][1] != _SILENT:
        found[below] = _ask(server, below, timeout)
    verdicts = {verdict for verdict, _ in found.values()}
    if STILL_THERE in verdicts:
        verdict = STILL_THERE
    elif verdicts == {GONE}:
        verdict = GONE
    else:
        verdict = UNKNOWN
    evidence = {
        "server": f"{server.address}:{server.port}",
        "answers": [{"name": name, "said": said} for name, (_, said) in found.items()],
    }
    return Answer(RESOLVER, server.name, verdict, evidence)


def rule_stands(primary: Primary, host: str, *, timeout: float) -> Answer:
    """Ask the primary itself whether one of its zones holds the rule; “gone” means the rule that blocks the name is
    there.
    """
    asked = []
    for zone in reversed(primary.zones):
        asked.append(_rule_in(primary, zone, host, timeout))
        if asked[-1][0] == GONE:
            break
    verdict = next((said for said in (GONE, UNKNOWN) if said in {one for one, _ in asked}), STILL_THERE)
    evidence = {"server": f"{primary.server.address}:{primary.server.port}", "answers": [said for _, said in asked]}
    return Answer(RULE, f"{primary.server.name} ({', '.join(reversed(primary.zones))})", verdict, evidence)


def _rule_in(primary: Primary, zone: str, host: str, timeout: float) -> tuple[str, dict[str, str]]:
    owner = owners(host, zone)[0]
    query = dns.message.make_query(owner, dns.rdatatype.CNAME)
    query.flags &= ~dns.flags.RD
    try:
        answer = dns.query.udp(query, primary.server.address, timeout=timeout, port=primary.server.port)
    except (OSError, dns.exception.DNSException) as error:
        said, verdict = str(error) or type(error).__name__, UNKNOWN
    else:
        there = any(rrset.rdtype == dns.rdatatype.CNAME for rrset in answer.answer)
        said = "; ".join(rrset.to_text() for rrset in answer.answer) or dns.rcode.to_text(answer.rcode())
        settled = answer.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
        verdict = GONE if there else STILL_THERE if settled else UNKNOWN
    return verdict, {"name": owner, "said": said}


def _ask(server: Server, name: str, timeout: float) -> tuple[str, str]:
    verdict, said = _ask_for(dns.rdatatype.A, server, name, timeout)
    return _ask_for(dns.rdatatype.AAAA, server, name, timeout) if said == _NODATA else (verdict, said)


def _ask_for(rdtype: dns.rdatatype.RdataType, server: Server, name: str, timeout: float) -> tuple[str, str]:
    query = dns.message.make_query(name, rdtype)
    try:
        answer, _ = dns.query.udp_with_fallback(query, server.address, timeout=timeout, port=server.port)
    except dns.exception.Timeout:
        return UNKNOWN, _SILENT
    except (OSError, EOFError, dns.exception.DNSException) as error:
        return UNKNOWN, str(error) or type(error).__name__
    code = answer.rcode()
    if code == dns.rcode.NXDOMAIN:
        return GONE, "NXDOMAIN"
    if code != dns.rcode.NOERROR:
        return UNKNOWN, dns.rcode.to_text(code)
    addresses = [str(record) for rrset in answer.answer if rrset.rdtype == rdtype for record in rrset]
    if addresses:
        return STILL_THERE, " ".join(sorted(addresses))
    return GONE, _NODATA

"""Ask the primary whether one of its zones holds a rule."""

from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

from cleannet.formats.rpz import CannotBlock, owners
from cleannet.probe.answer import GONE, RULE, STILL_THERE, UNKNOWN, Answer, Server

ALGORITHM = "hmac-sha256"


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
    try:
        owner = owners(host, zone)[0]
    except CannotBlock as error:
        return UNKNOWN, {"name": host, "said": str(error)}
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

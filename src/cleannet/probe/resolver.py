"""Look at what a resolver answers for a name."""

import secrets
import time
from collections.abc import Sequence

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

from cleannet.probe.answer import GONE, RESOLVER, STILL_THERE, UNKNOWN, Answer, Server

LONGEST_NAME = 253
MOST_ADDRESSES = 16
_NODATA, _SILENT = "NODATA", "no answer"


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


def addresses(servers: Sequence[Server], host: str, *, until: float, timeout: float) -> tuple[str, list[str], str]:
    """Return the verdict on a name, its addresses, and who said so, by the first of the servers that says anything.

    Each question waits `timeout` seconds, none beyond `until` of the monotonic clock.
    """
    said = "no resolver is set"

    def ask(rdtype: dns.rdatatype.RdataType, server: Server) -> tuple[str, str]:
        left = until - time.monotonic()
        return _ask_for(rdtype, server, host, min(timeout, left)) if left > 0 else (UNKNOWN, _SILENT)

    for server in servers:
        asked = [ask(dns.rdatatype.A, server)]
        if asked[0][1] not in (_SILENT, "NXDOMAIN"):
            asked.append(ask(dns.rdatatype.AAAA, server))
        found = [address for verdict, text in asked if verdict == STILL_THERE for address in text.split()]
        said = f"{server.name}: {'; '.join(dict.fromkeys(text for _, text in asked))}"
        if found:
            return STILL_THERE, found, said
        if all(verdict == GONE for verdict, _ in asked):
            return GONE, [], said
    return UNKNOWN, [], said


def _ask(server: Server, name: str, timeout: float) -> tuple[str, str]:
    verdict, said = _ask_for(dns.rdatatype.A, server, name, timeout)
    return _ask_for(dns.rdatatype.AAAA, server, name, timeout) if said == _NODATA else (verdict, said)


def _ask_for(rdtype: dns.rdatatype.RdataType, server: Server, name: str, timeout: float) -> tuple[str, str]:
    try:
        query = dns.message.make_query(name, rdtype)
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
        return STILL_THERE, " ".join(sorted(addresses)[:MOST_ADDRESSES])
    return GONE, _NODATA

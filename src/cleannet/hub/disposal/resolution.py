"""Speak DNS: send blocking rules to the primary (RFC 2136 with TSIG, RFC 8945), and ask it whether a rule stands."""

from collections.abc import Collection
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.update

from cleannet.formats.rpz import TTL, owners
from cleannet.probe.answer import GONE, RULE, STILL_THERE, UNKNOWN, Answer, Server

ALGORITHM = "hmac-sha256"


class DeliveryFailed(Exception):
    """Say in a sentence why rules did not reach the primary; it is tried again."""


@dataclass(frozen=True, slots=True)
class Primary:
    """Hold where blocking rules go and the key that allows it; `secret` is base64."""

    server: Server
    zone: str
    key_name: str
    secret: str


def publish(primary: Primary, hosts: Collection[str], *, timeout: float) -> None:
    """Put the rules that block `hosts` into the primary's zone; repeating it changes nothing.

    Raises DeliveryFailed when the server refuses, does not answer in `timeout` seconds or cannot be reached, and when
    key, zone or host cannot be written into a message at all.
    """
    try:
        update = _update(primary, hosts)
    except (ValueError, dns.exception.DNSException) as error:
        why = error or type(error).__name__
        raise DeliveryFailed(f"no update can be made of zone, key name, key and host: {why}") from error
    where = f"{primary.server.name} ({primary.server.address}:{primary.server.port})"
    try:
        answer = dns.query.tcp(update, primary.server.address, timeout=timeout, port=primary.server.port)
    except dns.exception.Timeout as error:
        raise DeliveryFailed(f"{where} did not answer within {timeout:g} seconds") from error
    except dns.tsig.PeerError as error:
        raise DeliveryFailed(f"{where} does not accept the key {primary.key_name}: {error}") from error
    except (OSError, EOFError, dns.exception.DNSException) as error:
        raise DeliveryFailed(f"{where} cannot be reached: {error or type(error).__name__}") from error
    if answer.rcode() != dns.rcode.NOERROR:
        raise DeliveryFailed(f"{where} refused the update: {dns.rcode.to_text(answer.rcode())}")


def _update(primary: Primary, hosts: Collection[str]) -> dns.update.UpdateMessage:
    ring = dns.tsigkeyring.from_text({primary.key_name: (ALGORITHM, primary.secret)})
    update = dns.update.UpdateMessage(primary.zone, keyring=ring, keyalgorithm=ALGORITHM)
    for host in sorted(set(hosts)):
        for owner in owners(host, primary.zone):
            update.replace(dns.name.from_text(owner), TTL, "CNAME", ".")
    return update


def rule_stands(primary: Primary, host: str, *, timeout: float) -> Answer:
    """Ask the primary itself whether its zone holds the rule; “gone” means the rule that blocks the name is there."""
    owner = owners(host, primary.zone)[0]
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
    evidence = {
        "server": f"{primary.server.address}:{primary.server.port}",
        "answers": [{"name": owner, "said": said}],
    }
    return Answer(RULE, f"{primary.server.name} ({primary.zone})", verdict, evidence)

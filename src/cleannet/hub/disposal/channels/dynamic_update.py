"""Blocking rules by dynamic update (RFC 2136) with TSIG (RFC 8945) to a primary, from which resolvers transfer them.

New rules go into a small hot zone; a nightly merge moves them into the bulk zone, so that however many stand, a new
order is a small change of a small zone. Without a bulk zone all stay in the one.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.update

from cleannet.formats.rpz import TTL, fits, owners
from cleannet.hub.disposal.channels.channel import Change, DeliveryFailed, refused
from cleannet.hub.disposal.resolution import ALGORITHM, Primary

# A message over TCP has 65,535 octets; each name takes two records.
MOST_NAMES, MOST_OCTETS = 1000, 50_000
_RECORD_OCTETS = 28
_RULE = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.CNAME, ".")
Hold = Callable[[], None]


@dataclass(frozen=True, slots=True)
class DynamicUpdate:
    """Bring rules to a primary, None where none is set; `timeout` in seconds is how long an answer is waited for."""

    primary: Primary | None
    timeout: float
    key: str = "rpz"

    def bring(self, change: Change, hold: Hold) -> None:
        """Take what is gone out of both zones, then put what stands into the hot one, in messages of many rules."""
        primary = self._set()
        for zone in primary.zones:
            self._remove(zone, [host for host in change.gone if fits(host, zone)], hold)
        new = [host for host in change.stands if fits(host, primary.zone)]
        self._add(primary.zone, new, hold)
        if len(new) < len(change.stands):
            raise refused(sorted(set(change.stands) - set(new)), primary.zone)

    def merge(self, standing: Callable[[Collection[str]], Collection[str]], hold: Hold) -> int:
        """Put what stands of the hot zone into the bulk zone, too, and return how many names; take out what does not.

        `standing` says which of some names stand.
        """
        primary = self._set()
        hot = self._held(hold)
        stands = set(standing(hot))
        for zone in primary.zones:
            self._remove(zone, [host for host in hot if host not in stands], hold)
        merged = [host for host in hot if host in stands and fits(host, primary.bulk)]
        self._add(primary.bulk, merged, hold)
        return len(merged)

    def clear(self, hold: Hold) -> int:
        """Take out of the hot zone what the bulk zone holds, as the primary itself confirms; return how many names."""
        primary = self._set()
        moved = [host for part in _parts(self._held(hold)) for host in self._there(primary.bulk, part, hold)]
        self._remove(primary.zone, moved, hold)
        return len(moved)

    def _set(self) -> Primary:
        if self.primary is None:
            raise DeliveryFailed("no primary is set; set CLEANNET_DNS_PRIMARY and its key")
        return self.primary

    def _add(self, zone: str, hosts: Collection[str], hold: Hold) -> None:
        for part in _parts(hosts):
            update = self._update(zone)
            for owner in _owners(part, zone):
                update.add(owner, TTL, _RULE)
            self._send(update, hold)

    def _remove(self, zone: str, hosts: Collection[str], hold: Hold) -> None:
        for part in _parts(hosts):
            update = self._update(zone)
            for owner in _owners(part, zone):
                update.delete(owner, "CNAME")
            self._send(update, hold)

    def _there(self, zone: str, hosts: Sequence[str], hold: Hold) -> list[str]:
        """Return which names a zone holds, by updates that demand them and change nothing (RFC 2136, 2.4.1)."""
        update = self._update(zone)
        for owner in _owners([host for host in hosts if fits(host, zone)], zone):
            update.present(owner, "CNAME")
        if self._send(update, hold, also=(dns.rcode.NXRRSET,)) == dns.rcode.NOERROR:
            return list(hosts)
        if len(hosts) == 1:
            return []
        half = len(hosts) // 2
        return [*self._there(zone, hosts[:half], hold), *self._there(zone, hosts[half:], hold)]

    def _held(self, hold: Hold) -> list[str]:
        """Return the names the hot zone blocks, by a transfer of it (RFC 5936)."""
        primary = self._set()
        origin = dns.name.from_text(primary.zone)
        hold()
        found = set()
        try:
            transfer = dns.query.xfr(
                primary.server.address,
                origin,
                port=primary.server.port,
                timeout=self.timeout,
                lifetime=12 * self.timeout,
                relativize=False,
                keyring=self._ring(),
                keyname=primary.key_name,
                keyalgorithm=ALGORITHM,
            )
            for message in transfer:
                for rrset in message.answer:
                    if rrset.rdtype == dns.rdatatype.CNAME and not rrset.name.is_wild():
                        found.add(rrset.name.relativize(origin).to_text())
        except (OSError, EOFError, ValueError, dns.exception.DNSException) as error:
            why = error or type(error).__name__
            raise DeliveryFailed(f"{self._where()} does not transfer the zone {primary.zone}: {why}") from error
        return sorted(found)

    def _ring(self) -> dict[dns.name.Name, dns.tsig.Key]:
        primary = self._set()
        ring: dict[dns.name.Name, dns.tsig.Key]
        ring = dns.tsigkeyring.from_text({primary.key_name: (ALGORITHM, primary.secret)})
        return ring

    def _update(self, zone: str) -> dns.update.UpdateMessage:
        try:
            return dns.update.UpdateMessage(zone, keyring=self._ring(), keyalgorithm=ALGORITHM)
        except (ValueError, dns.exception.DNSException) as error:
            why = error or type(error).__name__
            raise DeliveryFailed(f"no update can be made of zone, key name and key: {why}") from error

    def _where(self) -> str:
        server = self._set().server
        return f"{server.name} ({server.address}:{server.port})"

    def _send(
        self, update: dns.update.UpdateMessage, hold: Hold, also: Collection[dns.rcode.Rcode] = ()
    ) -> dns.rcode.Rcode:
        primary, where = self._set(), self._where()
        hold()
        try:
            answer = dns.query.tcp(update, primary.server.address, timeout=self.timeout, port=primary.server.port)
        except dns.exception.Timeout as error:
            raise DeliveryFailed(f"{where} did not answer within {self.timeout:g} seconds") from error
        except dns.tsig.PeerError as error:
            raise DeliveryFailed(f"{where} does not accept the key {primary.key_name}: {error}") from error
        except (OSError, EOFError, dns.exception.DNSException) as error:
            raise DeliveryFailed(f"{where} cannot be reached: {error or type(error).__name__}") from error
        code = answer.rcode()
        if code == dns.rcode.NOTAUTH:
            zone = update.zone[0].name
            raise DeliveryFailed(f"{where} has no zone {zone} of which it is the primary: {dns.rcode.to_text(code)}")
        if code not in (dns.rcode.NOERROR, *also):
            raise DeliveryFailed(f"{where} refused the update: {dns.rcode.to_text(code)}")
        return code


def _owners(hosts: Collection[str], zone: str) -> Iterator[dns.name.Name]:
    for host in hosts:
        for owner in owners(host, zone):
            yield dns.name.from_text(owner)


def _parts(hosts: Collection[str]) -> Iterator[list[str]]:
    part: list[str] = []
    octets = 0
    for host in hosts:
        more = 2 * (len(host) + _RECORD_OCTETS)
        if part and (len(part) == MOST_NAMES or octets + more > MOST_OCTETS):
            yield part
            part, octets = [], 0
        part.append(host)
        octets += more
    if part:
        yield part

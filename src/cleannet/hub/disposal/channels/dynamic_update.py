"""Blocking rules by dynamic update (RFC 2136) with TSIG (RFC 8945) to a primary, from which resolvers transfer them.

New rules go into a small hot zone; a nightly merge moves them into the bulk zone, so that however many stand, a new
order is a small change of a small zone. Without a bulk zone all stay in the one.
"""

import secrets
import socket
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring

from cleannet.formats import rpz_update
from cleannet.formats.rpz import fits
from cleannet.formats.rpz_update import ADD, DEMAND, REMOVE, Doing
from cleannet.hub.disposal.channels.channel import Change, DeliveryFailed
from cleannet.hub.disposal.resolution import ALGORITHM, Primary

Hold = Callable[[], None]
Speak = Callable[[str, Sequence[str], Doing], dns.rcode.Rcode]


@dataclass(frozen=True, slots=True)
class DynamicUpdate:
    """Bring rules to a primary, None where none is set; `timeout` in seconds is how long an answer is waited for."""

    primary: Primary | None
    timeout: float
    key: str = "rpz"

    def fits(self, host: str) -> bool:
        return self.primary is None or fits(host, self.primary.zone)

    def bring(self, change: Change, hold: Hold) -> None:
        """Take what is gone out of both zones, then put what stands into the hot one, in messages of many rules."""
        primary = self._set()
        for zone in primary.zones:
            self._send(zone, [host for host in change.gone if fits(host, zone)], REMOVE, hold)
        self._send(primary.zone, [host for host in change.stands if self.fits(host)], ADD, hold)

    def merge(self, standing: Callable[[Collection[str]], Collection[str]], hold: Hold) -> int:
        """Put what stands of the hot zone into the bulk zone, too, and return how many names; take out what does not.

        `standing` says which of some names stand.
        """
        primary = self._set()
        hot = self._held(hold)
        stands = set(standing(hot))
        for zone in primary.zones:
            self._send(zone, [host for host in hot if host not in stands and fits(host, zone)], REMOVE, hold)
        merged = [host for host in hot if host in stands and fits(host, primary.bulk)]
        self._send(primary.bulk, merged, ADD, hold)
        return len(merged)

    def clear(self, hold: Hold) -> int:
        """Take out of the hot zone what the bulk zone holds, as the primary itself confirms; return how many names."""
        primary = self._set()
        hot = [host for host in self._held(hold) if fits(host, primary.bulk)]
        with self._connected() as speak:
            parts = rpz_update.parts(hot)
            moved = [host for part in parts for host in _there(speak, primary.bulk, part, hold)]
        self._send(primary.zone, moved, REMOVE, hold)
        return len(moved)

    def _set(self) -> Primary:
        if self.primary is None:
            raise DeliveryFailed("no primary is set; set CLEANNET_DNS_PRIMARY and its key")
        return self.primary

    def _send(self, zone: str, hosts: Sequence[str], does: Doing, hold: Hold) -> None:
        """Add or remove the rules of names that fit into a zone."""
        if not hosts:
            return
        with self._connected() as speak:
            for part in rpz_update.parts(hosts):
                hold()
                speak(zone, part, does)

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
        try:
            ring: dict[dns.name.Name, dns.tsig.Key]
            ring = dns.tsigkeyring.from_text({primary.key_name: (ALGORITHM, primary.secret)})
        except (ValueError, dns.exception.DNSException) as error:
            why = error or type(error).__name__
            raise DeliveryFailed(f"the key {primary.key_name} cannot be used: {why}") from error
        return ring

    def _where(self) -> str:
        server = self._set().server
        return f"{server.name} ({server.address}:{server.port})"

    @contextmanager
    def _connected(self) -> Iterator[Speak]:
        """Yield what sends one update over one connection and returns the server's code; raise DeliveryFailed."""
        primary, where = self._set(), self._where()
        (key,) = self._ring().values()
        try:
            with socket.create_connection((primary.server.address, primary.server.port), self.timeout) as stream:

                def speak(zone: str, hosts: Sequence[str], does: Doing) -> dns.rcode.Rcode:
                    signed = rpz_update.sign(rpz_update.write(zone, hosts, does, secrets.randbits(16)), key)
                    stream.settimeout(self.timeout)
                    stream.sendall(len(signed.wire).to_bytes(2, "big") + signed.wire)
                    answer = _read(stream, time.monotonic() + self.timeout)
                    said = dns.message.from_wire(answer, keyring=key, request_mac=signed.mac)
                    if answer[:2] != signed.wire[:2]:
                        raise DeliveryFailed(f"{where} answered something else")
                    return _accepted(where, zone, said.rcode())

                yield speak
        except TimeoutError as error:
            raise DeliveryFailed(f"{where} did not answer within {self.timeout:g} seconds") from error
        except dns.tsig.PeerError as error:
            raise DeliveryFailed(f"{where} does not accept the key {primary.key_name}: {error}") from error
        except (OSError, EOFError, dns.exception.DNSException) as error:
            raise DeliveryFailed(f"{where} cannot be reached: {error or type(error).__name__}") from error


def _there(speak: Speak, zone: str, hosts: Sequence[str], hold: Hold) -> list[str]:
    """Return which names a zone holds, by updates that demand them and change nothing (RFC 2136, 2.4.1)."""
    hold()
    if speak(zone, hosts, DEMAND) == dns.rcode.NOERROR:
        return list(hosts)
    half = len(hosts) // 2
    return [*_there(speak, zone, hosts[:half], hold), *_there(speak, zone, hosts[half:], hold)] if half else []


def _accepted(where: str, zone: str, code: dns.rcode.Rcode) -> dns.rcode.Rcode:
    if code == dns.rcode.NOTAUTH:
        raise DeliveryFailed(f"{where} is no primary of the zone {zone}: NOTAUTH")
    if code not in (dns.rcode.NOERROR, dns.rcode.NXRRSET):
        raise DeliveryFailed(f"{where} refused the update of {zone}: {dns.rcode.to_text(code)}")
    return code


def _read(stream: socket.socket, until: float) -> bytes:
    """Read one message with its length before it (RFC 1035, 4.2.2)."""

    def exactly(octets: int) -> bytes:
        got = b""
        while len(got) < octets:
            stream.settimeout(max(0.001, until - time.monotonic()))
            more = stream.recv(octets - len(got))
            if not more:
                raise EOFError("it closed the connection")
            got += more
        return got

    return exactly(int.from_bytes(exactly(2), "big"))

"""Where a look goes out: from which source address, to which addresses never, and for how long at the most.

A name is resolved once, and what it was resolved to is connected to: a second answer could point inside.
"""

import contextlib
import errno
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cleannet.core.addresses import Network, address_or_none, unasked
from cleannet.probe import authority, resolver
from cleannet.probe.answer import GONE, Server, named

DEFAULT = "default"
MOST_TRIED = 8
# The longest an answer about an address is waited for, in seconds.
PATIENCE = 5.0
_NO_WAY = frozenset({errno.EAFNOSUPPORT, errno.ENETUNREACH, errno.EADDRNOTAVAIL})


class NotAsked(Exception):
    """Say why a host is not connected to; nothing was sent to it."""


class Nowhere(Exception):
    """Say that a name has no address, and who said so."""


class NoAnswer(Exception):
    """Say why a host could not be talked to; it says nothing about whether it is there."""


class Broken(NoAnswer):
    """Say that the other side broke a connection off."""


class TurnedAway(Exception):
    """Say that a host answered that nobody listens on a port."""


@dataclass(frozen=True, slots=True)
class Egress:
    """Name one place to look from: its source address ("" as the system routes), whose network it lies in ("" for
    none of a party), who tells it addresses, and how it behaves.

    Addresses come from the authoritative side where `roots` are set, else from `resolvers`; where these may apply a
    blocking rule they are not `believed` when they say that a name has no address. `agent` tells who asks. `forbidden`
    returns why a host or an address is not asked ("" where it may be). `open_to` are networks of a closed test set-up
    that may be connected to although they are private. `seconds` is the longest look.
    """

    name: str
    source: str = ""
    party: str = ""
    resolvers: Sequence[Server] = ()
    roots: Sequence[Server] = ()
    believed: bool = True
    agent: str = ""
    forbidden: Callable[[str], str] = field(default=lambda _host: "")
    open_to: Sequence[Network] = ()
    seconds: float = 10.0

    def until(self) -> float:
        """Return the moment, of the monotonic clock, at which a look that begins now is over."""
        return time.monotonic() + self.seconds

    def reach(self, host: str, port: int, until: float) -> socket.socket:
        """Connect to a host by the addresses it has now, none of them resolved again.

        Raises NotAsked, Nowhere, TurnedAway when every address refused, or NoAnswer.
        """
        if why := self.forbidden(host):
            raise NotAsked(f"{host} is not asked: {why}")
        turned_away: list[str] = []
        silent: list[str] = []
        found = self._addresses(host, until)
        for address in found[:MOST_TRIED]:
            try:
                return self._connect(address, port, until)
            except ConnectionRefusedError:
                turned_away.append(address)
            except OSError as error:
                # A family this machine has no way to says nothing about the others.
                if error.errno not in _NO_WAY or len(found) == 1:
                    silent.append(f"{address} port {port}: {told(error)}")
        if silent or not turned_away or len(found) > MOST_TRIED:
            raise NoAnswer("; ".join(silent) or f"not every address of {host} was reached")
        raise TurnedAway(f"nobody listens on port {port} of {', '.join(turned_away)}")

    def _addresses(self, host: str, until: float) -> list[str]:
        """Return the addresses of a host; raise NotAsked where any of them may not be connected to."""
        if address_or_none(host) is not None:
            found, said = [host], ""
        else:
            left(until)
            ask, servers = (authority.addresses, self.roots) if self.roots else (resolver.addresses, self.resolvers)
            verdict, found, said = ask(servers, host, until=until, timeout=PATIENCE)
            if verdict == GONE and (self.roots or self.believed):
                raise Nowhere(f"{host} has no address ({said})")
            if not found:
                raise NoAnswer(f"the address of {host} could not be learnt ({said})")
        for text in found:
            address = address_or_none(text)
            why = unasked(address) if address else "it is no address"
            if why and not any(address in network for network in self.open_to if address):
                points = "" if text == host else f"{host} points to {text}, which "
                raise NotAsked(f"{points}is not asked: {why}" if points else f"{text} is not asked: {why}")
            if text != host and (why := self.forbidden(text)):
                raise NotAsked(f"{host} points to {text}, which is not asked: {why}")
        return found

    def _connect(self, address: str, port: int, until: float) -> socket.socket:
        if self.source and (":" in self.source) != (":" in address):
            raise OSError(errno.EAFNOSUPPORT, f"the egress {self.name} has no address of that family")
        return socket.create_connection((address, port), left(until), (self.source, 0) if self.source else None)


def egress(name: str, source: str) -> tuple[str, str, str]:
    """Return name, source address and party of an egress written as party/name=address; raise ValueError for none."""
    party, own = named(name)
    source = "" if source == DEFAULT else source
    if not own or (source and address_or_none(source) is None):
        raise ValueError(f"“{name}={source}” is no egress; write name=address or name={DEFAULT}")
    return own, source, party


def left(until: float) -> float:
    """Return the seconds left; raise TimeoutError where none are."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the time is over")
    return seconds


def receive(connection: socket.socket, most: int, until: float) -> tuple[bytes, bool]:
    """Return what comes, and whether it ended by itself; reading stops after `most` bytes.

    Raises NoAnswer when the time is over first, however slowly bytes still come.
    """
    parts: list[bytes] = []
    size = 0
    while size < most:
        try:
            connection.settimeout(left(until))
            part = connection.recv(min(65536, most - size))
        except TimeoutError:
            raise NoAnswer(f"the answer had not ended when the time was over, after {size} bytes") from None
        except OSError as error:
            raise Broken(f"the connection broke after {size} bytes: {told(error)}") from None
        if not part:
            return b"".join(parts), True
        parts.append(part)
        size += len(part)
    return b"".join(parts), False


def told(error: OSError) -> str:
    """Return an error of the network in words."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return error.strerror or str(error) or type(error).__name__


def hang_up(connection: socket.socket) -> None:
    """Close a connection, whatever the other side does."""
    with contextlib.suppress(OSError):
        connection.close()

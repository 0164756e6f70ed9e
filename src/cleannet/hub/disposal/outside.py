"""Ask servers that strangers run, within bounds of time and size, and at public addresses only.

A name is resolved once and the connection goes to the address that was looked at, so that no second answer changes it.
"""

import re
import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore

from cleannet.core.addresses import is_public_address

MOST_BYTES = 1 << 20
MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 65536


class Unanswered(Exception):
    """Say in a sentence why a server gave no answer that can be used."""


@dataclass(frozen=True, slots=True)
class Said:
    """Hold what a web server answered, and at which address after redirects."""

    status: int
    body: bytes
    url: str


def printable(said: str) -> str:
    """Return a stranger's words on one line, without what cannot be printed or kept."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in said).split())


def is_public(host: str) -> bool:
    """Say whether every address of a host is one of the public network; raise Unanswered where it has none."""
    return all(map(is_public_address, _addresses(host)))


def fetch(url: str, *, accept: str, seconds: float, only_public: bool) -> Said:
    """Get what is at a URL of http or https; raise Unanswered. Neither headers nor a slow trickle outlast `seconds`.

    A redirect from https to http is not followed.
    """
    until = time.monotonic() + seconds
    for _ in range(MOST_REDIRECTS + 1):
        if not _is_web(url):
            raise Unanswered(f"“{printable(url[:200])}” is no address of a web server")
        status, location, body = _get(url, accept, until, only_public)
        if status not in _REDIRECTS:
            return Said(status, body, url)
        following = _joined(url, location)
        if url.startswith("https:") and not following.startswith("https:"):
            raise Unanswered(f"it sends on from https to “{printable(following[:200])}”")
        url = following
    raise Unanswered(f"it sends on more than {MOST_REDIRECTS} times")


def converse(host: str, port: int, line: bytes, *, seconds: float, most: int) -> bytes:
    """Send a line to a server and return all it says until it hangs up; raise Unanswered."""
    until = time.monotonic() + seconds
    heard = b""
    try:
        with socket.create_connection((host, port), timeout=seconds) as connection:
            connection.sendall(line)
            while True:
                connection.settimeout(_left(until))
                data = connection.recv(_CHUNK)
                if not data:
                    return heard
                heard += data
                if len(heard) > most:
                    raise Unanswered(f"it says more than {most:,} bytes")
    except TimeoutError:
        raise Unanswered(f"it does not answer within {seconds:g} s") from None
    except OSError as error:
        raise Unanswered(str(error)) from error


def _get(url: str, accept: str, until: float, only_public: bool) -> tuple[int, str, bytes]:
    backend = _Guarded(until, only_public)
    headers = [("Host", urlsplit(url).netloc), ("Accept", accept), ("User-Agent", "CleanNet"), ("Connection", "close")]
    body = b""
    try:
        with (
            httpcore.ConnectionPool(ssl_context=ssl.create_default_context(), network_backend=backend) as pool,
            pool.stream("GET", url, headers=headers) as response,
        ):
            location = {name.lower(): value for name, value in response.headers}.get(b"location", b"")
            if response.status not in _REDIRECTS:
                for chunk in response.iter_stream():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise Unanswered(f"it says more than {MOST_BYTES:,} bytes")
            return response.status, location.decode("ascii", "replace"), body
    except httpcore.TimeoutException as error:
        raise Unanswered("it does not answer in time") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError) as error:
        raise Unanswered(str(error) or type(error).__name__) from error


def _is_web(url: str) -> bool:
    """Say whether a URL, whoever wrote it, is one of a web server that can be asked."""
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
        return bool(right and parts.port != 0 and re.fullmatch(r"[!-~]+", url))
    except ValueError:
        return False


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def _addresses(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unanswered(f"{host} has no address: {error}") from error
    return list(dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found))


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Guarded(httpcore.NetworkBackend):
    """Connect to public addresses only, where so wanted, and let nothing last beyond a moment."""

    def __init__(self, until: float, only_public: bool) -> None:
        self._until, self._only_public = until, only_public
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _addresses(host)
        if self._only_public and not all(map(is_public_address, addresses)):
            raise Unanswered(f"{host} is at an address that is not public: {', '.join(addresses)}")
        return _Timed(self._inner.connect_tcp(addresses[0], port, _remaining(self._until)), self._until)


class _Timed(httpcore.NetworkStream):
    """Pass on a stream, no step of which lasts beyond a moment."""

    def __init__(self, inner: httpcore.NetworkStream, until: float) -> None:
        self._inner, self._until = inner, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _remaining(self._until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _remaining(self._until))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._inner.start_tls(ssl_context, server_hostname, _remaining(self._until)), self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _remaining(until: float) -> float:
    try:
        return _left(until)
    except TimeoutError as error:
        raise httpcore.ReadTimeout from error

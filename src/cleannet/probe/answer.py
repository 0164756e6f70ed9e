"""What a look says and where it was taken from: the values every way of looking shares."""

from collections.abc import Mapping
from dataclasses import dataclass

GONE, STILL_THERE, UNKNOWN = "gone", "still_there", "unknown"
RESOLVER, RULE, AUTHORITY, CONNECT, TLS, HTTP, REGISTRY, TALLY, INSIDE = (
    "resolver",
    "rule",
    "authority",
    "connect",
    "tls",
    "http",
    "registry",
    "tally",
    "inside",
)


@dataclass(frozen=True, slots=True)
class Server:
    """Name one DNS server by a word people know it by, its address and port, and whose it is ("" for everybody's)."""

    name: str
    address: str
    port: int
    party: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what one vantage answered: the kind of look, the vantage's own name, the verdict and what that rests on."""

    kind: str
    vantage: str
    verdict: str
    evidence: Mapping[str, object]


def written(evidence: Mapping[str, object]) -> dict[str, object]:
    """Return evidence as it can be stored: what a target said may hold NULs and halves of characters."""
    return {_written_text(key): _written(value) for key, value in evidence.items()}


def unknown(kind: str, vantage: str, why: str, **more: object) -> Answer:
    """Return the answer of a look that says nothing, and why in a sentence."""
    return Answer(kind, vantage, UNKNOWN, {"why": why, **more})


def server(name: str, address: str) -> Server:
    """Return the server written as address:port, with the party before a slash in its name, if any.

    Raises ValueError when it is not written so.
    """
    party, own = named(name)
    host, _, port = address.rpartition(":")
    if not own or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"“{name}={address}” is no server; write name=address:port")
    return Server(own, host.strip("[]"), int(port), party)


def _written(value: object) -> object:
    if isinstance(value, str):
        return _written_text(value)
    if isinstance(value, Mapping):
        return written(value)
    if isinstance(value, list | tuple):
        return [_written(one) for one in value]
    return value


def _written_text(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def named(name: str) -> tuple[str, str]:
    """Return the party ("" for everybody's) and the own name of what is named party/name; both "" where it is not."""
    party, slash, own = name.rpartition("/")
    return ("", "") if slash and not party else (party, own)

"""Read what an order names: which host and port to connect to, and which URLs to ask for."""

from collections.abc import Sequence
from dataclasses import dataclass

from cleannet.core.indicator import CIDR, NotUnderstood, parse

NAME, ADDRESS, URL = "name", "address", "url"
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Place:
    """Name one URL in parts; `text` is how it is written."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def text(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if PORTS[self.scheme] == self.port else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Target:
    """Hold what to look at: `port` is 0 where none is written; `why_not` says why nothing can be connected to."""

    reach: str
    host: str
    port: int
    path: str
    why_not: str = ""

    def places(self) -> Sequence[Place]:
        """Return the URLs to ask for; an indicator names no scheme, so without a port of one scheme both are asked."""
        schemes = [scheme for scheme, port in PORTS.items() if self.port == port] or list(PORTS)
        return [Place(scheme, self.host, self.port or PORTS[scheme], self.path or "/") for scheme in schemes]


def read(reach: str, text: str) -> Target:
    """Return the target of an order as its indicator writes it; a network and what is unfit cannot be connected to."""
    try:
        pattern = parse(text)
    except NotUnderstood as error:
        return Target(reach, text, 0, "", str(error))
    if pattern.kind == CIDR:
        return Target(reach, pattern.host, 0, "", "a whole network is not looked at; a person has to")
    return Target(reach, pattern.host, pattern.port, pattern.target)

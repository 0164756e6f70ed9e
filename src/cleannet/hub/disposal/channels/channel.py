"""What a place on the network is to the hub: something that can be brought up to what stands."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


class DeliveryFailed(Exception):
    """Say in a sentence why a place was not brought up to what stands; it is tried again."""


@dataclass(frozen=True, slots=True)
class Change:
    """Hold what changed since a place was last brought up: names that stand now, names that do not, both sorted.

    `standing` reads every name that stands, sorted and each once; `revision` is the newest change that is in.
    """

    revision: int
    stands: Sequence[str]
    gone: Sequence[str]
    standing: Callable[[], Iterable[str]]


class Channel(Protocol):
    """Bring one place up to what stands. The same change twice does no harm."""

    @property
    def key(self) -> str: ...

    def fits(self, host: str) -> bool:
        """Say whether the place can serve a name."""

    def bring(self, change: Change, hold: Callable[[], None]) -> None:
        """Let the place serve what stands and fits, and nothing of what is gone; call `hold` before each step outside.

        Raises DeliveryFailed; what was done until then stays.
        """


def misfits(channel: Channel, hosts: Sequence[str]) -> str:
    """Return a sentence about names that a place cannot serve, "" where it can serve all."""
    found = [host for host in hosts if not channel.fits(host)]
    return f"{len(found)} names do not fit into the zone, the first is {found[0]}" if found else ""

"""Choose the network of the demonstration: real BIND daemons where they are installed and run, else our own servers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from cleannet.cli.demo_bind import KEY_NAME, BindNetwork, NetworkFailed, find_named
from cleannet.cli.demo_loopback import LoopbackNetwork
from cleannet.cli.demo_parent import Parent as Parent

ZONE = "rpz.cleannet."
OWNERS = ("op-a/甲", "op-b/乙")


class Network(Protocol):
    """Run two resolvers on loopback: the first is primary of the policy zone, the second heeds it when told to."""

    description: str
    zone: str
    secret: str

    @property
    def primary(self) -> str: ...
    @property
    def resolvers(self) -> tuple[str, str]: ...
    def start(self, *, second_heeds: bool = True) -> None: ...
    def heed(self) -> None: ...
    def settle(self) -> None: ...
    def stop(self) -> None: ...


def start(folder: Path) -> Network:
    """Return a started network whose second resolver does not heed the zone yet; BIND's files are put in `folder`."""
    if find_named() is not None:
        daemons = BindNetwork(folder, ZONE)
        try:
            daemons.start(second_heeds=False)
        except NetworkFailed as error:
            daemons.stop()
            return _own(f"BIND is installed but did not start: {str(error).splitlines()[0]}")
        except KeyboardInterrupt:
            daemons.stop()
            raise
        return daemons
    return _own("BIND is not installed")


def settings(network: Network, parent: Parent) -> Mapping[str, str]:
    """Return what the hub's environment must say, so that it sends its rules to this network and looks from it."""
    named = (f"{owner}={address}" for owner, address in zip(OWNERS, network.resolvers, strict=True))
    return {
        "CLEANNET_DNS_PRIMARY": network.primary,
        "CLEANNET_DNS_ZONE": network.zone,
        "CLEANNET_DNS_KEY_NAME": KEY_NAME,
        "CLEANNET_DNS_KEY": network.secret,
        "CLEANNET_DNS_RESOLVERS": ",".join(named),
        "CLEANNET_DNS_ROOTS": f"parent={parent.address}",
    }


def _own(why: str) -> Network:
    network = LoopbackNetwork(ZONE)
    network.description += f" ({why})"
    network.start(second_heeds=False)
    return network

"""Before it goes: what issuing a batch would change at every place, as differences of what is served there."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings

from cleannet.formats import rpz
from cleannet.hub.disposal import delivery
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.models import Order
from cleannet.hub.parties import queries as parties

FEED = "feed"


@dataclass(frozen=True, slots=True)
class Difference:
    """Hold what one place would serve anew: the key of a channel, or FEED of one party; lines of a unified diff.

    No lines: everything is served there already. Only what the orders touch is compared.
    """

    place: str
    party: str
    lines: tuple[str, ...]


def differences(wanted: Sequence[Wanted], reaches: dict[str, str]) -> list[Difference]:
    """Return what orders would change at each place of the network and in the feed of each party; nothing is kept.

    `reaches` says of each target whether it is a name, an address or a URL.
    """
    addressees = parties.names({one.party for one in wanted})
    operators = {code for code, party in addressees.items() if party.role == "operator"}
    names = {one.target for one in wanted if one.party in operators and reaches.get(one.target) == "name"}
    served = set(delivery.standing().filter(target__in=names).values_list("target", flat=True))
    rules = _diff(_rules(served), _rules(names | served))
    found = [Difference(key, "", rules) for key in delivery.channels()] if names else []
    for code in sorted({one.party for one in wanted}):
        own = {one.target for one in wanted if one.party == code}
        standing = Order.objects.filter(party=code, leaves=None, target__in=own)
        before = set(standing.values_list("target", flat=True))
        found.append(Difference(FEED, code, _diff(sorted(before), sorted(before | own))))
    return found


def _rules(names: Iterable[str]) -> list[str]:
    zone = settings.CLEANNET_DNS_ZONE
    return [f"{owner} CNAME ." for name in sorted(names) if rpz.fits(name, zone) for owner in rpz.owners(name, zone)]


def _diff(before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    return tuple(difflib.unified_diff(before, after, lineterm="", n=0))[2:]

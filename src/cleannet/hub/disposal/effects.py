"""Say of orders where on the network they are in force, which is not what anybody said of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cleannet.hub.disposal import delivery
from cleannet.hub.disposal.channels.channel import misfits
from cleannet.hub.disposal.models import Delivery, Fetch, Order

# Of several places, the one where most is left to be done says how it stands.
_WORST = ("waiting", "leaving", "kept", "active", "gone")


@dataclass(frozen=True, slots=True)
class Place:
    """Hold how an order stands at one place: a key of `terms.PLACES`, one of `terms.EFFECTS`, when the place was last
    brought up or fetched from, and the last error while something waits.
    """

    key: str
    state: str
    at: datetime | None
    failure: str


@dataclass(frozen=True, slots=True)
class Effect:
    """Hold whether an order is in force on the network ("" where no place of the hub carries it out) and where."""

    state: str
    places: tuple[Place, ...]


def effects(orders: Collection[Order]) -> Mapping[str, Effect]:
    """Return the effect of each order by its number, in few queries however many there are."""
    channels = delivery.channels()
    pushed = {key: _reached(key) for key in channels} if any(order.in_zone for order in orders) else {}
    fetched = {row.party: row for row in Fetch.objects.filter(party__in={order.party for order in orders})}
    over = [order.target for order in orders if order.in_zone and order.leaves is not None]
    kept = set(delivery.standing().filter(target__in=over).values_list("target", flat=True)) if over else set()
    found = {}
    for order in orders:
        places = []
        if order.in_zone:
            for key, (revision, at, failure) in pushed.items():
                state = _state(order, revision, kept)
                unfit = misfits(channels[key], [order.target]) if order.leaves is None else ""
                state = "waiting" if unfit else state
                places.append(Place(key, state, at, unfit or (failure if state in ("waiting", "leaving") else "")))
        own = tuple(places)
        if row := fetched.get(order.party):
            # What a party's own platform does with what it fetched, the hub cannot say.
            places.append(Place("feed", _state(order, row.revision, ()), row.fetched_at, ""))
        found[order.number] = Effect(_worst(own or places), tuple(places))
    return found


def _reached(key: str) -> tuple[int, datetime | None, str]:
    revision = delivery.reached(key)
    last = Delivery.objects.filter(channel=key, revision=revision).first()
    first = delivery.head(key)
    return revision, last.done_at if last else None, first.failure if first else ""


def _state(order: Order, revision: int, kept: Collection[str]) -> str:
    if order.leaves is None:
        return "active" if order.enters <= revision else "waiting"
    if order.target in kept:
        return "kept"
    return "gone" if order.leaves <= revision else "leaving"


def _worst(places: Sequence[Place]) -> str:
    return next((state for state in _WORST if state in {place.state for place in places}), "")

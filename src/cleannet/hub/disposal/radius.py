"""Before it goes: what an order would reach, what else the hub knows to live there, and what smaller means would do."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from cleannet.core import space
from cleannet.core.allow import AllowLists, Decision, Listed
from cleannet.core.indicator import DOMAIN, Pattern, covers, parse, public_suffixes
from cleannet.hub.disposal import queries
from cleannet.hub.disposal.models import Order, Sighting
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.programs import queries as programs
from cleannet.hub.programs.queries import Known, Resource

MOST_SIGHTINGS, CHUNK = 2000, 500
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Radius:
    """Hold what an order on one target would reach.

    `blocks` is a key of terms.REACHES; `decision` what the kept allow-lists say now; `listed` their entries around the
    target and at or below it; `known` other resources at or below it, of any program; `orders` those that stand on it,
    above or below; `neighbours` names seen at the same addresses; `shared` the suffix under which unrelated people hold
    names, where the target is or lies below one; `smaller` the resources of the case by which less would be reached.
    """

    target: str
    reach: str
    blocks: str
    decision: Decision
    listed: tuple[Listed, ...]
    known: tuple[Known, ...]
    orders: tuple[Order, ...]
    neighbours: tuple[str, ...]
    shared: str
    smaller: tuple[Resource, ...]

    @property
    def warns(self) -> bool:
        """Say whether the order would reach more than the one resource it names, as far as the hub knows."""
        return bool(self.decision.holds or self.listed or self.neighbours or self.known)


def radii(viewer: Viewer, case: str, targets: Collection[str], *, now: datetime) -> list[Radius]:
    """Return what orders on targets of a case would reach, in their order; what is no resource of it is left out.

    Many targets take few questions.
    """
    resources = programs.resources(viewer, cases.case(viewer, case).program)
    by_target = {one.host: _whole(one) for one in resources if one.host}
    by_target |= {one.target: one for one in reversed(resources) if one.target != one.host}
    asked = [by_target[one] for one in dict.fromkeys(targets) if one in by_target]
    around = _Around(viewer, resources, asked)
    return [_radius(one, around, now) for one in asked]


class _Around:
    """Hold what lies around, at and below some resources of a case, read at once, in the order of space."""

    def __init__(self, viewer: Viewer, own: Sequence[Resource], asked: Sequence[Resource]) -> None:
        usable = (one for one in own if one.host and not one.held and one.reach != "nothing")
        self._own = sorted(((space.key(one.host), one) for one in usable), key=_first)
        self.seen = _seen()
        at = ((space.key(address), name) for name, addresses in self.seen.items() for address in addresses)
        self._at = sorted(at, key=_first)
        hosts = {one.host for one in asked if one.host}
        addresses = {address for host in hosts for address in self.seen.get(host, ())}
        self.known = programs.known_at(viewer, hosts | addresses)
        self.listed = programs.allowed_around(viewer, hosts)
        self._orders: dict[str, list[Order]] = {}
        for order in _standing(viewer, {text for one in asked for text in self._places(one)}):
            self._orders.setdefault(order.target, []).append(order)

    def orders(self, resource: Resource) -> list[Order]:
        """Return the orders that stand on a target, on what is known below it, and on what is above it."""
        return [order for place in sorted(self._places(resource)) for order in self._orders.get(place, ())]

    def _places(self, resource: Resource) -> set[str]:
        above = space.above(resource.host) if resource.reach != "url" else [resource.host]
        return {resource.target, *above, *(one.resource.target for one in self.known.get(resource.host, ()))}

    def smaller(self, resource: Resource) -> list[Resource]:
        """Return the resources within one that can be ordered by themselves, those that reach least first."""
        found = (one for one in _within(self._own, resource.host) if one.target != resource.target)
        return sorted(found, key=lambda one: (one.reach != "url", one.target))

    def names_at(self, host: str) -> set[str]:
        """Return the names seen at an address or within a network."""
        return set(_within(self._at, host))


def _whole(resource: Resource) -> Resource:
    """Return the whole host of a resource, which only an exception lets be ordered where the resource is less."""
    reach = "name" if space.network(resource.host) is None else "address"
    return replace(resource, target=resource.host, reach=reach)


def _radius(resource: Resource, around: _Around, now: datetime) -> Radius:
    only_url = resource.reach == "url"
    at = around.known.get(resource.host, ())
    listed = around.listed.get(resource.host, ())
    known = [one for one in at if not one.withdrawn and _is_reached(resource, one.resource)]
    lists = AllowLists(listed)
    return Radius(
        resource.target,
        resource.reach,
        _blocks(resource),
        lists.decide(parse(resource.text), now),
        tuple(listed),
        tuple(known),
        tuple(around.orders(resource)),
        () if only_url else tuple(_neighbours(resource, around)),
        _shared(lists, resource.host, now),
        () if only_url else tuple(around.smaller(resource)),
    )


def _blocks(resource: Resource) -> str:
    if resource.reach != "address":
        return resource.reach
    return "network" if "/" in resource.host else "address"


def _is_reached(resource: Resource, other: Resource) -> bool:
    """Say whether an order on a resource stops another, too; what has the same target is the same."""
    if other.target == resource.target:
        return False
    return resource.reach != "url" or covers(resource.text, other.text)


def _standing(viewer: Viewer, targets: Collection[str]) -> Iterator[Order]:
    """Return the orders that stand on targets, a part at a time: a database takes only so many in one question."""
    ordered = sorted(targets)
    for start in range(0, len(ordered), CHUNK):
        part = ordered[start : start + CHUNK]
        yield from queries.orders(viewer).filter(target__in=part, leaves=None).order_by("target", "number")


def _seen() -> dict[str, frozenset[str]]:
    """Return by name the addresses that the hub's own looks found, as far as the newest ones tell."""
    found: dict[str, frozenset[str]] = {}
    newest = Sighting.objects.order_by("-pk").values_list("order__target", "evidence")[:MOST_SIGHTINGS]
    for target, evidence in newest:
        for name, addresses in _said(evidence):
            if name == target and addresses:
                found[name] = found.get(name, frozenset()) | addresses
    return found


def _neighbours(resource: Resource, around: _Around) -> list[str]:
    """Return the other names seen or known at the same addresses."""
    if space.network(resource.host) is not None:
        return sorted(around.names_at(resource.host))
    found: set[str] = set()
    for address in around.seen.get(resource.host, ()):
        found |= around.names_at(address)
        found |= {one.resource.text for one in around.known.get(address, ()) if not one.withdrawn}
    return sorted(found - {resource.target, resource.host})


def _within(placed: Sequence[tuple[bytes, Row]], host: str) -> list[Row]:
    """Return what of rows in the order of space lies at or below a host."""
    first, end = space.below(host)
    return [row for _, row in placed[bisect_left(placed, first, key=_first) : bisect_left(placed, end, key=_first)]]


def _first(placed: tuple[bytes, object]) -> bytes:
    return placed[0]


def _said(evidence: object) -> list[tuple[str, frozenset[str]]]:
    """Return by name the addresses that the evidence of a look tells."""
    answers = evidence.get("answers") if isinstance(evidence, dict) else None
    return [
        (
            str(one.get("name")).rstrip("."),
            frozenset(word for word in str(one.get("said", "")).split() if space.network(word)),
        )
        for one in (answers if isinstance(answers, list) else ())
        if isinstance(one, dict)
    ]


def _shared(lists: AllowLists, host: str, now: datetime) -> str:
    """Return the suffix that unrelated people share, where a host is or lies below one, "" elsewhere."""
    if not host or space.network(host) is not None:
        return ""
    if public_suffixes().publicsuffix(host) == host:
        return host
    decision = lists.decide(Pattern(DOMAIN, host, host), now)
    return decision.listed if decision.reason in ("shared", "shared_below") else ""

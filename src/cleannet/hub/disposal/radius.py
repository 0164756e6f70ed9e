"""Before it goes: what an order would reach, what else the hub knows to live there, and what smaller means would do."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from cleannet.core import space
from cleannet.core.allow import AllowLists, Decision, Listed
from cleannet.core.indicator import DOMAIN, Pattern, parse, public_suffixes
from cleannet.hub.disposal import queries
from cleannet.hub.disposal.models import Order, Sighting
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.programs import queries as programs
from cleannet.hub.programs.queries import Known, Resource

# An order of these states blocks nothing any more: another took its place.
ENDED = frozenset({"reissued"})
MOST_SIGHTINGS = 200


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
    """Return what orders on targets of a case would reach, in their order; what is no resource of it is left out."""
    resources = programs.resources(viewer, cases.case(viewer, case).program)
    by_target = {one.target: one for one in reversed(resources)}
    return [_radius(viewer, by_target[one], resources, now) for one in dict.fromkeys(targets) if one in by_target]


def _radius(viewer: Viewer, resource: Resource, own: Sequence[Resource], now: datetime) -> Radius:
    only_url = resource.reach == "url"
    at = programs.known_at(viewer, resource.host)
    listed = programs.allowed_around(viewer, resource.host)
    known = [one for one in at if not one.withdrawn and _is_reached(resource, one.resource)]
    lists = AllowLists(listed)
    return Radius(
        resource.target,
        resource.reach,
        _blocks(resource),
        lists.decide(parse(resource.text), now),
        tuple(listed),
        tuple(known),
        tuple(_orders(viewer, resource, at)),
        () if only_url else tuple(_neighbours(viewer, resource)),
        _shared(lists, resource.host, now),
        () if only_url else tuple(one for one in own if _is_smaller(resource, one)),
    )


def _blocks(resource: Resource) -> str:
    if resource.reach != "address":
        return resource.reach
    return "network" if "/" in resource.host else "address"


def _is_reached(resource: Resource, other: Resource) -> bool:
    """Say whether an order on a resource stops another, too; what has the same target is the same."""
    if other.target == resource.target:
        return False
    return resource.reach != "url" or other.text.startswith(resource.text)


def _is_smaller(resource: Resource, other: Resource) -> bool:
    """Say whether another resource lies within one and can be ordered by itself."""
    if other.held or other.target == resource.target or other.reach == "nothing" or not other.host:
        return False
    first, end = space.below(resource.host)
    return first <= space.key(other.host) < end


def _orders(viewer: Viewer, resource: Resource, at: Sequence[Known]) -> list[Order]:
    """Return the orders that stand on a target, on what is known below it, and on what is above it."""
    targets = {resource.target, *(one.resource.target for one in at)}
    around = set(space.above(resource.host)) if resource.reach != "url" else {resource.host}
    found = queries.orders(viewer).filter(target__in=targets | around).exclude(status__in=ENDED)
    return list(found.order_by("target", "number"))


def _addresses(resource: Resource) -> set[str]:
    """Return the addresses a target was last seen at, by the hub's own looks; an address is its own."""
    if space.network(resource.host) is not None:
        return {resource.host} - {""}
    seen = Sighting.objects.filter(order__target=resource.host).order_by("-pk").values_list("evidence", flat=True)
    return {
        address
        for evidence in seen[:MOST_SIGHTINGS]
        for name, said in _said(evidence)
        if name == resource.host
        for address in said
    }


def _neighbours(viewer: Viewer, resource: Resource) -> list[str]:
    """Return the other names seen or known at the same addresses."""
    found: set[str] = set()
    for address in _addresses(resource):
        seen = Sighting.objects.filter(evidence__icontains=address).order_by("-pk")
        for target, evidence in seen.values_list("order__target", "evidence")[:MOST_SIGHTINGS]:
            found |= {target for name, said in _said(evidence) if name == target and address in said}
        if address != resource.host:
            found |= {one.resource.text for one in programs.known_at(viewer, address) if not one.withdrawn}
    return sorted(found - {resource.target, resource.host})


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

"""To whom: propose for each resource the parties that shall dispose of it, each with its reason and evidence.

A person's word comes first, then the owner's tables (the nearest row around the resource), then what a registry or the
address file says. What an operator's name or a registrar means is said by tables alone. Whoever holds the resource is
proposed, and for a name the operators with infected subscribers, whose resolvers block it, too.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from django.db.models import QuerySet

from cleannet.core import space
from cleannet.formats.route_table import CARRIER, DOMAIN, HOST, NETWORK, REGISTRAR, REGISTRY, registrar
from cleannet.hub.disposal import address_file, lookups, orderable
from cleannet.hub.disposal.address_file import BadAddressFile
from cleannet.hub.disposal.models import Order, Override, Registration, Route
from cleannet.hub.disposal.models import Routing as Routing
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties
from cleannet.hub.programs import queries as programs
from cleannet.hub.programs.queries import Resource
from cleannet.hub.watch import queries as watch

CHUNK = 500
# Parts of a network that different parties hold; more of them are no order.
MOST_PARTS = 20
Found = TypeVar("Found", Route, Override)
HOLDER, BLOCKING = "holder", "blocking"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Propose one party: because it holds the resource, or as one whose resolvers block it.

    `why` is a key of terms.ROUTES; `evidence` names the row, the answer or the person it rests on.
    """

    party: str
    part: str
    why: str
    evidence: Mapping[str, str] = field(default_factory=dict)
    province: str = ""


@dataclass(frozen=True, slots=True)
class Routed:
    """Hold what is proposed for a resource; `lacking` (terms.UNROUTED, `said` more of it) where nobody holds it."""

    resource: Resource
    proposals: tuple[Proposal, ...]
    lacking: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Unrouted:
    """Hold one resource of an open case of which nobody is known to dispose."""

    case: str
    routed: Routed


def routes(viewer: Viewer, case: str, *, now: datetime) -> list[Routed]:
    """Return what is proposed for each target of a case that can be disposed of and that no allow-list holds now."""
    program = cases.case(viewer, case).program
    found = [one.resource for one in orderable.targets(viewer, program, now=now).values() if not one.held]
    blocking = watch.infected_at(program)
    return [_with_blocking(one, blocking) for one in _Router(viewer, found).routed()]


def servers(found: Iterable[Routed], targets: Collection[str]) -> list[str]:
    """Return the provinces where targets are servers, as far as the tables or the address file say so."""
    holders = (one.proposals for one in found if one.resource.target in targets)
    return sorted({own.province for proposals in holders for own in proposals if own.part == HOLDER and own.province})


def unrouted(viewer: Viewer) -> list[Unrouted]:
    """Return the resources of open cases that nobody is known to hold and nobody was ordered to dispose of."""
    numbers = cases.programs_at_work()
    visible = set(cases.cases(viewer, status="open").values_list("number", flat=True))
    ordered = set(Order.objects.filter(case__in=visible).values_list("case", "target"))
    waiting = [
        (numbers[code], one)
        for code, found in programs.resources_of([code for code in numbers if numbers[code] in visible]).items()
        for one in found
        if not one.held and one.reach != "nothing" and (numbers[code], one.target) not in ordered
    ]
    routed = _Router(viewer, [one for _, one in waiting]).routed()
    return [Unrouted(case, one) for (case, _), one in zip(waiting, routed, strict=True) if one.lacking]


def keep(viewer: Viewer, orders: Iterable[Order], found: Sequence[Routed], now: datetime) -> dict[str, str]:
    """Keep of each order why it went to its party, and return that by number; call it inside a transaction."""
    by_target = {one.resource.target: one.proposals for one in found}
    made = []
    for order in orders:
        proposals = by_target.get(order.target, ())
        own = next((one for one in proposals if one.party == order.party), None)
        made.append(
            Routing(
                order=order,
                proposed=own is not None,
                why=own.why if own else "chosen",
                evidence=dict(own.evidence) if own else {},
                others=[[one.party, one.why] for one in proposals if one.party != order.party],
                person=viewer.person,
                decided_at=now,
            )
        )
    Routing.objects.bulk_create(made)
    return {one.order_id: one.why for one in made}


def decisions(viewer: Viewer, orders: Collection[str]) -> dict[str, Routing]:
    """Return by number why orders went to their parties, to those who issue orders only."""
    if not viewer.may("order"):
        return {}
    return {row.order_id: row for row in Routing.objects.filter(order__in=orders)}


def _with_blocking(routed: Routed, blocking: Collection[str]) -> Routed:
    if routed.resource.reach != "name":
        return routed
    known = {one.party for one in routed.proposals}
    more = tuple(Proposal(code, BLOCKING, "infected") for code in blocking if code not in known)
    return Routed(routed.resource, (*routed.proposals, *more), routed.lacking, routed.said)


class _Router:
    """Know whatever bears on some resources, read at once, and route each."""

    def __init__(self, viewer: Viewer, resources: Sequence[Resource]) -> None:
        self._resources = resources
        hosts = {one.host for one in resources if one.host}
        around = {text for host in hosts for text in space.above(host)}
        self._overrides = {row.what: row for row in _in_chunks(Override.objects.filter(superseded_at=None), around)}
        self._rows: dict[str, dict[str, Route]] = defaultdict(dict)
        current = Route.objects.filter(table__current=True).select_related("table").order_by("-table__imported_at")
        for row in _in_chunks(current.filter(table__kind__in=(NETWORK, HOST, DOMAIN, REGISTRY)), around):
            self._rows[row.table.kind].setdefault(row.what, row)
        self._parts = {host: list(_parts(host)) for host in hosts if "/" in host}
        self._domains = lookups.domains({one.host for one in resources if one.reach == "name"})
        known = Registration.objects.filter(key__in=set(self._domains.values()))
        self._registrations = {row.key: row for row in known}
        names = {name for row in known for name in (row.registrar_id, _normal(row.registrar)) if name}
        self._registrars = {row.what: row for row in _in_chunks(current.filter(table__kind=REGISTRAR), names)}
        self._carriers = {(row.what, row.province): row for row in current.filter(table__kind=CARRIER)}
        self._centre = parties.parties(viewer).filter(role="cncert").values_list("code", flat=True).first() or ""

    def routed(self) -> list[Routed]:
        return [self._route(one) for one in self._resources]

    def _route(self, resource: Resource) -> Routed:
        by_hand = _nearest(self._overrides, resource.host)
        if by_hand is not None and by_hand.party:
            evidence = {"what": by_hand.what, "reason": by_hand.reason, "person": by_hand.person}
            return Routed(resource, (Proposal(by_hand.party, HOLDER, "by_hand", evidence),))
        if resource.reach == "url":
            return self._host(resource)
        if space.network(resource.host) is not None:
            return self._network(resource)
        return self._name(resource)

    def _host(self, resource: Resource) -> Routed:
        row = _nearest(self._rows[HOST], resource.host)
        if row is None:
            return Routed(resource, (), "host_unknown")
        return Routed(resource, (_by(row, "host_table"),))

    def _network(self, resource: Resource) -> Routed:
        row = _nearest(self._rows[NETWORK], resource.host)
        parts = self._parts.get(resource.host, [])
        if row is not None or parts:
            found = {one.party: one for one in [*([row] if row else []), *parts]}
            return Routed(resource, tuple(_by(one, "network_table") for one in found.values()))
        address = resource.host.partition("/")[0]
        try:
            place = address_file.place(address)
        except BadAddressFile as error:
            return Routed(resource, (), "file_unreadable", str(error))
        if place is None:
            return Routed(resource, (), "network_unknown")
        evidence = {"address": address, "carrier": place.carrier, "province": place.province}
        if not place.domestic:
            return self._to_centre(resource, "address_abroad", evidence)
        carrier = self._carriers.get((place.carrier, place.province)) or self._carriers.get((place.carrier, ""))
        if carrier is None:
            return Routed(resource, (), "carrier_unknown", place.carrier)
        evidence |= {"table": carrier.table.source, "line": str(carrier.line)}
        return Routed(resource, (Proposal(carrier.party, HOLDER, "address_file", evidence, place.province),))

    def _name(self, resource: Resource) -> Routed:
        row = _nearest(self._rows[DOMAIN], resource.host)
        if row is not None:
            return Routed(resource, (_by(row, "domain_table"),))
        host = _nearest(self._rows[HOST], resource.host)
        if host is not None and resource.reason == "shared_below":
            return Routed(resource, (_by(host, "host_table"),))
        return self._registered(resource)

    def _registered(self, resource: Resource) -> Routed:
        domain = self._domains.get(resource.host, "")
        found = self._registrations.get(domain)
        registry = _nearest(self._rows[REGISTRY], resource.host)
        if found is not None and found.registered and found.looked_at is not None:
            evidence = {"domain": domain, "source": found.source, "asked": found.looked_at.isoformat()}
            evidence |= {"registrar": found.registrar, "number": found.registrar_id}
            for name in (found.registrar_id, _normal(found.registrar)):
                if name in self._registrars:
                    row = self._registrars[name]
                    evidence |= {"table": row.table.source, "line": str(row.line)}
                    return Routed(resource, (Proposal(row.party, HOLDER, "registrar", evidence),))
            if registry is None:
                return self._to_centre(resource, "abroad", evidence)
        if registry is not None:
            return Routed(resource, (_by(registry, "registry"),))
        if found is None:
            return Routed(resource, (), "never_asked")
        if found.registered is False:
            return Routed(resource, (), "not_registered", domain)
        return Routed(resource, (), "nobody_to_ask" if found.done_at else "asked", found.failure)

    def _to_centre(self, resource: Resource, why: str, evidence: Mapping[str, str]) -> Routed:
        if not self._centre:
            return Routed(resource, (), "no_centre")
        return Routed(resource, (Proposal(self._centre, HOLDER, why, evidence),))


def _by(row: Route, why: str) -> Proposal:
    evidence = {"what": row.what, "table": row.table.source, "line": str(row.line)}
    return Proposal(row.party, HOLDER, why, evidence, row.province)


def _parts(host: str) -> Iterator[Route]:
    """Return a row of each party that holds a part of a network."""
    first, end = space.below(host)
    rows = Route.objects.filter(table__current=True, table__kind=NETWORK, key__gt=first, key__lt=end)
    found = {row.party: row for row in rows.select_related("table").order_by("key")[: CHUNK * 10]}
    yield from list(found.values())[:MOST_PARTS]


def _nearest(rows: Mapping[str, Found], host: str) -> Found | None:
    return next((rows[text] for text in space.above(host) if text in rows), None)


def _in_chunks(rows: QuerySet[Found], texts: Collection[str]) -> Iterator[Found]:
    """Return the rows about some texts, a part at a time: a database takes only so many in one question."""
    wanted = sorted(texts)
    for start in range(0, len(wanted), CHUNK):
        yield from rows.filter(what__in=wanted[start : start + CHUNK])


def _normal(name: str) -> str:
    return registrar(name) if name.strip() else ""

"""What may be ordered: which targets a program has, what allow-lists hold of them, and what an exception lets go."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings

from cleannet.core import space
from cleannet.core.allow import REASONS, AllowLists
from cleannet.core.indicator import parse
from cleannet.formats import rpz
from cleannet.hub.disposal.models import Order
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents.queries import Case
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties
from cleannet.hub.programs import queries as programs
from cleannet.hub.programs.queries import Resource

# Whom the law lets be ordered (545号 十一), and access and IDC providers, who are asked: no duty arises for them.
DISPOSERS = ("operator", "registry", "registrar", "cncert", "access", "idc")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Name one order to issue: who shall act on which target, and what that is; see programs.queries.Resource."""

    party: str
    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class Exemption:
    """Let one name or address be ordered although an allow-list or its neighbours hold it: why, and until when."""

    target: str
    reason: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Target:
    """Hold what an order may name, with every kind of resource it is known as.

    `held` is a key of core.allow.REASONS: why only an exception lets it be ordered, "" where nothing holds it.
    """

    resource: Resource
    kinds: tuple[str, ...]
    held: str


def targets(viewer: Viewer, program: str, *, now: datetime, only: Collection[str] | None = None) -> dict[str, Target]:
    """Return what orders may name of a program, or `only` some of it: held by intake, or by the kept lists now."""
    known: dict[str, list[Resource]] = {}
    for one in programs.resources(viewer, program):
        if only is None or one.target in only or one.host in only:
            known.setdefault(one.target, []).append(one)
    listed = programs.allowed_around(viewer, {one.host for rows in known.values() for one in rows if one.host})
    found = {}
    for target, rows in known.items():
        held = (_held(one, AllowLists(listed.get(one.host, ())), now) for one in rows)
        found[target] = Target(rows[0], tuple(dict.fromkeys(one.kind for one in rows)), next(filter(None, held), ""))
    return found


def hosts(found: Mapping[str, Target]) -> dict[str, Target]:
    """Return every whole host of some targets; what is held of them, or known of a part only, needs an exception."""
    kinds: dict[str, dict[str, None]] = {}
    for one in found.values():
        kinds.setdefault(one.resource.host, {}).update(dict.fromkeys(one.kinds))
    made: dict[str, Target] = {}
    for one in sorted(found.values(), key=lambda one: one.resource.target != one.resource.host):
        host = one.resource.host
        if host and host not in made:
            free = one.resource.target == host and one.resource.reach in ("name", "address") and not one.held
            resource = replace(one.resource, target=host, reach=reach_of(host))
            made[host] = Target(resource, tuple(kinds[host]), "" if free else one.held or one.resource.reason)
    return made


def reach_of(host: str) -> str:
    """Return how far an order on a whole host reaches: name or address."""
    return "name" if space.network(host) is None else "address"


def check(
    viewer: Viewer,
    case: Case,
    wanted: Collection[Wanted],
    now: datetime,
    until: datetime | None = None,
    exempt: Collection[Exemption] = (),
) -> dict[str, Resource]:
    """Return what is wanted as it may be ordered, by target; raise OrderRefused for what may not.

    The allow-lists that are kept now count as those did that were asked when a resource was taken in.
    """
    if not wanted:
        raise OrderRefused("order.nothing_wanted", case=case.number)
    if len({(one.party, one.target) for one in wanted}) < len(wanted):
        raise OrderRefused("order.wanted_twice", case=case.number)
    disposers = parties.names({one.party for one in wanted})
    idle = sorted(code for code, party in disposers.items() if party.role not in DISPOSERS)
    if idle:
        raise OrderRefused("order.cannot_dispose", parties=idle)
    if until is not None and until <= now:
        raise OrderRefused("order.until_past", until=until)
    found = targets(viewer, case.program, now=now, only={one.target for one in wanted})
    found |= _exempted(found, wanted, now, exempt)
    for one in wanted:
        known = found.get(one.target)
        if known is None:
            raise OrderRefused("order.not_a_resource", target=one.target, program=case.program)
        if one.kind not in known.kinds:
            raise OrderRefused("order.another_kind", target=one.target, kind=", ".join(known.kinds))
        if known.held:
            why = REASONS[known.held]
            raise OrderRefused("order.held_by_allow_list", target=one.target, reason=f"{why.zh} {why.en}")
        if known.resource.reach != "name":
            continue
        try:
            rpz.owners(one.target, max(settings.CLEANNET_DNS_ZONE, settings.CLEANNET_DNS_BULK_ZONE, key=len))
        except rpz.CannotBlock as error:
            raise OrderRefused("order.cannot_block", target=one.target, why=str(error)) from error
    return {target: one.resource for target, one in found.items()}


def refuse_standing(case: str, wanted: Iterable[Wanted]) -> None:
    """Raise OrderRefused where a party has an order on a target in the case already that stands."""
    asked = {(one.party, one.target) for one in wanted}
    stand = Order.objects.filter(case=case, leaves=None, party__in={party for party, _ in asked}).order_by("number")
    for number, party, target in stand.values_list("number", "party", "target"):
        if (party, target) in asked:
            raise OrderRefused("order.stands_already", order=number, party=party, target=target)


def _held(resource: Resource, lists: AllowLists, now: datetime) -> str:
    """Return why a resource is held, "" where it is not."""
    if resource.held or resource.reach == "nothing":
        return resource.reason
    decision = lists.decide(parse(resource.text), now)
    return decision.reason if decision.holds else ""


def _exempted(
    found: Mapping[str, Target], wanted: Collection[Wanted], now: datetime, exempt: Collection[Exemption]
) -> dict[str, Target]:
    """Return, by target, what an exception lets be ordered by its name or address after all."""
    whole, asked = hosts(found), {one.target for one in wanted}
    for one in exempt:
        if one.target not in asked or one.target not in whole:
            raise OrderRefused("order.exempt_for_nothing", target=one.target)
        if not one.reason.strip():
            raise OrderRefused("order.exempt_without_reason", target=one.target)
        if one.until <= now:
            raise OrderRefused("order.until_past", until=one.until)
    return {one.target: replace(whole[one.target], held="") for one in exempt}

"""Where this hub sends rules to and looks from, as the settings name it, and which look decides about whose order."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version

import structlog
from django.conf import settings

from cleannet.hub.disposal import resolution
from cleannet.hub.disposal.resolution import Primary
from cleannet.probe import authority, connection, egress, registry, resolver, web
from cleannet.probe.answer import (
    AUTHORITY,
    CONNECT,
    HTTP,
    REGISTRY,
    RESOLVER,
    RULE,
    TLS,
    Answer,
    Server,
    server,
    unknown,
)
from cleannet.probe.egress import Egress
from cleannet.probe.target import ADDRESS, NAME, URL, Target

log = structlog.get_logger("cleannet.looks")
# By how far an order reaches and whether it is an operator's: the kinds of look that decide about it, and those that
# only go with them. For an operator, looks that go out decide from inside its own network only: what it blocks is
# still there for everybody else.
JUDGED_BY: Mapping[tuple[str, bool], tuple[tuple[str, ...], tuple[str, ...]]] = {
    (NAME, True): ((RESOLVER, RULE), (AUTHORITY, HTTP)),
    (NAME, False): ((AUTHORITY,), (REGISTRY, HTTP)),
    (ADDRESS, True): ((CONNECT,), (TLS,)),
    (ADDRESS, False): ((CONNECT,), (TLS,)),
    (URL, True): ((HTTP,), ()),
    (URL, False): ((HTTP,), ()),
}
GOING_OUT: Mapping[str, Callable[[Egress, Target], Answer]] = {
    CONNECT: connection.look,
    TLS: connection.shake_hands,
    HTTP: web.look,
}
# What names the vantages of a kind of look.
SET_BY = {RESOLVER: "CLEANNET_DNS_RESOLVERS", AUTHORITY: "CLEANNET_DNS_ROOTS"} | dict.fromkeys(
    GOING_OUT, "CLEANNET_PROBE_EGRESS"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """Hold what was seen from one vantage, and whether it decides about the order or only goes with it."""

    answer: Answer
    decides: bool


@dataclass(frozen=True, slots=True)
class Vantage:
    """Hold one way to look from one place."""

    kind: str
    decides: bool
    look: Callable[[Target], Answer]


def primary() -> Primary | None:
    """Return the primary the rules go to, None where none is set."""
    if not settings.CLEANNET_DNS_PRIMARY:
        return None
    return Primary(
        server("primary", settings.CLEANNET_DNS_PRIMARY),
        settings.CLEANNET_DNS_ZONE,
        settings.CLEANNET_DNS_KEY_NAME,
        settings.CLEANNET_DNS_KEY,
        settings.CLEANNET_DNS_BULK_ZONE,
    )


def resolvers(party: str) -> list[Server]:
    """Return the resolvers that judge an operator's orders: its own, or where it has none, those of everybody.

    Raises ValueError for a setting that names none.
    """
    found = _servers(settings.CLEANNET_DNS_RESOLVERS)
    return [one for one in found if one.party == party] or [one for one in found if not one.party]


def roots() -> list[Server]:
    """Return where a look at the authoritative side begins; raise ValueError for a setting that names none."""
    return _servers(settings.CLEANNET_DNS_ROOTS)


def egresses(party: str = "") -> list[Egress]:
    """Return where looks for a party's orders go out, those in its own network first; raise ValueError for none.

    Each learns addresses from the resolvers of the network it lies in; those of nobody's network from the roots where
    they are set, and else from everybody's resolvers, which may apply the hub's own rules. Each names itself and whom
    to reach.
    """
    pairs = [item.partition("=") for item in settings.CLEANNET_PROBE_EGRESS.split(",") if item.strip()]
    contact = f" (+{settings.CLEANNET_PROBE_CONTACT})" if settings.CLEANNET_PROBE_CONTACT else ""
    found = [
        Egress(
            name,
            source,
            owner,
            resolvers(owner),
            () if owner else roots(),
            believed=bool(owner),
            agent=f"CleanNet/{version('cleannet')}{contact}",
            open_to=settings.CLEANNET_PROBE_CLOSED_NETWORKS,
            seconds=settings.CLEANNET_PROBE_SECONDS,
        )
        for name, source, owner in (egress.egress(name.strip(), source.strip()) for name, _, source in pairs)
    ]
    return [one for one in found if party and one.party == party] + [one for one in found if not one.party]


def owners() -> frozenset[str]:
    """Return the codes of the parties in whose networks the settings name a resolver or an egress."""
    named = f"{settings.CLEANNET_DNS_RESOLVERS},{settings.CLEANNET_PROBE_EGRESS}".split(",")
    return frozenset(item.partition("=")[0].strip().rpartition("/")[0] for item in named) - {""}


def sees(party: str, role: str, reach: str) -> bool:
    """Say whether there is a vantage that decides about the orders of a party that reach so far."""
    return any(one.decides for one in _vantages(party, role, reach, _nothing, 1))


def goes_out(party: str, role: str, reach: str) -> tuple[bool, bool]:
    """Say whether looks at an order go out to the target itself, and whether one of these decides about it."""
    out = [one.decides for one in _vantages(party, role, reach, _nothing, 1) if one.kind in GOING_OUT]
    return bool(out), any(out)


def look(
    party: str,
    role: str,
    target: Target,
    forbidden: Callable[[str], str] | None,
    *,
    blocked: bool = False,
    timeout: float,
) -> list[Seen]:
    """Look at the target of a party's order from every vantage that is set, all at once; `JUDGED_BY` says which decide.

    `forbidden` says why a host is not asked; without it no look goes out to the target itself. Where nothing that would
    decide is set, or a look fails, that is seen as unknown and said. Without a resolver a rule alone proves no effect;
    what the hub itself has `blocked` says nothing through resolvers that may apply its rules.
    """
    found = list(_vantages(party, role, target.reach, forbidden or _nothing, timeout, blocked))
    if not any(one.decides for one in found):
        (kind, *_), _ = JUDGED_BY[target.reach, role == "operator"]
        found.append(Vantage(kind, True, partial(_not_set, kind)))
    asked = [one for one in found if forbidden or one.kind not in GOING_OUT]
    with ThreadPoolExecutor(max_workers=max(len(asked), 1)) as pool:
        waited = [(one, pool.submit(one.look, target)) for one in asked]
    return [Seen(_heard(one, said), one.decides) for one, said in waited]


def _heard(one: Vantage, said: Future[Answer]) -> Answer:
    """Return the answer of a look that is over; whatever a stranger's words broke in it, the others are heard."""
    error = said.exception()
    if not isinstance(error, Exception):
        return said.result()
    log.error("look_failed", kind=one.kind, error=type(error).__name__)
    return unknown(one.kind, "", f"the look itself failed: {type(error).__name__}")


def longest() -> float:
    """Return the seconds that looking from all vantages may take at the most; a URL may be asked for twice."""
    return float(max((authority.PATIENCE + 2) * settings.CLEANNET_DNS_SECONDS, 3 * settings.CLEANNET_PROBE_SECONDS))


def _vantages(
    party: str, role: str, reach: str, forbidden: Callable[[str], str], timeout: float, blocked: bool = False
) -> Iterator[Vantage]:
    operator = role == "operator"
    decide, beside = JUDGED_BY[reach, operator]
    for kind in (*decide, *beside):
        for ours, way in _ways(kind, party, operator, forbidden, timeout, blocked):
            yield Vantage(kind, kind in decide and ours, way)


def _ways(
    kind: str, party: str, operator: bool, forbidden: Callable[[str], str], timeout: float, blocked: bool
) -> Iterator[tuple[bool, Callable[[Target], Answer]]]:
    """Yield each way to look that is set for a kind, and whether it lies where the order has its effect."""
    out = [replace(one, forbidden=forbidden) for one in egresses(party if operator else "")]
    if kind == RESOLVER:
        yield from ((True, _of_host(resolver.look, one, timeout)) for one in resolvers(party))
    elif kind == RULE:
        where = primary()
        if where is not None and resolvers(party):
            yield True, _of_host(resolution.rule_stands, where, timeout)
    elif kind == AUTHORITY:
        if roots():
            yield True, _of_host(authority.look, roots(), timeout)
    elif kind == REGISTRY:
        if out and settings.CLEANNET_PROBE_RDAP:
            # The registry answers everybody; it is not what is looked at.
            asks = replace(out[-1], forbidden=_nothing, roots=())
            yield True, lambda target: registry.look(asks, settings.CLEANNET_PROBE_RDAP, target.host)
    else:
        for one in out:
            veiled = blocked and not (one.roots or one.believed)
            way = partial(_veiled, kind, one.name) if veiled else partial(GOING_OUT[kind], one)
            yield one.party == party or not operator, way


def _of_host(ask: Callable[..., Answer], where: object, timeout: float) -> Callable[[Target], Answer]:
    return lambda target: ask(where, target.host, timeout=timeout)


def _veiled(kind: str, vantage: str, _target: Target) -> Answer:
    return unknown(kind, vantage, "the hub's own rule may hide it from here; CLEANNET_DNS_ROOTS lets it be found")


def _not_set(kind: str, _target: Target) -> Answer:
    return unknown(kind, "", f"{SET_BY[kind]} is not set", answers=[], not_set=SET_BY[kind])


def _nothing(_host: str) -> str:
    return ""


def _servers(text: str) -> list[Server]:
    pairs = [item.partition("=") for item in text.split(",") if item.strip()]
    return [server(name.strip(), address.strip()) for name, _, address in pairs]

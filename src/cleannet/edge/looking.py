"""Look from inside the operator's network at what the hub asks, by the operator's own resolvers, and answer signed."""

import argparse
import ipaddress
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib.metadata import version

from cleannet.core import space
from cleannet.core.addresses import address_or_none, unasked
from cleannet.edge.hub import Hub, HubRefused
from cleannet.edge.state import State
from cleannet.edge.watchlists import load_allow_lists, load_watchlists
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats import envelope, looks
from cleannet.formats.looks import Look, LookRequest, LookResult
from cleannet.formats.messages import BadMessage
from cleannet.probe import connection, resolver, target, web
from cleannet.probe.answer import CONNECT, HTTP, RESOLVER, Answer, Server, server, unknown, written
from cleannet.probe.egress import DEFAULT, Egress, egress
from cleannet.probe.target import ADDRESS, NAME, Target

DNS_SECONDS = 5.0
# What the hub may make an edge do, whatever it signs.
MOST_REQUESTS = 100
LONGEST = timedelta(days=1)
HOST_REST = timedelta(minutes=1)
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*[0-9A-Fa-f]|::")


@dataclass(frozen=True, slots=True)
class Vantages:
    """Hold from where this edge looks: the operator's resolvers, and the way out where one is set."""

    resolvers: Sequence[Server]
    egress: Egress | None
    opt_out: Sequence[str] = ()


@dataclass(slots=True)
class Courtesy:
    """Say of each host and address of one look why it is not asked, "" where it may be; remember which were."""

    opt_out: Sequence[str]
    recent: Collection[str]
    asked: set[str] = field(default_factory=set)

    def __call__(self, host: str) -> str:
        if space.holds(self.opt_out, host):
            return "its owner asked not to be looked at"
        if host in self.recent:
            return "it was asked a moment ago"
        self.asked.add(host)
        return ""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add what says from where it is looked."""
    command.add_argument(
        "--resolver",
        action="append",
        default=[],
        metavar="NAME=ADDRESS:PORT",
        help="a resolver of the operator's own; may be given again",
    )
    command.add_argument(
        "--egress", metavar="ADDRESS", help=f"source address of looks that go out, or “{DEFAULT}”; without it none does"
    )
    command.add_argument("--contact", default="", metavar="TEXT", help="how whoever is looked at reaches the operator")
    command.add_argument(
        "--closed-network", action="append", default=[], metavar="NETWORK", help="a private network that may be asked"
    )
    command.add_argument(
        "--opt-out", action="append", default=[], metavar="HOST", help="a name or network that is not looked at"
    )


def vantages(options: argparse.Namespace) -> Vantages:
    """Return from where it is looked; raise WrongUse for what names no resolver, egress, contact or network."""
    try:
        pairs = [text.partition("=") for text in options.resolver]
        resolvers = [server(name.strip(), address.strip()) for name, _, address in pairs]
        open_to = [ipaddress.ip_network(text) for text in options.closed_network]
        _, source, _ = egress("edge", options.egress or DEFAULT)
    except ValueError as error:
        raise WrongUse(str(error)) from None
    if not options.egress:
        return Vantages(resolvers, None, options.opt_out)
    if not options.contact or not options.contact.isascii() or not options.contact.isprintable():
        raise WrongUse("whoever is looked at must be able to object: --contact with a mail address or a page, in ASCII")
    agent = f"CleanNet/{version('cleannet')} (+{options.contact})"
    out = Egress("egress", source, resolvers=resolvers, agent=agent, open_to=open_to)
    return Vantages(resolvers, out, options.opt_out)


def answer(hub: Hub, state: State, vantages: Vantages, *, clock: Callable[[], datetime]) -> tuple[list[str], list[str]]:
    """Look at what the hub asks this edge and send each result; return a line for each, and the refusals.

    Refused is a request that the pinned key of the hub did not sign, that is not for this edge, is over, lasts longer
    than a day or was answered before, and a result that the hub does not take. What the kept release of the watchlist
    does not cover is not looked at and said to be unknown. A host asked a moment ago is left for the next run.
    """
    lines: list[str] = []
    refused: list[str] = []
    covers = _covering(state, clock())
    for message in hub.looks(state)[:MOST_REQUESTS]:
        try:
            request = _believed(message, state, clock())
            if line := _answered(request, hub, state, vantages, covers, clock):
                lines.append(line)
        except HubRefused as error:
            refused.append(str(error))
    return lines, refused


def _answered(
    request: LookRequest,
    hub: Hub,
    state: State,
    vantages: Vantages,
    covers: Callable[[Target], bool],
    clock: Callable[[], datetime],
) -> str:
    """Look, send what was seen and return a line; "" where the host was asked a moment ago."""
    who, moment, looked = state.identity(), clock(), state.looked()
    answered = {one: end for one, end in looked["answered"].items() if datetime.fromisoformat(end) > moment}
    asked = {host: at for host, at in looked["asked"].items() if datetime.fromisoformat(at) > moment - HOST_REST}
    if request.id in answered:
        raise HubRefused(f"{request.order}: a request to look was answered before")
    aimed = target.read(request.reach, request.target)
    if not covers(aimed):
        seen = [_said(unknown(_kind(request), "edge", "this edge's release of the watchlist does not name it"))]
        courtesy = Courtesy((), ())
    elif aimed.host in asked:
        return ""
    else:
        courtesy = Courtesy(vantages.opt_out, frozenset(asked))
        out = vantages.egress and replace(vantages.egress, forbidden=courtesy)
        seen = [_said(one) for one in look(request, replace(vantages, egress=out))]
    state.keep_looked({"answered": answered, "asked": asked | dict.fromkeys(courtesy.asked, moment.isoformat())})
    result = LookResult(request.id, who.edge, who.party, clock(), seen)
    try:
        hub.seen(envelope.sign(result.write(), state.key(), who.key_id, looks.RESULT))
    except HubRefused as error:
        raise HubRefused(f"{request.order}: {error}") from None
    looked = state.looked()
    state.keep_looked({**looked, "answered": looked["answered"] | {request.id: request.expires_at.isoformat()}})
    said = ", ".join(f"{one.kind} {one.vantage} {one.verdict}" for one in seen)
    return f"{request.order}: {said}"


def _covering(state: State, moment: datetime) -> Callable[[Target], bool]:
    """Return what says whether a target lies in the verified release; raise release.Rejected for one not to be used."""
    paths = [state.release] if state.release.exists() else []
    index = load_watchlists(paths, load_allow_lists([]).lists, moment, state.hub_keys(), state.release_number()).index()
    return lambda aimed: bool(index.find(aimed.host, "", aimed.port, aimed.path))


def _kind(request: LookRequest) -> str:
    return {NAME: RESOLVER, ADDRESS: CONNECT}.get(request.reach, HTTP)


def look(request: LookRequest, vantages: Vantages) -> Iterator[Answer]:
    """Look at the target of a request from every vantage of this edge; what is not set is unknown and says so."""
    aimed = target.read(request.reach, request.target)
    if request.reach == NAME:
        for one in vantages.resolvers:
            yield resolver.look(one, aimed.host, timeout=DNS_SECONDS)
        if not vantages.resolvers:
            yield unknown(RESOLVER, "edge", "no resolver is set at this edge (--resolver)")
    elif vantages.egress is None:
        yield unknown(_kind(request), "edge", "no egress is set at this edge (--egress)")
    if vantages.egress is not None:
        yield connection.look(vantages.egress, aimed) if request.reach == ADDRESS else web.look(vantages.egress, aimed)


def _believed(message: bytes, state: State, moment: datetime) -> LookRequest:
    try:
        request = looks.read_request(envelope.verify(message, state.hub_keys(), looks.REQUEST).payload)
    except (envelope.BadEnvelope, BadMessage) as error:
        raise HubRefused(f"a request to look is not the hub's: {error}") from None
    who = state.identity()
    if (request.edge, request.party) != (who.edge, who.party):
        raise HubRefused(f"a request to look is for the edge {request.edge} of {request.party}, not for this one")
    if request.expires_at <= moment:
        raise HubRefused(f"a request to look was over at {request.expires_at.isoformat()}; check the clock")
    if request.expires_at - request.asked_at > LONGEST:
        raise HubRefused(f"{request.order}: a request to look is for longer than a day")
    return request


def _said(seen: Answer) -> Look:
    told = written(seen.evidence)
    return Look(seen.kind, seen.vantage, seen.verdict, {key: _veiled(value) for key, value in told.items()})


def _veiled(value: object) -> object:
    """Return evidence without the operator's own addresses: the hub learns nothing of what lies inside."""
    if isinstance(value, str):
        return _ADDRESS.sub(_outside, value)
    if isinstance(value, dict):
        return {key: _veiled(one) for key, one in value.items()}
    return [_veiled(one) for one in value] if isinstance(value, list) else value


def _outside(found: re.Match[str]) -> str:
    address = address_or_none(found.group())
    return "a private address" if address is not None and unasked(address) else found.group()

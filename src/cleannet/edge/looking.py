"""Look from inside the operator's network at what the hub asks, by the operator's own resolvers, and answer signed."""

import argparse
import ipaddress
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from cleannet.edge.hub import Hub, HubRefused
from cleannet.edge.state import State
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats import envelope, looks
from cleannet.formats.looks import Look, LookRequest, LookResult
from cleannet.formats.messages import BadMessage
from cleannet.probe import connection, resolver, target, web
from cleannet.probe.answer import CONNECT, HTTP, RESOLVER, Answer, Server, server, unknown, written
from cleannet.probe.egress import DEFAULT, Egress, egress
from cleannet.probe.target import ADDRESS, NAME

DNS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Vantages:
    """Hold from where this edge looks: the operator's resolvers, and the way out where one is set."""

    resolvers: Sequence[Server]
    egress: Egress | None


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
        return Vantages(resolvers, None)
    if not options.contact or not options.contact.isascii() or not options.contact.isprintable():
        raise WrongUse("whoever is looked at must be able to object: --contact with a mail address or a page, in ASCII")
    agent = f"CleanNet/{version('cleannet')} (+{options.contact})"
    out = Egress("egress", source, resolvers=resolvers, agent=agent, open_to=open_to)
    return Vantages(resolvers, out)


def answer(hub: Hub, state: State, vantages: Vantages, *, clock: Callable[[], datetime]) -> list[str]:
    """Look at what the hub asks this edge and send each result; return a line for each.

    Raises HubRefused for a request that the pinned key of the hub did not sign, is not for this edge, or is over.
    """
    who, lines = state.identity(), []
    for message in hub.looks(state):
        request = _believed(message, state, clock())
        seen = [_said(one) for one in look(request, vantages)]
        result = LookResult(request.id, who.edge, who.party, clock(), seen)
        hub.seen(envelope.sign(result.write(), state.key(), who.key_id, looks.RESULT))
        said = ", ".join(f"{one.kind} {one.vantage} {one.verdict}" for one in seen)
        lines.append(f"{request.order}: {said}")
    return lines


def look(request: LookRequest, vantages: Vantages) -> Iterator[Answer]:
    """Look at the target of a request from every vantage of this edge; what is not set is unknown and says so."""
    aimed = target.read(request.reach, request.target)
    if request.reach == NAME:
        for one in vantages.resolvers:
            yield resolver.look(one, aimed.host, timeout=DNS_SECONDS)
        if not vantages.resolvers:
            yield unknown(RESOLVER, "edge", "no resolver is set at this edge (--resolver)")
    elif vantages.egress is None:
        yield unknown(CONNECT if request.reach == ADDRESS else HTTP, "edge", "no egress is set at this edge (--egress)")
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
    return request


def _said(seen: Answer) -> Look:
    return Look(seen.kind, seen.vantage, seen.verdict, written(seen.evidence))

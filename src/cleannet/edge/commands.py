"""The commands of the edge: `cleannet edge detect | follow | explain | hunt | report | key | enrol | send | …`."""

import argparse
from pathlib import Path

from cleannet.edge import (
    follow_command,
    log_commands,
    looking,
    past_commands,
    subscribers,
    token_commands,
    warning_commands,
)
from cleannet.edge.hub import Hub, HubAway, HubRefused, read_token
from cleannet.edge.interface import DONE, REFUSED, add_command, add_state, now, say
from cleannet.edge.state import State, read_hub_keys


def register(programs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the program `edge` and its commands."""
    edge = programs.add_parser("edge", help="read logs, match, count and report, at the operator")
    commands = edge.add_subparsers(metavar="COMMAND", required=True)

    log_commands.register(commands)
    follow_command.register(commands)
    past_commands.register(commands)
    warning_commands.register(commands)
    token_commands.register(commands)

    command = add_command(commands, "key", _key, "make the operator's key for pseudonyms")
    command.add_argument("file", type=Path, metavar="FILE")

    command = add_command(commands, "enrol", _enrol, "make this edge's signing key and pin the hub's")
    command.add_argument("--edge", required=True, metavar="ID", help="what this edge is called")
    command.add_argument("--party", required=True, metavar="CODE", help="the operator's party code")
    command.add_argument("--province", default="", metavar="CODE", help="two-digit code of the province it covers")
    command.add_argument(
        "--hub-key", required=True, type=Path, metavar="FILE", help="the hub's public keys, one a line"
    )
    add_state(command)

    for name, run, words in (
        ("pull", _pull, "take the newest release of the watchlist"),
        ("send", _send, "send the spooled tallies, oldest first"),
        ("heartbeat", _heartbeat, "say that this edge is alive and what it covers"),
        ("rotate", _rotate, "give this edge a new signing key, vouched for by the one before"),
        ("probe", _probe, "look from inside at what the hub asks, and answer it"),
        ("audit", _audit, "check that the hub's ledger still contains every head it ever receipted"),
    ):
        command = add_command(commands, name, run, words)
        command.add_argument("--hub", required=True, metavar="URL")
        command.add_argument("--token-file", required=True, type=Path, metavar="FILE")
        add_state(command)
        if run is _probe:
            looking.add_arguments(command)


def _key(options: argparse.Namespace) -> int:
    subscribers.write_key(options.file)
    print(f"{options.file} holds the key. Keep a copy in a safe place: without it no pseudonym can be turned back.")
    return DONE


def _enrol(options: argparse.Namespace) -> int:
    state = State(options.state)
    identity = state.enrol(options.edge, options.party, options.province, read_hub_keys(options.hub_key))
    print(f"Edge {identity.edge} of {identity.party}, key {identity.key_id}. Give the hub this public key:")
    print(state.public_key())
    return DONE


def _hub(options: argparse.Namespace) -> tuple[Hub, State]:
    state = State(options.state)
    state.identity()
    return Hub(options.hub, read_token(options.token_file)), state


def _pull(options: argparse.Namespace) -> int:
    hub, state = _hub(options)
    with hub:
        number = hub.pull(state, now())
    print("There is no newer release." if number is None else f"Release {number} was taken.")
    return DONE


def _send(options: argparse.Namespace) -> int:
    hub, state = _hub(options)
    with hub:
        try:
            sent = hub.send(state)
        except (HubAway, HubRefused) as error:
            waiting = sum(1 for _ in state.waiting())
            raise type(error)(f"{error}; tallies waiting in the spool: {waiting}") from None
    print(f"Tallies sent and receipted: {sent.tallies}.")
    if sent.provisional:
        print(f"Counted under a provisional name, as the hub has no official one yet: {', '.join(sent.provisional)}.")
    return DONE


def _heartbeat(options: argparse.Namespace) -> int:
    hub, state = _hub(options)
    with hub:
        hub.heartbeat(state, now())
    print("The hub has heard this edge.")
    return DONE


def _rotate(options: argparse.Namespace) -> int:
    hub, state = _hub(options)
    with hub:
        hub.rotate(state, now())
    print(f"This edge signs with the key {state.identity().key_id} from now on; the hub knows it:")
    print(state.public_key())
    return DONE


def _probe(options: argparse.Namespace) -> int:
    vantages = looking.vantages(options)
    hub, state = _hub(options)
    with hub:
        answered, refused = looking.answer(hub, state, vantages, clock=now)
    print("\n".join([*answered, f"Requests answered: {len(answered)}."]))
    return say("\n".join(refused), REFUSED) if refused else DONE


def _audit(options: argparse.Namespace) -> int:
    hub, state = _hub(options)
    with hub:
        wrong = hub.audit(state)
    if wrong:
        return say("\n".join(wrong), REFUSED)
    print(f"The hub's ledger contains every head it ever receipted: {sum(1 for _ in state.receipts())} receipts.")
    return DONE

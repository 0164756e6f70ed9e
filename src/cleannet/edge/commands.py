"""The commands of the edge: `cleannet edge detect | explain | key | enrol | pull | report | … | audit`."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cleannet.core.policy import Policy
from cleannet.core.policy_file import PolicyError, load, shipped
from cleannet.edge import counting, looking, mapping, subscribers, times
from cleannet.edge.counting import Lists
from cleannet.edge.detect import Run
from cleannet.edge.hub import Hub, HubAway, HubRefused, read_token
from cleannet.edge.names import shown
from cleannet.edge.page import explanation, explanation_lines
from cleannet.edge.state import State, read_hub_keys, write_whole
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats.release import Rejected

DONE, REFUSED, WRONG_USE = 0, 1, 2
STATE_VARIABLE = "CLEANNET_EDGE_STATE"
POLICY = "mobile_malware_2011"


def register(programs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the program `edge` and its commands."""
    edge = programs.add_parser("edge", help="read logs, match, count and report, at the operator")
    commands = edge.add_subparsers(metavar="COMMAND", required=True)

    command = _command(commands, "detect", _detect, "match logs against a watchlist and count distinct subscribers")
    command.add_argument(
        "logs", nargs="+", type=Path, metavar="LOG", help="logs of Zeek, Suricata or resolvers, CSV or Parquet"
    )
    _add_lists(command)
    counting.add_arguments(command)
    command.add_argument("--policy", default=POLICY, metavar="P", help=f"a law, shipped or a file (default {POLICY})")
    command.add_argument("--lateness", metavar="DAYS", type=int, help="count rows older than so many days as late only")
    command.add_argument(
        "--time-zone",
        default="Asia/Shanghai",
        metavar="ZONE",
        help="zone of query logs' times that carry no offset (default Asia/Shanghai)",
    )
    command.add_argument("--out", type=Path, metavar="T.json", help="write the tally here")
    command.add_argument("--batch", default="", metavar="NAME", help="name of logs that grow: counted again, replaced")
    command.add_argument("--spool", action="store_true", help="sign the tally and spool it for the hub (needs enrol)")
    command.add_argument("--json", action="store_true", help="print the tally instead of a table")

    command = _command(commands, "explain", _explain, "say which indicators match a name, address or URL, and why")
    command.add_argument("name", metavar="NAME")
    _add_lists(command)
    command.add_argument("--json", action="store_true", help="answer as JSON")

    command = _command(commands, "key", _key, "make the operator's key for pseudonyms")
    command.add_argument("file", type=Path, metavar="FILE")

    command = _command(commands, "enrol", _enrol, "make this edge's signing key and pin the hub's")
    command.add_argument("--edge", required=True, metavar="ID", help="what this edge is called")
    command.add_argument("--party", required=True, metavar="CODE", help="the operator's party code")
    command.add_argument("--province", default="", metavar="CODE", help="two-digit code of the province it covers")
    command.add_argument(
        "--hub-key", required=True, type=Path, metavar="FILE", help="the hub's public keys, one a line"
    )
    _add_state(command)

    for name, run, words in (
        ("pull", _pull, "take the newest release of the watchlist"),
        ("report", _report, "send the spooled tallies, oldest first"),
        ("heartbeat", _heartbeat, "say that this edge is alive and what it covers"),
        ("rotate", _rotate, "give this edge a new signing key, vouched for by the one before"),
        ("probe", _probe, "look from inside at what the hub asks, and answer it"),
        ("audit", _audit, "check that the hub's ledger still contains every head it ever receipted"),
    ):
        command = _command(commands, name, run, words)
        command.add_argument("--hub", required=True, metavar="URL")
        command.add_argument("--token-file", required=True, type=Path, metavar="FILE")
        _add_state(command)
        if run is _probe:
            looking.add_arguments(command)


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], int],
    words: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=words, description=words)
    command.set_defaults(run=lambda options: _guarded(run, options))
    return command


def _add_state(command: argparse.ArgumentParser) -> None:
    default = os.environ.get(STATE_VARIABLE) or str(Path.home() / ".local" / "state" / "cleannet-edge")
    command.add_argument(
        "--state", type=Path, default=Path(default), metavar="FOLDER", help=f"the edge's own folder (${STATE_VARIABLE})"
    )


def _add_lists(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--watchlist",
        action="append",
        default=[],
        type=Path,
        metavar="W",
        help="a release, a list or a folder of lists; may be given again; the pulled release by default",
    )
    command.add_argument(
        "--allow",
        action="append",
        default=[],
        type=Path,
        metavar="A",
        help="an allow-list or a folder; may be given again",
    )
    command.add_argument(
        "--hub-key", type=Path, metavar="FILE", help="the key a release must be signed with, if not pinned"
    )
    _add_state(command)


def _guarded(run: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    try:
        return run(options)
    except WrongUse as error:
        return _say(str(error), WRONG_USE)
    except (Rejected, HubRefused, HubAway) as error:
        return _say(str(error), REFUSED)


def _say(sentence: str, status: int) -> int:
    print(sentence, file=sys.stderr)
    return status


def _now() -> datetime:
    return datetime.now(UTC)


def _lists(options: argparse.Namespace, moment: datetime) -> Lists:
    return counting.load(State(options.state), options.watchlist, options.allow, moment, options.hub_key)


def _policy(name: str) -> Policy:
    try:
        if name in shipped():
            return shipped()[name]
        if name.endswith(".toml"):
            return load(Path(name))
    except (PolicyError, OSError) as error:
        raise WrongUse(str(error)) from None
    raise WrongUse(
        f"there is no law “{name}”; shipped are {', '.join(shipped())}, others are named by their .toml file"
    )


def _detect(options: argparse.Namespace) -> int:
    policy = _policy(options.policy)
    state = State(options.state)
    if options.spool:
        state.identity()
    counted = counting.count(
        options.logs,
        _lists(options, _now()),
        policy,
        clock=_now,
        mappings=[mapping.load(path) for path in options.mapping],
        key=subscribers.read_key(options.key) if options.key else None,
        lateness=timedelta(days=options.lateness) if options.lateness is not None else None,
        batch=options.batch,
        zone=times.zone_of(options.time_zone),
        tell=lambda sentence: print(sentence, file=sys.stderr),
        assignments=options.assignments,
        slack=options.assignment_slack,
    )
    text = json.dumps(counted.run.document, ensure_ascii=False, indent=1) + "\n"
    if options.out:
        _write_out(options.out, text)
    if options.spool:
        sequence = counting.spool(state, counted.run, _now())
        print(f"Spooled as tally {sequence}; send it with: cleannet edge report", file=sys.stderr)
    print(text if options.json else "\n".join(counted.lines))
    # The document is for machines; a person still has to learn what is owed.
    for line in (*(counted.deadlines if options.json else ()), *_damage(counted.run)):
        print(line, file=sys.stderr)
    return DONE


def _write_out(path: Path, text: str) -> None:
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise WrongUse(f"{shown(path)}: cannot be written: {error.strerror}") from None


def _damage(run: Run) -> list[str]:
    files = [*run.document["sources"], *(run.document["assignments"] or {}).get("files", ())]
    return [f"{file['file']}: {file['cut_off']}" for file in files if file["cut_off"]]


def _explain(options: argparse.Namespace) -> int:
    moment = _now()
    told = counting.explain(options.name, _lists(options, moment), moment)
    if options.json:
        print(json.dumps(explanation(told.name, told.found, told.decision), ensure_ascii=False, indent=1))
    else:
        print("\n".join(explanation_lines(told.name, told.found, told.decision)))
    return DONE


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
        number = hub.pull(state, _now())
    print("There is no newer release." if number is None else f"Release {number} was taken.")
    return DONE


def _report(options: argparse.Namespace) -> int:
    hub, state = _hub(options)
    with hub:
        try:
            reported = hub.report(state)
        except (HubAway, HubRefused) as error:
            waiting = sum(1 for _ in state.waiting())
            raise type(error)(f"{error}; tallies waiting in the spool: {waiting}") from None
    print(f"Tallies sent and receipted: {reported.sent}.")
    if reported.provisional:
        print(
            f"Counted under a provisional name, as the hub has no official one yet: {', '.join(reported.provisional)}."
        )
    return DONE


def _heartbeat(options: argparse.Namespace) -> int:
    hub, state = _hub(options)
    with hub:
        hub.heartbeat(state, _now())
    print("The hub has heard this edge.")
    return DONE


def _rotate(options: argparse.Namespace) -> int:
    hub, state = _hub(options)
    with hub:
        hub.rotate(state, _now())
    print(f"This edge signs with the key {state.identity().key_id} from now on; the hub knows it:")
    print(state.public_key())
    return DONE


def _probe(options: argparse.Namespace) -> int:
    vantages = looking.vantages(options)
    hub, state = _hub(options)
    with hub:
        answered, refused = looking.answer(hub, state, vantages, clock=_now)
    print("\n".join([*answered, f"Requests answered: {len(answered)}."]))
    return _say("\n".join(refused), REFUSED) if refused else DONE


def _audit(options: argparse.Namespace) -> int:
    hub, state = _hub(options)
    with hub:
        wrong = hub.audit(state)
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    if wrong:
        return REFUSED
    print(f"The hub's ledger contains every head it ever receipted: {sum(1 for _ in state.receipts())} receipts.")
    return DONE

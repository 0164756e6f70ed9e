"""The commands `cleannet edge tokens | union`: count the subscribers of several operators together."""

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cleannet.core.clock import BEIJING
from cleannet.core.terms import COUNTED
from cleannet.edge import deadlines, subscribers, tokens
from cleannet.edge.days import date_of, number_of
from cleannet.edge.interface import DONE, POLICY, add_command, add_state, policy_of
from cleannet.edge.kept import KEY, Kept
from cleannet.edge.page import without_lines
from cleannet.edge.rows import missing
from cleannet.edge.spans import subscribers as subscribers_of
from cleannet.edge.state import State, read_hub_keys, write_whole
from cleannet.edge.tokens import Together, Tokens
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats import envelope, tally

_REQUEST = re.compile(r"[0-9A-Za-z._-]{8,64}")


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    command = add_command(
        commands, "tokens", _tokens, "answer CNCERT's request with tokens, to be counted with other operators'"
    )
    command.add_argument("program", metavar="PROGRAM")
    command.add_argument("--request", required=True, metavar="ID", help="what the request is called: 8 signs or more")
    command.add_argument("--first", required=True, type=_day, metavar="DATE", help="the first day asked for")
    command.add_argument("--last", required=True, type=_day, metavar="DATE", help="the last")
    command.add_argument("--key", required=True, type=Path, metavar="FILE", help="the operator's key")
    command.add_argument(
        "--shared-key",
        required=True,
        type=Path,
        metavar="FILE",
        help="the key that the operators share, and nobody else",
    )
    command.add_argument("--out", required=True, type=Path, metavar="FILE", help="write the signed answer here")
    add_state(command)

    command = add_command(commands, "union", _union, "count the tokens of several operators together, everybody once")
    command.add_argument("answers", nargs="+", type=Path, metavar="FILE", help="what “tokens” wrote")
    command.add_argument(
        "--edge-keys", required=True, type=Path, metavar="FILE", help="the public keys of the edges, one a line"
    )
    command.add_argument("--policy", default=POLICY, metavar="P", help=f"a law, shipped or a file (default {POLICY})")
    command.add_argument("--json", action="store_true", help="answer as JSON, with the curve")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a day is written 2026-11-27") from None


def _tokens(options: argparse.Namespace) -> int:
    if not _REQUEST.fullmatch(options.request):
        raise WrongUse("--request: 8 to 64 letters, digits, dots, hyphens or underscores")
    if options.last < options.first:
        raise WrongUse("--last lies before --first")
    if (options.last - options.first).days >= tokens.LONGEST:
        raise WrongUse(f"from --first to --last lie more than {tokens.LONGEST} days")
    state, key, shared = (
        State(options.state),
        subscribers.read_key(options.key),
        subscribers.read_key(options.shared_key),
    )
    who = state.identity()
    if not state.counted.exists():
        raise WrongUse(f"{state.folder}: nothing was counted here; tokens are of what “edge follow” keeps")
    first, last = number_of(options.first), number_of(options.last)
    with closing(Kept(state.counted)) as kept, kept.reading():
        kept.check(KEY, subscribers.check_value(key))
        if any(log.source.counts != tally.NUMBERS for log in kept.logs()):
            raise WrongUse(
                f"{state.folder}: what was counted names subscribers by address: there is no number to compare"
            )
        counters, spans = kept.spans(first, last, options.program)
        without = missing(kept.rows_by_day(), first, last)
    if not counters:
        raise WrongUse(f"“{options.program}” was not counted here")
    found = subscribers_of(spans, range(len(counters)))
    derived = tokens.derived(shared, options.request, options.program)
    answer = Tokens(
        options.request,
        options.program,
        who.party,
        who.edge,
        options.first,
        options.last,
        tuple(map(date_of, without)),
        subscribers.check_value(derived),
        counters,
        tokens.turned(spans, key, derived),
    )
    write_whole(options.out, envelope.sign(tokens.write(answer), state.key(), who.key_id, tokens.KIND))
    print(f"{options.out} holds the tokens of {len(found)} subscribers: for CNCERT, and not for another operator.")
    return DONE


def _union(options: argparse.Namespace) -> int:
    policy, keys = policy_of(options.policy), read_hub_keys(options.edge_keys)
    answers = [_read(path, keys) for path in options.answers]
    found = tokens.together(answers, policy.thresholds(deadlines.INFECTED))
    if options.json:
        print(json.dumps(tokens.document(answers, found), ensure_ascii=False, indent=1))
    else:
        print("\n".join(_lines(answers, found)))
    return DONE


def _read(path: Path, keys: Mapping[str, Ed25519PublicKey]) -> Tokens:
    try:
        return tokens.read(path.read_bytes(), keys)
    except OSError as error:
        raise WrongUse(f"{path}: cannot be read: {error.strerror}") from None
    except WrongUse as error:
        raise WrongUse(f"{path}: {error}") from None


def _lines(answers: Sequence[Tokens], found: Together) -> Iterator[str]:
    first = answers[0]
    yield f"{first.program}, {first.first} to {first.last}, request {first.request}"
    for answer in answers:
        people = len(subscribers_of(answer.spans, range(len(answer.counters))))
        yield f"  {answer.party} ({answer.edge}): {people} subscribers"
        yield from (f"    {line}" for line in without_lines([number_of(day) for day in answer.without_rows]))
    for kind, scale in found.scales.items():
        term = COUNTED[kind]
        yield f"{term.zh} {term.en}: {scale.subscribers} together, {found.several[kind]} of them at several operators"
        if scale.at is not None:
            yield f"  at most {scale.maximum} in any 24 hours, at {scale.at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
        for figure, at in scale.crossings.items():
            yield f"  more than {figure} from {at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S} on"

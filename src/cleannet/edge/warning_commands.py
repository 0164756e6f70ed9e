"""The commands `cleannet edge notify-list | told`: whom to warn, and whom the warnings reached."""

import argparse
import json
from contextlib import closing
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from cleannet.core.tally import to_micros
from cleannet.edge import subscribers, warning
from cleannet.edge.days import day_of
from cleannet.edge.interface import DONE, add_command, add_state, count_of, now
from cleannet.edge.kept import KEY, Kept
from cleannet.edge.state import State
from cleannet.edge.wrong_use import WrongUse


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    command = add_command(commands, "notify-list", _notify_list, "write the numbers to warn of a program to one file")
    command.add_argument("program", nargs="+", metavar="PROGRAM", help="the program, and other names it was counted by")
    command.add_argument(
        "--days", type=count_of(1, 3650), default=1, metavar="N", help="infected on the last N days (default 1)"
    )
    command.add_argument("--advice", type=Path, required=True, metavar="FILE", help="removal advice, a text")
    command.add_argument("--key", type=Path, required=True, metavar="FILE", help="the operator's key")
    command.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="a new file, for its owner's eyes only"
    )
    add_state(command)

    command = add_command(commands, "told", _told, "count whom the warnings reached, by the message gateway's receipts")
    command.add_argument("list", type=Path, metavar="LIST", help="what notify-list wrote")
    command.add_argument("receipts", nargs="+", type=Path, metavar="RECEIPTS", help="CSV with a header line")
    command.add_argument("--number", default="number", metavar="COLUMN", help="the number's column (default number)")
    command.add_argument("--status", default="status", metavar="COLUMN", help="the state's column (default status)")
    command.add_argument(
        "--means",
        action="append",
        default=[],
        metavar="WORD=OUTCOME",
        help=f"what a gateway's own word means: {', '.join(warning.OUTCOMES)}; may be given again",
    )
    command.add_argument("--json", action="store_true", help="answer as JSON")


def _notify_list(options: argparse.Namespace) -> int:
    key, path = subscribers.read_key(options.key), State(options.state).counted
    try:
        advice = options.advice.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise WrongUse(f"{options.advice}: cannot be read as text") from None
    if not path.exists():
        raise WrongUse(f"{path.parent}: nothing was counted here; numbers to warn come from what “edge follow” keeps")
    with closing(Kept(path)) as kept:
        kept.check(KEY, subscribers.check_value(key))
        first = day_of(to_micros(now() - timedelta(days=options.days - 1)))
        pseudonyms = kept.infected(options.program, first)
    found = subscribers.numbers(pseudonyms, key)
    if len(found) * subscribers.BLOCK != len(pseudonyms):
        raise WrongUse(f"{path.parent}: what was counted names subscribers by address: there is no number to write to")
    count = warning.write_list(options.out, found, options.program[0], advice)
    print(f"{count} numbers to warn. The file holds phone numbers: give it to the message gateway, then destroy it.")
    return DONE


def _told(options: argparse.Namespace) -> int:
    states = dict(warning.STATES)
    for pair in options.means:
        word, _, outcome = pair.partition("=")
        if outcome not in warning.OUTCOMES:
            raise WrongUse(f"--means {pair}: give WORD=OUTCOME, the outcome one of {', '.join(warning.OUTCOMES)}")
        states[word.strip().upper()] = outcome
    found = warning.reached(options.list, options.receipts, (options.number, options.status), states)
    if options.json:
        print(json.dumps(asdict(found)))
    else:
        print(
            f"Told: {found.told}. Sent, not known to have arrived: {found.sent}. Failed: {found.failed}. "
            f"Refused: {found.refused}. Without a receipt: {found.without}."
        )
        if found.strange or found.unread:
            print(
                f"Not counted: {found.strange} numbers that are not on the list, "
                f"{found.unread} rows without a number or a known state."
            )
    return DONE

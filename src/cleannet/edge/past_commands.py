"""The commands that look back: `cleannet edge hunt | report`."""

import argparse
import json
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

from cleannet.core.tally import from_micros, to_micros
from cleannet.edge import counting, mapping, subscribers, times
from cleannet.edge.days import date_of, day_of, start_of
from cleannet.edge.interface import (
    DONE,
    REFUSED,
    add_command,
    add_lists,
    add_reading,
    add_state,
    count_of,
    lists_of,
    now,
    policy_of,
    progress,
)
from cleannet.edge.kept import Kept
from cleannet.edge.page import without_lines
from cleannet.edge.places import logs_in
from cleannet.edge.ranking import rank
from cleannet.edge.rows import missing, rows_by_day
from cleannet.edge.state import State
from cleannet.edge.wrong_use import WrongUse

# Records are kept so long at least (545号 十二).
RETAINED, REPORTED, TOP = 60, 30, 20


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    command = add_command(commands, "hunt", _hunt, "look for new indicators in the logs that were kept")
    command.add_argument("places", nargs="+", type=Path, metavar="PLACE", help="a folder of logs, or a log")
    _add_days(command, RETAINED)
    add_lists(command)
    add_reading(command)
    command.add_argument("--json", action="store_true", help="answer as JSON")

    command = add_command(commands, "report", _report, "rank what “follow” counted by infected subscribers")
    _add_days(command, REPORTED)
    command.add_argument(
        "--top", type=count_of(1, 1_000_000), default=TOP, metavar="N", help=f"show so many programs (default {TOP})"
    )
    command.add_argument("--json", action="store_true", help="answer as JSON, with all programs")
    add_state(command)


def _add_days(command: argparse.ArgumentParser, default: int) -> None:
    command.add_argument(
        "--days",
        type=count_of(1, 3650),
        default=default,
        metavar="N",
        help=f"of the last N days, today among them (default {default})",
    )


def _days(options: argparse.Namespace, moment: datetime) -> tuple[int, int]:
    today = day_of(to_micros(moment))
    return today - options.days + 1, today


def _report(options: argparse.Namespace) -> int:
    path = State(options.state).counted
    if not path.exists():
        raise WrongUse(f"{path.parent}: nothing was counted here; the ranking is of what “edge follow” keeps")
    with closing(Kept(path)) as kept, kept.reading():
        ranking = rank(kept, *_days(options, now()))
    print(
        json.dumps(ranking.document, ensure_ascii=False, indent=1)
        if options.json
        else "\n".join(ranking.lines(options.top))
    )
    return DONE


def _hunt(options: argparse.Namespace) -> int:
    moment = now()
    policy, lists, (first, last) = policy_of(options.policy), lists_of(options, moment), _days(options, moment)
    refused: list[str] = []
    files = logs_in(options.places, refused.append)
    begin = from_micros(start_of(first))
    # What was not written since the days began holds no row of them.
    fresh = [path for path, status in files if status.st_mtime >= begin.timestamp()]
    with progress(fresh) as bar:
        counted = counting.count(
            fresh,
            lists,
            policy,
            clock=now,
            mappings=[mapping.load(path) for path in options.mapping],
            key=subscribers.read_key(options.key) if options.key else None,
            lateness=moment - begin,
            zone=times.zone_of(options.time_zone),
            tell=lambda sentence: bar.write(sentence, file=sys.stderr),
            passed=bar.update,
            pass_over=refused.append,
        )
    without = missing(rows_by_day(counted.run.sources), first, last)
    if options.json:
        hunt = {
            "from": str(date_of(first)),
            "to": str(date_of(last)),
            "without_rows": [str(date_of(d)) for d in without],
        }
        print(json.dumps(counted.run.document | {"hunt": hunt}, ensure_ascii=False, indent=1))
    else:
        print(f"{date_of(first)} to {date_of(last)}: {len(fresh)} logs, and {len(files) - len(fresh)} that are older.")
        print("\n".join([*without_lines(without), *counted.lines]))
    for sentence in refused:
        print(sentence, file=sys.stderr)
    return REFUSED if refused else DONE

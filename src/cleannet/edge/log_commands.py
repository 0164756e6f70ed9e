"""The commands of the edge that read logs: `cleannet edge detect | explain`."""

import argparse
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from cleannet.edge import counting, mapping, subscribers, times
from cleannet.edge.detect import Detection, detect
from cleannet.edge.interface import (
    DONE,
    add_command,
    add_lists,
    add_reading,
    count_of,
    lists_of,
    now,
    policy_of,
    progress,
)
from cleannet.edge.names import shown
from cleannet.edge.page import explanation, explanation_lines
from cleannet.edge.state import State, write_whole
from cleannet.edge.tallies import Run
from cleannet.edge.wrong_use import WrongUse


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    command = add_command(commands, "detect", _detect, "match logs against a watchlist and count distinct subscribers")
    command.add_argument(
        "logs", nargs="+", type=Path, metavar="LOG", help="logs of Zeek, Suricata or resolvers, CSV or Parquet"
    )
    add_lists(command)
    add_reading(command)
    command.add_argument(
        "--assignments",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="who had which address when, to count numbers where logs tell addresses; may be given again",
    )
    command.add_argument(
        "--assignment-slack",
        type=int,
        default=0,
        metavar="SECONDS",
        help="let an assignment hold so much earlier and later where none other did (default 0)",
    )
    command.add_argument(
        "--lateness", metavar="DAYS", type=count_of(0, 36_500), help="count rows older than so many days as late only"
    )
    command.add_argument(
        "--engine",
        choices=("local", "spark"),
        default="local",
        help="read the logs here, or on a cluster (default local)",
    )
    command.add_argument(
        "--master", default="", metavar="URL", help="Spark's, such as local[2]; spark-submit's by default"
    )
    command.add_argument("--out", type=Path, metavar="T.json", help="write the tally here")
    command.add_argument("--batch", default="", metavar="NAME", help="name of logs that grow: counted again, replaced")
    command.add_argument("--spool", action="store_true", help="sign the tally and spool it for the hub (needs enrol)")
    command.add_argument("--json", action="store_true", help="print the tally instead of a table")

    command = add_command(commands, "explain", _explain, "say which indicators match a name, address or URL, and why")
    command.add_argument("name", metavar="NAME")
    add_lists(command)
    command.add_argument("--json", action="store_true", help="answer as JSON")


def _detect(options: argparse.Namespace) -> int:
    policy = policy_of(options.policy)
    state = State(options.state)
    if options.spool:
        state.identity()
    lists = lists_of(options, now())
    with progress(options.logs) as bar:
        counted = counting.count(
            options.logs,
            lists,
            policy,
            clock=now,
            mappings=[mapping.load(path) for path in options.mapping],
            key=subscribers.read_key(options.key) if options.key else None,
            lateness=timedelta(days=options.lateness) if options.lateness is not None else None,
            batch=options.batch,
            zone=times.zone_of(options.time_zone),
            tell=lambda sentence: bar.write(sentence, file=sys.stderr),
            passed=bar.update,
            assignments=options.assignments,
            slack=options.assignment_slack,
            engine=_engine(options),
        )
    text = json.dumps(counted.run.document, ensure_ascii=False, indent=1) + "\n"
    if options.out:
        _write_out(options.out, text)
    if options.spool:
        sequence = counting.spool(state, counted.run, now())
        print(f"Spooled as tally {sequence}; send it with: cleannet edge send", file=sys.stderr)
    print(text if options.json else "\n".join(counted.lines))
    # The document is for machines; a person still has to learn what is owed.
    for line in (*(counted.deadlines if options.json else ()), *_damage(counted.run)):
        print(line, file=sys.stderr)
    return DONE


def _engine(options: argparse.Namespace) -> Callable[..., Detection]:
    if options.engine == "local":
        return detect
    from cleannet.edge import spark  # noqa: PLC0415 - it loads compiled code, which the commands do without

    return spark.engine(options.master, options.key)


def _write_out(path: Path, text: str) -> None:
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise WrongUse(f"{shown(path)}: cannot be written: {error.strerror}") from None


def _damage(run: Run) -> list[str]:
    files = [*run.document["sources"], *(run.document["assignments"] or {}).get("files", ())]
    return [f"{file['file']}: {file['cut_off']}" for file in files if file["cut_off"]]


def _explain(options: argparse.Namespace) -> int:
    moment = now()
    told = counting.explain(options.name, lists_of(options, moment), moment)
    if options.json:
        print(json.dumps(explanation(told.name, told.found, told.decision), ensure_ascii=False, indent=1))
    else:
        print("\n".join(explanation_lines(told.name, told.found, told.decision)))
    return DONE

"""The commands of the analyser: `cleannet apk assess | evaluate`."""

import argparse
import json
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from cleannet.apk import allowing, assembling, evaluating, page
from cleannet.apk.assessment import to_json
from cleannet.apk.jail import BWRAP, JAILS, Limits, NoJail

DONE, REFUSED, WRONG_USE = 0, 1, 2
# They are loaded inside the jail only; here they are looked for, so that the command can say that they are missing.
_READERS = ("apkInspector", "pyaxmlparser")
MIB = 1 << 20


def register(programs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the program `apk`; raise ModuleNotFoundError where what it reads samples with is not installed."""
    for name in _READERS:
        if find_spec(name) is None:
            raise ModuleNotFoundError(f"no module {name}", name=name)
    program = programs.add_parser("apk", help="look at one sample without running it, in a jailed process")
    commands = program.add_subparsers(metavar="COMMAND", required=True)
    words = "say what a sample is, whom it speaks to and what it could do, each with its place"
    command = commands.add_parser("assess", help=words, description=words)
    command.set_defaults(run=_assess)
    command.add_argument(
        "file", type=Path, metavar="FILE", help="an APK; also a DEX file, an IPA or an archive of APKs"
    )
    command.add_argument("--json", action="store_true", help="the whole assessment as JSON, schema 1")
    command.add_argument(
        "--allow",
        action="append",
        default=[],
        type=Path,
        metavar="A",
        help="an allow-list or a folder; may be given again",
    )
    command.add_argument(
        "--jail",
        choices=JAILS,
        default=BWRAP,
        help="bwrap: no network, nothing to write, limits; rlimits: only limits, where namespaces are not allowed",
    )
    command.add_argument("--password", default="", metavar="TEXT", help="the password of an encrypted archive")
    command.add_argument(
        "--seconds", type=_count, default=Limits().cpu_seconds, metavar="N", help="seconds of work at most (60)"
    )
    command.add_argument(
        "--memory", type=_count, default=Limits().memory // MIB, metavar="MIB", help="memory at most (1536 MiB)"
    )
    words = "replay a labelled set of samples in time order: how many are identified by earlier ones, how many rightly"
    command = commands.add_parser("evaluate", help=words, description=words)
    command.set_defaults(run=_evaluate)
    command.add_argument("index", type=Path, metavar="INDEX.csv", help=f"CSV with {', '.join(evaluating.COLUMNS)}")
    command.add_argument("--json", action="store_true", help="answer as JSON")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:10]) <= 1_000_000):
        raise argparse.ArgumentTypeError("1 to 1000000, in digits")
    return int(text)


def _assess(options: argparse.Namespace) -> int:
    try:
        allowed, left_out = allowing.load(options.allow)
        limits = Limits(cpu_seconds=options.seconds, wall_seconds=2 * options.seconds, memory=options.memory * MIB)
        assessment = assembling.assess(
            options.file, allowed, datetime.now(UTC), how=options.jail, limits=limits, password=options.password
        )
    except (NoJail, OSError, ValueError) as error:
        print(f"cleannet apk assess: {error}", file=sys.stderr)
        return WRONG_USE
    for sentence in left_out:
        print(f"Not understood in an allow-list: {sentence}", file=sys.stderr)
    if options.json:
        print(json.dumps(to_json(assessment), ensure_ascii=False, indent=2))
    else:
        print("\n".join(page.lines(assessment)))
    return DONE if assessment.digests else REFUSED


def _evaluate(options: argparse.Namespace) -> int:
    try:
        found = evaluating.evaluate(evaluating.read(options.index))
    except (evaluating.BadIndex, OSError) as error:
        print(f"cleannet apk evaluate: {error}", file=sys.stderr)
        return WRONG_USE
    print(json.dumps(found, indent=2) if options.json else "\n".join(evaluating.lines(found)))
    return DONE

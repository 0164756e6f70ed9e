"""What the edge's commands share: how one is added, what every one of them answers to a person's mistake."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

from cleannet.core.policy import Policy
from cleannet.core.policy_file import PolicyError, load, shipped
from cleannet.edge import counting
from cleannet.edge.counting import Lists
from cleannet.edge.hub import HubAway, HubRefused
from cleannet.edge.state import State
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats.release import Rejected

DONE, REFUSED, WRONG_USE = 0, 1, 2
POLICY = "mobile_malware_2011"
STATE_VARIABLE = "CLEANNET_EDGE_STATE"


def add_command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], int],
    words: str,
) -> argparse.ArgumentParser:
    """Add a command that `run` carries out; it returns the exit status."""
    command = commands.add_parser(name, help=words, description=words)
    command.set_defaults(run=lambda options: _guarded(run, options))
    return command


def add_state(command: argparse.ArgumentParser) -> None:
    """Let a command be told the edge's folder."""
    default = os.environ.get(STATE_VARIABLE) or str(Path.home() / ".local" / "state" / "cleannet-edge")
    command.add_argument(
        "--state", type=Path, default=Path(default), metavar="FOLDER", help=f"the edge's own folder (${STATE_VARIABLE})"
    )


def add_lists(command: argparse.ArgumentParser) -> None:
    """Let a command be told what is looked for and what is allowed."""
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
    add_state(command)


def add_reading(command: argparse.ArgumentParser) -> None:
    """Let a command be told how logs are read and by which law they are graded."""
    command.add_argument(
        "--mapping",
        action="append",
        default=[],
        type=Path,
        metavar="M",
        help="what the columns of CSV and Parquet mean: a file, or the name of a shipped one (xdr)",
    )
    command.add_argument("--key", type=Path, metavar="FILE", help="the operator's key, where phone numbers are counted")
    command.add_argument("--policy", default=POLICY, metavar="P", help=f"a law, shipped or a file (default {POLICY})")
    command.add_argument(
        "--time-zone",
        default="Asia/Shanghai",
        metavar="ZONE",
        help="zone of query logs' times that carry no offset (default Asia/Shanghai)",
    )


def count_of(least: int, most: int) -> Callable[[str], int]:
    """Return what reads a number of an option, and refuses what lies outside."""

    def count(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) < 10 and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{least} to {most}, in digits")
        return int(text)

    return count


def lists_of(options: argparse.Namespace, moment: datetime) -> Lists:
    """Return the lists that a command was told of, as of `moment` (aware)."""
    return counting.load(State(options.state), options.watchlist, options.allow, moment, options.hub_key)


def policy_of(name: str) -> Policy:
    """Return the law of that name or file; raise WrongUse where there is none."""
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


def progress(logs: Sequence[Path]) -> "tqdm[NoReturn]":
    """Return a bar, on a terminal only, of how much of the logs was read, how fast, and how long the rest will take."""
    size = sum(path.stat().st_size for path in logs if path.exists())
    return tqdm(total=size, unit="B", unit_scale=True, unit_divisor=1024, leave=False, disable=None)


def _guarded(run: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    try:
        return run(options)
    except WrongUse as error:
        return say(str(error), WRONG_USE)
    except (Rejected, HubRefused, HubAway) as error:
        return say(str(error), REFUSED)


def say(sentence: str, status: int) -> int:
    """Print a sentence as an error and return the exit status."""
    print(sentence, file=sys.stderr)
    return status


def now() -> datetime:
    """Return the moment, aware."""
    return datetime.now(UTC)

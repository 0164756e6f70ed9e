"""The command `cleannet edge follow`: read what comes, count, and report when it is due, until it is told to stop."""

import argparse
import fcntl
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from cleannet.edge import mapping, subscribers, times
from cleannet.edge.counting import Lists
from cleannet.edge.detect import Detection
from cleannet.edge.following import Follower, Read
from cleannet.edge.hub import Hub, HubAway, HubRefused, read_token
from cleannet.edge.interface import DONE, add_command, add_lists, add_reading, add_state, lists_of, now, policy_of
from cleannet.edge.kept import Kept
from cleannet.edge.metrics import Metrics
from cleannet.edge.page import owed_lines, program_lines
from cleannet.edge.state import State
from cleannet.edge.wrong_use import WrongUse

DAYS, EVERY, POLL = 60, 300, 5
COUNTED = "counted.db"


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    command = add_command(
        commands, "follow", _follow, "watch folders and growing logs, and report what passes a threshold"
    )
    command.add_argument("places", nargs="+", type=Path, metavar="PLACE", help="a folder of logs, or a log")
    add_lists(command)
    add_reading(command)
    command.add_argument(
        "--lateness",
        type=int,
        default=DAYS,
        metavar="DAYS",
        help=f"a row so many days old still counts (default {DAYS})",
    )
    command.add_argument("--batch", default="follow", metavar="NAME", help="name of the daily batches (default follow)")
    command.add_argument("--every", type=int, default=EVERY, metavar="S", help=f"report so often (default {EVERY} s)")
    command.add_argument(
        "--poll", type=int, default=POLL, metavar="S", help=f"look for new rows so often (default {POLL} s)"
    )
    command.add_argument("--once", action="store_true", help="read and report what is there, and end")
    command.add_argument(
        "--spool", action="store_true", help="sign the tallies and spool them for the hub (needs enrol)"
    )
    command.add_argument("--metrics", metavar="HOST:PORT", help="answer Prometheus there")
    command.add_argument("--hub", metavar="URL", help="send them, too (needs --token-file)")
    command.add_argument("--token-file", type=Path, metavar="FILE")

    command = add_command(
        commands, "rekey", _rekey, "change the key of what “follow” keeps, so that nobody counts twice"
    )
    command.add_argument("--key", type=Path, required=True, metavar="OLD", help="the operator's key so far")
    command.add_argument("--new-key", type=Path, required=True, metavar="NEW", help="the key from now on")
    add_state(command)


def _follow(options: argparse.Namespace) -> int:
    policy, state = policy_of(options.policy), State(options.state)
    if bool(options.hub) != bool(options.token_file):
        raise WrongUse("--hub and --token-file go together")
    token = read_token(options.token_file) if options.hub else ""
    is_spooled = bool(options.spool or options.hub)
    if is_spooled:
        state.identity()
    state.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(state.folder), closing(_kept(state)) as kept, _stopped() as stop:
        if options.key:
            kept.bind(subscribers.check_value(subscribers.read_key(options.key)))
        follower = Follower(options.places, kept, policy, days=options.lateness, batch=options.batch, tell=_complain)
        lists, metrics = _Lists(options), Metrics()
        if options.metrics:
            metrics.serve(options.metrics)
        reported = -float("inf")
        while True:
            detection = lists.detection()
            has_read = False
            for read in follower.read(detection, now, once=options.once):
                has_read = True
                metrics.read(read.source, read.matched)
                print(_line(read), flush=True)
                if stop.is_set():
                    break
            is_due = options.once or stop.is_set() or time.monotonic() - reported >= options.every
            if has_read or is_due:
                tallies = follower.tallies(lists.newest, now)
                metrics.counted(run.tally for _, run in tallies)
                owed = [(run, follower.news(day, run, lists.newest)) for day, run in tallies]
                if is_spooled and (is_due or any(news for _, news in owed)):
                    follower.spool(state, tallies, now)
                for run, news in owed:
                    lines = [*owed_lines(news, run.tally.found_at), *(program_lines(run) if is_due else ())]
                    if lines:
                        print(f"{run.tally.batch}:", *lines, sep="\n", flush=True)
                if options.hub:
                    _send(options.hub, token, state)
                if is_due:
                    follower.forget(now())
                    reported = time.monotonic()
            metrics.passed(now(), sum(1 for _ in state.waiting()))
            if options.once or stop.is_set():
                return DONE
            stop.wait(options.poll)


def _rekey(options: argparse.Namespace) -> int:
    state, old, new = State(options.state), subscribers.read_key(options.key), subscribers.read_key(options.new_key)
    if not (state.folder / COUNTED).exists():
        raise WrongUse(f"{state.folder}: nothing was counted here yet, so that any key may be used")
    with _alone(state.folder), closing(_kept(state)) as kept:
        checked = subscribers.check_value(old), subscribers.check_value(new)
        kept.rekey(*checked, lambda pseudonyms: subscribers.renew(pseudonyms, old, new))
    print("What was counted is kept under the new key from now on; follow with it, and destroy the old one.")
    return DONE


def _kept(state: State) -> Kept:
    return Kept(state.folder / COUNTED)


class _Lists:
    """Hold the lists, read anew when one of their files changed."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._seen: object = None
        self.newest: Lists
        self._detection: Detection

    def detection(self) -> Detection:
        options = self._options
        seen = [_stamps(place) for place in (*options.watchlist, *options.allow, State(options.state).release)]
        if seen != self._seen:
            self.newest = lists_of(options, now())
            self._detection = Detection(
                self.newest.watchlist,
                [mapping.load(path) for path in options.mapping],
                subscribers.read_key(options.key) if options.key else None,
                timedelta(days=options.lateness),
                times.zone_of(options.time_zone),
                _complain,
            )
            self._seen = seen
        return self._detection


def _stamps(place: Path) -> list[tuple[str, int, int]]:
    paths = sorted(place.rglob("*")) if place.is_dir() else [place]
    stamps = [(path, path.stat()) for path in paths if path.is_file()]
    return [(str(path), stamp.st_mtime_ns, stamp.st_size) for path, stamp in stamps]


def _line(read: Read) -> str:
    source = read.source
    line = f"{read.path}: {source.rows} rows, {source.broken} broken, {source.late} late, {read.matched} matched"
    return "; ".join(filter(None, (line, read.remark, source.cut_off)))


def _send(url: str, token: str, state: State) -> None:
    try:
        with Hub(url, token) as hub:
            hub.report(state)
    except (HubAway, HubRefused) as error:
        _complain(f"{error}; tallies waiting in the spool: {sum(1 for _ in state.waiting())}")


def _complain(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "follow.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WrongUse(f"{folder}: another “edge follow” is at work here; give each a --state of its own") from None
        try:
            yield
        except sqlite3.Error as error:
            raise WrongUse(f"{folder / COUNTED}: what was counted cannot be kept: {error}") from None


@contextmanager
def _stopped() -> Iterator[threading.Event]:
    """Give what is set when the process is told to end; what is being read is kept first."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

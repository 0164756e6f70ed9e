"""The command `cleannet edge follow`: read what comes, count, and report when it is due, until it is told to stop."""

import argparse
import fcntl
import json
import signal
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from cleannet.edge import counting, mapping, subscribers, times
from cleannet.edge.counting import Lists
from cleannet.edge.detect import Detection
from cleannet.edge.following import Follower, Read
from cleannet.edge.hub import Hub, HubAway, HubRefused, read_token
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
)
from cleannet.edge.kept import BATCH, KEY, Kept
from cleannet.edge.metrics import Metrics
from cleannet.edge.page import owed_lines, owed_values, program_lines
from cleannet.edge.state import State
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats.release import Rejected

DAYS, EVERY, POLL = 60, 3600, 5
_ANEW = 3600
_LOOKS = 0.5


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
        type=count_of(1, 3650),
        default=DAYS,
        metavar="DAYS",
        help=f"a row so many days old still counts (default {DAYS})",
    )
    command.add_argument("--batch", default="follow", metavar="NAME", help="name of the daily batches (default follow)")
    command.add_argument(
        "--every",
        type=count_of(1, 86_400),
        default=EVERY,
        metavar="S",
        help=f"report so often, in seconds (default {EVERY})",
    )
    command.add_argument(
        "--poll",
        type=count_of(0, 3600),
        default=POLL,
        metavar="S",
        help=f"look for new rows so often, in seconds (default {POLL})",
    )
    command.add_argument("--once", action="store_true", help="read and report what is there, and end")
    command.add_argument(
        "--spool", action="store_true", help="sign the tallies and spool them for the hub (needs enrol)"
    )
    command.add_argument("--json", action="store_true", help="print a JSON object a line instead of text")
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
    if not options.key:
        raise WrongUse("what is kept is kept under the operator's key: give --key (make one: cleannet edge key FILE)")
    policy, state, key = policy_of(options.policy), State(options.state), subscribers.read_key(options.key)
    counting.check(policy, options.batch)
    if bool(options.hub) != bool(options.token_file):
        raise WrongUse("--hub and --token-file go together")
    if options.spool or options.hub:
        state.identity()
    state.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(state.folder), closing(Kept(state.counted)) as kept, _stopped() as stop:
        kept.bind(KEY, subscribers.check_value(key))
        kept.bind(BATCH, options.batch)
        follower = Follower(options.places, kept, policy, days=options.lateness, batch=options.batch, tell=_complain)
        desk = _Desk(options, state, follower)
        lists = _Lists(options, key)
        while True:
            is_through = True
            for read in follower.read(lists.detection(), now):
                desk.take(read)
                if stop.is_set or desk.is_due():
                    is_through = False
                    break
            desk.report(lists.newest, is_last=stop.is_set or (options.once and is_through))
            if stop.is_set or (options.once and is_through):
                return REFUSED if options.once and follower.passed_over else DONE
            if is_through:
                stop.wait(options.poll)


class _Desk:
    """Say what was read and found, and report it: when it is due, and at once when a threshold is passed."""

    def __init__(self, options: argparse.Namespace, state: State, follower: Follower) -> None:
        self._options, self._state, self._follower = options, state, follower
        self._token = read_token(options.token_file) if options.hub else ""
        self._metrics = Metrics()
        if options.metrics:
            self._metrics.serve(options.metrics)
        self._has_read = True
        self._due, self._count_after = time.monotonic() + options.every, -float("inf")

    def is_due(self) -> bool:
        return bool(time.monotonic() >= self._due)

    def take(self, read: Read) -> None:
        self._has_read = True
        self._metrics.read(read.source, read.matched)
        source = read.source
        line = f"{read.path}: {source.rows} rows, {source.broken} broken, {source.late} late, {read.matched} matched"
        told = {"log": read.path, "rows": source.rows, "broken": source.broken, "late": source.late}
        told |= {"matched": read.matched, "remark": read.remark, "cut_off": source.cut_off}
        self._say(["; ".join(filter(None, (line, read.remark, source.cut_off)))], told)

    def report(self, lists: Lists, *, is_last: bool) -> None:
        is_due = is_last or self.is_due()
        if is_due or (self._has_read and time.monotonic() >= self._count_after):
            self._count(lists, is_due=is_due)
        if is_due:
            self._follower.forget(now())
            self._due = time.monotonic() + self._options.every
        self._metrics.passed(now(), sum(1 for _ in self._state.waiting()))

    def _count(self, lists: Lists, *, is_due: bool) -> None:
        began = time.monotonic()
        days = self._follower.days(lists, now)
        self._metrics.counted(day.run.tally for day in days)
        if is_due or any(day.owed for day in days):
            if self._options.spool or self._options.hub:
                self._follower.spool(self._state, days, now)
            for day in days:
                lines = (*owed_lines(day.owed, day.run.tally.found_at), *program_lines(day.run))
                told = {"batch": day.run.tally.batch, "owed": owed_values(day.owed), "tally": day.run.document}
                self._say([f"{day.run.tally.batch}:", *lines], told)
            # Only what was said is known: killed before, it is said again.
            self._follower.told(days)
            if self._options.hub:
                self._send()
        self._has_read = False
        # Counting takes a fifth of the time at most.
        self._count_after = time.monotonic() + 4 * (time.monotonic() - began)

    def _say(self, lines: Iterable[str], told: dict[str, Any]) -> None:
        print(json.dumps(told, ensure_ascii=False) if self._options.json else "\n".join(lines), flush=True)

    def _send(self) -> None:
        try:
            with Hub(self._options.hub, self._token) as hub:
                hub.send(self._state)
        except (HubAway, HubRefused) as error:
            _complain(f"{error}; tallies waiting in the spool: {sum(1 for _ in self._state.waiting())}")


def _rekey(options: argparse.Namespace) -> int:
    state, old, new = State(options.state), subscribers.read_key(options.key), subscribers.read_key(options.new_key)
    if not state.counted.exists():
        raise WrongUse(f"{state.folder}: nothing was counted here yet, so that any key may be used")
    with _alone(state.folder), closing(Kept(state.counted)) as kept:
        checked = subscribers.check_value(old), subscribers.check_value(new)
        kept.rekey(*checked, lambda pseudonyms: subscribers.renew(pseudonyms, old, new))
    print("What was counted is kept under the new key from now on; follow with it, and destroy the old one.")
    return DONE


class _Lists:
    """Hold the lists, read anew when a file changed, and each hour for what ends by itself: a release, an exception."""

    def __init__(self, options: argparse.Namespace, key: bytes) -> None:
        self._options, self._key = options, key
        self._seen: object = None
        self.newest: Lists
        self._detection: Detection | None = None

    def detection(self) -> Detection:
        """Return the newest, or what there was where that cannot be read; raise WrongUse or Rejected at first."""
        options = self._options
        places = (*options.watchlist, *options.allow, *options.mapping, State(options.state).release)
        seen = [time.monotonic() // _ANEW, *map(_stamps, places)]
        if seen != self._seen or self._detection is None:
            self._seen = seen
            try:
                self.newest, self._detection = self._read()
            except (WrongUse, Rejected) as error:
                if self._detection is None:
                    raise
                _complain(f"{error}; going on with the lists as they were")
        return self._detection

    def _read(self) -> tuple[Lists, Detection]:
        options = self._options
        lists = lists_of(options, now())
        mappings = [mapping.load(path) for path in options.mapping]
        days, zone = timedelta(days=options.lateness), times.zone_of(options.time_zone)
        return lists, Detection(lists.watchlist, mappings, self._key, days, zone, _complain)


def _stamps(place: Path) -> list[tuple[str, int, int]]:
    stamps = []
    for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
        try:
            status = path.stat()
        except OSError:
            continue
        stamps.append((str(path), status.st_mtime_ns, status.st_size))
    return stamps


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
        except (sqlite3.Error, OSError) as error:
            raise WrongUse(f"{folder}: following ended; what was kept stands: {error}") from None


class _Stop:
    """Say whether the process was told to end, and wait for that.

    No threading.Event: one that a signal sets in the thread that waits for it may wait for itself.
    """

    is_set = False

    def set(self) -> None:
        self.is_set = True

    def wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.is_set and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _LOOKS))


@contextmanager
def _stopped() -> Iterator[_Stop]:
    """Give what is set when the process is told to end; what is being read is kept first."""
    stop = _Stop()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

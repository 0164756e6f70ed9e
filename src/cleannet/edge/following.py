"""Follow logs that come and grow: read what is new, keep what was counted, and say at once when a threshold is passed.

Each day of Beijing is a batch of its own, counted anew and replaced when it changed: the sliding count goes on from day
to day, so no subscriber is lost at midnight and none is counted twice.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cleannet.core.policy import Policy
from cleannet.core.tally import WINDOW, to_micros
from cleannet.edge import counting, deadlines
from cleannet.edge.counting import Lists
from cleannet.edge.days import DAY, date_of, day_of, start_of
from cleannet.edge.deadlines import Owed
from cleannet.edge.detect import Detection
from cleannet.edge.files import LogFile, is_packed, is_parquet
from cleannet.edge.kept import Kept
from cleannet.edge.names import shown
from cleannet.edge.places import logs_in
from cleannet.edge.positions import Log, Logs, moved, part
from cleannet.edge.rows import Source
from cleannet.edge.state import State
from cleannet.edge.tallies import Run, draw_up, of_changed
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats.tally import NUMBERS

# A file that did not change for so many seconds is not being written any more.
SETTLED = 60


@dataclass(frozen=True, slots=True)
class Read:
    """Say what a part of a log held: rows, those that were broken or late, and those that matched."""

    path: str
    source: Source
    matched: int
    remark: str


@dataclass(frozen=True, slots=True)
class Day:
    """Hold the tally of a day, what is owed because of what is news in it, and which program passed which figure."""

    number: int
    run: Run
    owed: tuple[Owed, ...]
    passed: frozenset[tuple[str, str, int]]


class Follower:
    """Follow the logs in places; `days` is how many days late a row may come and still count.

    `passed_over` says that something was there that could not be read.
    """

    def __init__(
        self,
        places: Sequence[Path],
        kept: Kept,
        policy: Policy,
        *,
        days: int,
        batch: str,
        tell: Callable[[str], object],
    ) -> None:
        self._places, self._kept, self._policy = places, kept, policy
        self._days, self._batch, self._tell = days, batch, tell
        self._logs = Logs(kept.logs())
        self._said: set[str] = set()
        self._refused: dict[tuple[int, ...], Detection] = {}
        self.passed_over = False

    def read(self, detection: Detection, clock: Callable[[], datetime]) -> Iterator[Read]:
        """Read whatever is new in the places, oldest file first, and yield what each part held once it is kept.

        What cannot be read is told once and passed over.
        """
        for path, looked in self._files():
            if self._refused.get(_stamp(looked)) is detection:
                continue
            try:
                while found := self._read(path, detection, clock()):
                    yield found
            except (OSError, WrongUse) as error:
                detection.drain()
                self._refused[_stamp(looked)] = detection
                self._say(f"{shown(path)}: {error.strerror or error}" if isinstance(error, OSError) else str(error))

    def days(self, lists: Lists, clock: Callable[[], datetime]) -> list[Day]:
        """Return each day up to today that changed since others were told of it, as established now."""
        self._kept.count_as(lists.watchlist.aliases)
        today, loss = day_of(to_micros(clock())), self._kept.loss()
        days: list[Day] = []
        for number in self._kept.changed():
            if number <= today:
                run = self._tally(number, lists, clock())
                before = {(*one, day.number) for day in days for one in day.passed}
                passed, news = self._passed(number, run, loss, before)
                days.append(Day(number, run, self._owed(run, loss, news), passed))
        return days

    def spool(self, state: State, days: Iterable[Day], clock: Callable[[], datetime]) -> None:
        """Spool the tallies of days, of each the programs that changed since it was spooled before."""
        for day in days:
            # Only an edge that told of the day before may speak of what did not change.
            known = self._kept.sent(day.number) if state.revision(day.run.tally.batch) else {}
            document, digests = of_changed(day.run.document, known)
            # Killed in between, all of it is spooled again: what the hub has then is not known for sure.
            self._kept.send(day.number, {})
            counting.spool(state, replace(day.run, document=document), clock())
            self._kept.send(day.number, digests)

    def told(self, days: Iterable[Day]) -> None:
        """Note that others know of days."""
        for day in days:
            self._kept.told(day.number, day.passed)

    def forget(self, now: datetime) -> None:
        """Forget the days that no row can change any more at `now` (aware), and logs of theirs that are gone."""
        first = day_of(to_micros(now)) - self._days - 1
        there = {(status.st_dev, status.st_ino) for _, status in self._files()}
        is_past = [(log.source.last or 0) < start_of(first) and log.position.file not in there for log in self._logs]
        self._kept.forget(first, [log for log, past in zip(self._logs, is_past, strict=True) if past])
        self._logs = Logs([log for log, past in zip(self._logs, is_past, strict=True) if not past])
        self._refused = {stamp: detection for stamp, detection in self._refused.items() if stamp[:2] in there}

    def _read(self, path: Path, detection: Detection, now: datetime) -> Read | None:
        status = path.stat()
        if self._logs.is_read(status):
            return None
        file = LogFile(path)
        self._refuse_mixture(file, detection)
        is_columns = is_parquet(path, file.start())
        is_settled = not -SETTLED <= now.timestamp() - status.st_mtime <= SETTLED
        if (is_columns or is_packed(path)) and not is_settled:
            return None
        log, remark = self._logs.find(path, status)
        heading = detection.heading(file)
        taken = part(path, log.position, status.st_size, heading, is_settled=is_settled)
        if taken is None:
            return None
        detection.read(taken, now)
        findings, (source,) = detection.drain()
        if is_columns:
            taken.offset = status.st_size
        position = moved(log.position, taken, status)
        if not _is_still(path, status):
            # What lies there now is another file: nothing was taken of it, and this one is found where it is.
            return None
        source.shown = [replace(row, line=row.line + log.position.lines + taken.ahead) for row in source.shown]
        after = self._kept.commit(findings, Log(position, log.source.plus(source), log.number))
        self._logs.put(log, after)
        return Read(shown(path), source, sum(findings.hits.values()), remark) if position != log.position else None

    def _refuse_mixture(self, file: LogFile, detection: Detection) -> None:
        own = detection.subscribers(file)
        other = next((log.source for log in self._logs if log.source.rows), None)
        if other is not None and other.subscribers != own:
            raise WrongUse(
                f"{shown(file.path)}: names subscribers by {own}, and the logs followed so far by {other.subscribers}: "
                "follow it with a --state of its own"
            )

    def _tally(self, day: int, lists: Lists, found_at: datetime) -> Run:
        start = start_of(day)
        thresholds = self._policy.thresholds(deadlines.INFECTED)
        return draw_up(
            self._kept.programs(day, thresholds=thresholds),
            [log.source for log in self._logs if _reaches(log.source, start - WINDOW, start + DAY)],
            lists.watchlist,
            lists.allowed,
            batch=f"{self._batch} {date_of(day)}",
            found_at=found_at,
            seen=self._kept.seen(day),
            thresholds=thresholds,
            policy={"id": self._policy.id, "digest": self._policy.digest},
        )

    def _passed(
        self, day: int, run: Run, loss: Mapping[str, int], before: Collection[tuple[str, str, int, int]]
    ) -> tuple[frozenset[tuple[str, str, int]], set[str]]:
        """Return which program passed which figure of which fact on a day, and of which programs that is news."""
        passed, news = set(), set()
        for program in run.tally.programs:
            name = program.program
            crossings = program.infected.crossings if run.tally.subscribers == NUMBERS else {}
            facts = [(deadlines.INFECTED, figure, to_micros(at) == start_of(day)) for figure, at in crossings.items()]
            figures = self._policy.thresholds(deadlines.LOSS)
            facts += [(deadlines.LOSS, figure, True) for figure in figures if loss.get(name, 0) > figure]
            for fact, figure, goes_on in facts:
                told = self._kept.passed(name, fact, figure) | {d for *one, d in before if one == [name, fact, figure]}
                # What is above a figure as the day begins may have been so since the day before; a loss stays.
                is_known = day in told or (goes_on and (day - 1 in told if fact == deadlines.INFECTED else bool(told)))
                passed.add((name, fact, figure))
                news |= set() if is_known else {name}
        return frozenset(passed), news

    def _owed(self, run: Run, loss: Mapping[str, int], programs: Collection[str]) -> tuple[Owed, ...]:
        own = (one for one in run.tally.programs if one.program in programs)
        whole = tuple(replace(one, loss_fen=loss.get(one.program, 0)) for one in own)
        return deadlines.owed(replace(run.tally, programs=whole), self._policy, run.tally.found_at)

    def _files(self) -> list[tuple[Path, os.stat_result]]:
        return logs_in(self._places, self._say)

    def _say(self, sentence: str) -> None:
        self.passed_over = True
        if sentence not in self._said:
            self._said.add(sentence)
            self._tell(sentence)


def _reaches(source: Source, start: int, end: int) -> bool:
    return source.first is not None and source.last is not None and source.first < end and source.last >= start


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _is_still(path: Path, before: os.stat_result) -> bool:
    """Say whether the same file lies there as before, with no less in it."""
    try:
        now = path.stat()
    except OSError:
        return False
    return (now.st_dev, now.st_ino) == (before.st_dev, before.st_ino) and now.st_size >= before.st_size

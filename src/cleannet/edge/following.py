"""Follow logs that come and grow: read what is new, keep what was counted, and say at once when a threshold is passed.

Each day of Beijing is a batch of its own, counted anew and replaced when it changed: the sliding count goes on from day
to day, so no subscriber is lost at midnight and none is counted twice.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cleannet.core.policy import Policy
from cleannet.core.tally import WINDOW, to_micros
from cleannet.edge import counting, deadlines
from cleannet.edge.counting import Lists
from cleannet.edge.days import DAY, date_of, day_of, start_of
from cleannet.edge.deadlines import Owed
from cleannet.edge.detect import PARQUET, Detection
from cleannet.edge.files import LogFile, is_packed
from cleannet.edge.kept import Kept
from cleannet.edge.matching import Watched
from cleannet.edge.names import shown
from cleannet.edge.positions import Logs, moved, part
from cleannet.edge.rows import Source
from cleannet.edge.state import State
from cleannet.edge.tallies import Run, draw_up
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats.tally import NUMBERS, ProgramTally

# A file that did not change for so many seconds is not being written any more.
SETTLED = 60


@dataclass(frozen=True, slots=True)
class Read:
    """Say what a part of a log held: rows, those that were broken or late, and those that matched."""

    path: str
    source: Source
    matched: int
    remark: str


class Follower:
    """Follow the logs in places; `days` is how many days late a row may come and still count."""

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
        self._held: Counter[Watched] = Counter()

    def read(self, detection: Detection, clock: Callable[[], datetime], *, once: bool = False) -> Iterator[Read]:
        """Read whatever is new in the places, oldest file first, and yield what each part held once it is kept.

        With `once` a file is taken for complete however young it is. What cannot be read is told once and passed over.
        """
        for path, status in self._files():
            is_settled = once or clock().timestamp() - status.st_mtime > SETTLED
            try:
                while found := self._read(path, status, detection, clock(), is_settled=is_settled):
                    yield found
            except (OSError, WrongUse) as error:
                detection.drain()
                self._say(f"{shown(path)}: {error.strerror or error}" if isinstance(error, OSError) else str(error))

    def tally(self, day: int, lists: Lists, found_at: datetime) -> Run:
        """Return the tally of a day as established at `found_at` (aware)."""
        start = start_of(day)
        thresholds = self._policy.thresholds(deadlines.INFECTED)
        sources = [log.source for log in self._logs]
        return draw_up(
            self._kept.programs(day, thresholds, lists.watchlist.aliases),
            [one for one in sources if _reaches(one, start - WINDOW, start + DAY)],
            lists.watchlist,
            lists.allowed,
            batch=f"{self._batch} {date_of(day)}",
            found_at=found_at,
            held=self._held,
            thresholds=thresholds,
            policy={"id": self._policy.id, "digest": self._policy.digest},
        )

    def news(self, day: int, run: Run, lists: Lists) -> tuple[Owed, ...]:
        """Return what is owed for each program that passed a threshold on that day, once for each."""
        loss = self._kept.loss(lists.watchlist.aliases)
        programs = tuple(
            replace(one, loss_fen=loss.get(one.program, 0))
            for one in run.tally.programs
            if self._passes(one, day, loss.get(one.program, 0), run.tally.subscribers)
        )
        return deadlines.owed(replace(run.tally, programs=programs), self._policy, run.tally.found_at)

    def _passes(self, program: ProgramTally, day: int, loss: int, subscribers: str) -> bool:
        crossings = program.infected.crossings.items() if subscribers == NUMBERS else ()
        # What is above a figure as the day begins may have been so on the day before.
        news = [
            self._kept.passes(program.program, deadlines.INFECTED, over, day, goes_on=to_micros(at) == start_of(day))
            for over, at in crossings
        ]
        news += [
            self._kept.passes(program.program, deadlines.LOSS, over, day, goes_on=True)
            for over in self._policy.thresholds(deadlines.LOSS)
            if loss > over
        ]
        return any(news)

    def tallies(self, lists: Lists, clock: Callable[[], datetime]) -> list[tuple[int, Run]]:
        """Return the tally of each day up to today that changed since it was spooled."""
        today = day_of(to_micros(clock()))
        return [(day, self.tally(day, lists, clock())) for day in self._kept.changed() if day <= today]

    def spool(self, state: State, tallies: Iterable[tuple[int, Run]], clock: Callable[[], datetime]) -> None:
        """Spool tallies that were just drawn up."""
        for day, run in tallies:
            counting.spool(state, run, clock())
            self._kept.told(day)

    def forget(self, now: datetime) -> None:
        """Forget the days that no row can change any more at `now` (aware), and logs of theirs that are gone."""
        first = day_of(to_micros(now)) - self._days - 1
        there = {(status.st_dev, status.st_ino) for _, status in self._files()}
        is_past = [(log.source.last or 0) < start_of(first) and log.position.file not in there for log in self._logs]
        self._kept.forget(first, [log for log, past in zip(self._logs, is_past, strict=True) if past])
        self._logs = Logs([log for log, past in zip(self._logs, is_past, strict=True) if not past])

    def _read(
        self, path: Path, status: os.stat_result, detection: Detection, now: datetime, *, is_settled: bool
    ) -> Read | None:
        if self._logs.is_read(status):
            return None
        file = LogFile(path)
        is_parquet = file.start().startswith(PARQUET)
        if (is_parquet or is_packed(path)) and not is_settled:
            return None
        log, remark = self._logs.find(path, status)
        taken = part(path, log.position, status.st_size, detection.heading(file), is_settled=is_settled)
        if taken is None:
            return None
        detection.read(taken, now)
        findings, (source,) = detection.drain()
        self._refuse_mixture(source)
        if is_parquet:
            taken.offset = status.st_size
        source.shown = [replace(row, line=row.line + log.position.lines - taken.repeated) for row in source.shown]
        log.source.add(source)
        self._logs.put(log, moved(log.position, taken, status))
        self._kept.commit(findings, log)
        self._held += findings.held
        return Read(shown(path), source, sum(findings.hits.values()), remark)

    def _refuse_mixture(self, source: Source) -> None:
        other = next((log.source for log in self._logs if log.source.subscribers != source.subscribers), None)
        if other is not None:
            raise WrongUse(
                f"{source.file}: names subscribers by {source.subscribers}, and the logs followed so far by "
                f"{other.subscribers}: follow it with a --state of its own"
            )

    def _files(self) -> list[tuple[Path, os.stat_result]]:
        files = []
        for place in self._places:
            paths = sorted(place.rglob("*")) if place.is_dir() else [place]
            for path in paths:
                try:
                    status = path.stat()
                except OSError as error:
                    self._say(f"{shown(path)}: cannot be read: {error.strerror}")
                    continue
                if path.is_file() and not any(piece.startswith(".") for piece in path.relative_to(place).parts):
                    files.append((path, status))
        return sorted(files, key=lambda file: file[1].st_mtime_ns)

    def _say(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._tell(sentence)


def _reaches(source: Source, start: int, end: int) -> bool:
    return source.first is not None and source.last is not None and source.first < end and source.last >= start

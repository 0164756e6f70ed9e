"""Do what `cleannet edge detect` and `explain` do, as of a clock that is given: load the lists, count, spool."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from cleannet.core.allow import Decision
from cleannet.core.clock import BEIJING
from cleannet.core.indicator import NotUnderstood, parse
from cleannet.core.policy import Policy
from cleannet.core.tally import to_micros
from cleannet.edge import coverage, deadlines
from cleannet.edge.deadlines import Owed
from cleannet.edge.detect import AHEAD, Detection, detect
from cleannet.edge.mapping import Mapping
from cleannet.edge.matching import Found
from cleannet.edge.names import shown
from cleannet.edge.page import owed_lines, run_lines
from cleannet.edge.state import State, read_hub_keys
from cleannet.edge.tallies import Run
from cleannet.edge.watchlists import Allowed, Watchlist, load_allow_lists, load_watchlists
from cleannet.edge.wrong_use import WrongUse

if TYPE_CHECKING:
    from cleannet.edge.assignments import Assignments

_LONGEST_SLACK = 86_400
_DIGEST = re.compile(r"[0-9a-f]{64}")
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Lists:
    """Hold what is looked for and what is allowed."""

    watchlist: Watchlist
    allowed: Allowed


@dataclass(frozen=True, slots=True)
class Counted:
    """Hold one run: what was found, what was looked for, and what is owed."""

    run: Run
    lists: Lists
    owed: tuple[Owed, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The account of the run for a terminal."""
        return (*run_lines(self.run, self.lists.watchlist, self.lists.allowed), *self.deadlines)

    @property
    def deadlines(self) -> tuple[str, ...]:
        """The lines of it that say what is owed until when; none where no threshold was passed."""
        return tuple(owed_lines(self.owed, self.run.tally.found_at))


@dataclass(frozen=True, slots=True)
class Explained:
    """Hold which indicators match a name, in its canonical writing, and the allow-list decision about it."""

    name: str
    found: Found
    decision: Decision


def load(
    state: State,
    watchlists: Sequence[Path],
    allow_lists: Sequence[Path],
    moment: datetime,
    hub_key: Path | None = None,
) -> Lists:
    """Return the lists as of `moment` (aware); without any watchlist, the pulled release.

    A release must be signed by the pinned keys and not be below the one pulled; or, with `hub_key`, by the keys of that
    file. Raises WrongUse, and release.Rejected for a release that is not to be taken.
    """
    keys = read_hub_keys(hub_key) if hub_key else state.hub_keys()
    if not watchlists and state.kept_release() is None:
        raise WrongUse("no watchlist: give --watchlist, or pull a release first")
    allowed = load_allow_lists(allow_lists)
    newest = 0 if hub_key else state.release_number()
    paths = watchlists or [state.release]
    return Lists(load_watchlists(paths, allowed.lists, moment, keys, newest), allowed)


def check(policy: Policy, batch: str) -> None:
    """Raise WrongUse for a law that does not grade on infected subscribers, and for a batch named like a number."""
    if deadlines.INFECTED not in policy.facts():
        raise WrongUse(f"{policy.id} does not grade on infected subscribers; give the --policy that does")
    if shown(batch) != batch and not _DIGEST.fullmatch(batch):
        raise WrongUse("eleven digits or more in the name of the batch could be a phone number: name it otherwise")


def count(
    logs: Sequence[Path],
    lists: Lists,
    policy: Policy,
    *,
    clock: Clock,
    mappings: Sequence[Mapping] = (),
    key: bytes | None = None,
    lateness: timedelta | None = None,
    batch: str = "",
    zone: tzinfo = BEIJING,
    tell: Callable[[str], object] = lambda sentence: None,
    passed: Callable[[int], object] = lambda count: None,
    assignments: Sequence[Path] = (),
    slack: int = 0,
    pass_over: Callable[[str], object] | None = None,
    engine: Callable[..., Detection] = detect,
) -> Counted:
    """Match, count, and say what is owed; what was found is found when `clock` says that all was counted.

    Times of query logs that carry no offset are of `zone`. `tell` hears what takes long, `passed` the bytes read.
    `assignments` are files that say who had which address, and need the key; `slack` is how many seconds earlier and
    later they may have held. `pass_over` is as of `detect`. `engine` does what `detect` does.

    Raises WrongUse for a law that does not grade on infected subscribers, and for what `detect` refuses.
    """
    check(policy, batch)
    who = _assignments(assignments, mappings, clock, key, slack) if assignments else None
    detection = engine(
        logs,
        lists.watchlist,
        begun_at=clock(),
        mappings=mappings,
        key=key,
        lateness=lateness,
        zone=zone,
        tell=tell,
        passed=passed,
        assignments=who,
        pass_over=pass_over,
    )
    run = detection.result(
        lists.allowed,
        found_at=clock(),
        thresholds=policy.thresholds(deadlines.INFECTED),
        policy={"id": policy.id, "digest": policy.digest},
        batch=batch,
    )
    return Counted(run, lists, deadlines.owed(run.tally, policy, run.tally.found_at))


def _assignments(
    paths: Sequence[Path], mappings: Sequence[Mapping], clock: Clock, key: bytes | None, slack: int
) -> "Assignments":
    if key is None:
        raise WrongUse("--assignments tell phone numbers; give the operator's key with --key (cleannet edge key)")
    if not 0 <= slack <= _LONGEST_SLACK:
        raise WrongUse(f"--assignment-slack must lie between 0 and {_LONGEST_SLACK} seconds")
    from cleannet.edge.assignments import Assignments  # noqa: PLC0415 - numba takes a second to import, see detect

    return Assignments(paths, mappings, to_micros(clock()) + AHEAD, timedelta(seconds=slack))


def spool(state: State, run: Run, moment: datetime) -> int:
    """Sign the tally, spool it for the hub, note what it covers, and return its sequence number."""
    sequence = state.put(run.document, moment)
    state.cover(coverage.of(run.sources), moment)
    return sequence


def explain(name: str, lists: Lists, moment: datetime) -> Explained:
    """Return why a name, address or URL is or is not watched; raise WrongUse for what cannot be looked for."""
    try:
        pattern = parse(name)
    except NotUnderstood as error:
        raise WrongUse(f"“{shown(name)}” cannot be explained: {error}") from None
    found = lists.watchlist.index().find(pattern.host, "", pattern.port, pattern.target)
    return Explained(pattern.text, found, lists.allowed.lists.decide(pattern, moment))

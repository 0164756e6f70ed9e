"""Load watchlists and allow-lists from files and folders, and decide about every indicator once."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cleannet.core.allow import AllowLists
from cleannet.core.indicator import Indicator
from cleannet.edge.matching import Index, Watched
from cleannet.edge.names import shown
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats import allowlists, lists, release
from cleannet.formats.contents import LeftOut, told_apart

SHOWN = 10
_WATCHLISTS = lists.SUFFIXES | {release.SUFFIX}


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Name by file and line what was not understood, and say why."""

    file: str
    line: int
    reason: str


@dataclass(slots=True)
class ListFile:
    """Account for one file of a watchlist or an allow-list."""

    file: str
    format: str
    understood: int
    not_understood: int


@dataclass(slots=True)
class Watchlist:
    """Hold what is looked for, each indicator with its allow-list decision, and the account of how it was read.

    `held` counts the indicators that an allow-list holds back, `passed_over` names the files of a folder that are no
    lists by their suffix, and `aliases` are the release's.
    """

    watched: list[Watched] = field(default_factory=list)
    held: int = 0
    files: list[ListFile] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    shown: list[NotTaken] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    release: int | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)

    def index(self) -> Index:
        """Return the tables a row is matched against."""
        return Index(self.watched)


@dataclass(slots=True)
class Allowed:
    """Hold the allow-lists and the account of how they were read."""

    lists: AllowLists
    files: list[ListFile]
    shown: list[NotTaken]
    passed_over: list[str] = field(default_factory=list)


def load_allow_lists(paths: Iterable[Path]) -> Allowed:
    """Return the allow-lists in files and folders; raise WrongUse when a path cannot be read."""
    files: list[ListFile] = []
    not_taken: list[NotTaken] = []
    passed_over: list[str] = []
    read = []
    for path in _files(paths, allowlists.SUFFIXES, passed_over):
        name = shown(path)
        contents = allowlists.read(_bytes(path), name)
        read.append(contents)
        understood = len(contents.listed) + len(contents.waivers)
        files.append(ListFile(name, contents.format, understood, len(contents.left_out)))
        _show(not_taken, name, contents.left_out)
    listed = (entry for contents in read for entry in contents.listed)
    waivers = (waiver for contents in read for waiver in contents.waivers)
    return Allowed(AllowLists(listed, waivers), files, not_taken, passed_over)


def load_watchlists(
    paths: Iterable[Path],
    allowed: AllowLists,
    moment: datetime,
    hub_keys: Mapping[str, Ed25519PublicKey],
    newest: int = 0,
) -> Watchlist:
    """Return the watchlist in files and folders, as of `moment` (aware).

    A release must be signed by one of `hub_keys` and not be below `newest`; its aliases hold for every list. Raises
    WrongUse when a path cannot be read or two releases are given, and release.Rejected when a release is not to be
    taken.
    """
    watchlist = Watchlist()
    for path in _files(paths, _WATCHLISTS, watchlist.passed_over):
        data, name = _bytes(path), shown(path)
        if release.is_envelope(data):
            if watchlist.release is not None:
                raise WrongUse(f"{name}: a second release; give one release only")
            taken = release.accept(data, hub_keys, moment, newest)
            watchlist.release, watchlist.aliases = taken.number, taken.aliases
            _take(watchlist, name, "release", _named(taken), (), allowed, moment)
        else:
            contents = lists.read(data, name, moment)
            _take(watchlist, name, contents.format, contents.indicators, contents.left_out, allowed, moment)
    # The release may come after the lists of others, whose programs its aliases name too.
    watchlist.watched = [_as_unit(entry, watchlist.aliases) for entry in watchlist.watched]
    return watchlist


def _named(taken: release.Release) -> Iterator[Indicator]:
    """Yield the indicators of a release, each with the release before the name of the list it was taken from."""
    name = f"release {taken.number} of {taken.issuer}"
    for found in taken.indicators:
        yield replace(found, list=f"{name}, {found.list}" if found.list else name)


def _as_unit(entry: Watched, aliases: Mapping[str, str]) -> Watched:
    """Return an indicator bound to the program that its own counts as: aliases of one unit are counted together."""
    program = aliases.get(entry.indicator.program)
    return entry if program is None else replace(entry, indicator=replace(entry.indicator, program=program))


def _take(
    watchlist: Watchlist,
    file: str,
    form: str,
    indicators: Iterable[Indicator],
    left_out: Iterable[LeftOut],
    allowed: AllowLists,
    moment: datetime,
) -> None:
    watched = [Watched(found, allowed.decide(found.pattern, moment)) for found in indicators]
    skipped = list(left_out)
    watchlist.watched += watched
    watchlist.held += sum(entry.decision.holds for entry in watched)
    watchlist.files.append(ListFile(file, form, len(watched), len(skipped)))
    watchlist.reasons.update(left.code for left in skipped)
    _show(watchlist.shown, file, skipped)


def _show(not_taken: list[NotTaken], file: str, left_out: Iterable[LeftOut]) -> None:
    for left in left_out:
        if len(not_taken) >= SHOWN:
            return
        not_taken.append(NotTaken(file, left.line, left.reason))


def _files(paths: Iterable[Path], suffixes: frozenset[str], passed_over: list[str]) -> Iterator[Path]:
    """Yield the files; of a folder, and those below it, the ones that are lists by their suffix, sorted.

    The others are named in `passed_over`.
    """
    for path in paths:
        if path.is_dir():
            found, others = told_apart((file for file in path.rglob("*") if file.is_file()), suffixes)
            passed_over += map(shown, others)
            if not found:
                raise WrongUse(f"{shown(path)}: no file in this folder ends in {', '.join(sorted(suffixes))}")
            yield from found
        else:
            yield path


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WrongUse(f"{shown(path)}: cannot be read: {error.strerror}") from None

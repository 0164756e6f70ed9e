"""What a list of indicators was found to hold."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import TypeVar

from cleannet.core.indicator import Indicator, NotUnderstood, Pattern, counted_as, parse

File = TypeVar("File", bound=PurePath)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Say what of a list was not understood: line (0: the whole list), a code that groups reasons, and a sentence."""

    line: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Contents:
    """Hold what was read out of one list and what was not."""

    format: str
    indicators: tuple[Indicator, ...]
    left_out: tuple[LeftOut, ...]


class Collector:
    """Gather the indicators of one list, keeping what is not understood with its reason."""

    def __init__(self, list_name: str) -> None:
        self._list = list_name
        self._indicators: list[Indicator] = []
        self._left_out: list[LeftOut] = []

    def take(self, text: str, line: int, program: str, role: Callable[[Pattern], str]) -> None:
        """Parse one written indicator of `program`; `role` says which resource a pattern is."""
        try:
            pattern = parse(text)
        except NotUnderstood as error:
            self.leave_out(line, error.code, str(error))
            return
        kind = role(pattern)
        self._indicators.append(Indicator(pattern, program, kind, counted_as(kind), self._list, line))

    def leave_out(self, line: int, code: str, reason: str) -> None:
        """Note what was not understood."""
        self._left_out.append(LeftOut(line, code, reason))

    def contents(self, form: str) -> Contents:
        """Return everything gathered."""
        return Contents(form, tuple(self._indicators), tuple(self._left_out))


def told_apart(files: Iterable[File], suffixes: frozenset[str]) -> tuple[list[File], list[File]]:
    """Return the files of a folder that are lists by their suffix, and the others, both sorted."""
    found: tuple[list[File], list[File]] = ([], [])
    for file in sorted(files):
        found[file.suffix.lower() not in suffixes].append(file)
    return found


def without_comments(lines: Iterable[str], mark: str = "#") -> Iterable[tuple[int, str]]:
    """Yield number and text of each line that holds something beside a comment."""
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text.startswith(mark):
            continue
        at = text.find(mark)
        while at > 0 and not text[at - 1].isspace():
            at = text.find(mark, at + 1)
        if at > 0:
            text = text[:at].rstrip()
        if text:
            yield number, text

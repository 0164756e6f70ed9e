"""Rank the programs of some days by their infected subscribers, with the servers and provinces they were seen in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cleannet.core.terms import PROVINCES
from cleannet.edge.days import date_of
from cleannet.edge.kept import Kept
from cleannet.edge.page import seen_lines, table_lines, without_lines
from cleannet.edge.rows import missing
from cleannet.edge.tallies import Seen
from cleannet.formats.tally import UNKNOWN_PROVINCE, ProgramTally, write_program

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Ranking:
    """Hold the programs of the days from `first` to `last`, the most infected first; `rows` counts rows by day.

    `seen` are the indicators that rows matched and that count, those with most rows first.
    """

    first: int
    last: int
    programs: list[ProgramTally]
    seen: list[Seen]
    rows: Mapping[int, int]

    @property
    def without_rows(self) -> list[int]:
        """The days of which no log told anything."""
        return missing(self.rows, self.first, self.last)

    @property
    def document(self) -> dict[str, Any]:
        """The ranking as values for JSON (docs/formats.md)."""
        return {
            "schema": SCHEMA,
            "from": str(date_of(self.first)),
            "to": str(date_of(self.last)),
            "without_rows": [str(date_of(day)) for day in self.without_rows],
            "programs": [
                write_program(program, curves=False)
                | {"seen": [one for one in self.seen if one["program"] == program.program]}
                for program in self.programs
            ],
        }

    def lines(self, most: int) -> Iterator[str]:
        """Yield the ranking for a terminal: at most so many programs, and so many servers of each."""
        yield f"{date_of(self.first)} to {date_of(self.last)}, by the logs of {len(self.rows)} days."
        yield from without_lines(self.without_rows)
        if not self.programs:
            yield "Nothing was counted in these days."
            return
        shown = self.programs[:most]
        yield from table_lines(shown)
        if len(self.programs) > most:
            yield f"… and {len(self.programs) - most} programs more (--top)"
        for program in shown:
            yield f"{program.program}: infected {_provinces(program)}"
            own = [one for one in self.seen if one["program"] == program.program]
            yield from seen_lines(own[:most])
            if len(own) > most:
                yield f"  … and {len(own) - most} more"


def rank(kept: Kept, first: int, last: int) -> Ranking:
    """Return the ranking of the days from `first` to `last` of what is kept."""
    rows = kept.rows_by_day()
    counts = (one for one in kept.seen(first, last) if "reason" not in one)
    return Ranking(
        first,
        last,
        kept.programs(first, last, curves=False),
        sorted(counts, key=lambda one: (-one["hits"], one["indicator"])),
        {day: count for day, count in rows.items() if first <= day <= last},
    )


def _provinces(program: ProgramTally) -> str:
    shares = sorted(program.infected.by_province.items(), key=lambda share: (-share[1].subscribers, share[0]))
    if not shares:
        return f"{program.infected.subscribers}, provinces not told"
    return ", ".join(f"{_province(code)} {share.subscribers}" for code, share in shares)


def _province(code: str) -> str:
    return "not told" if code == UNKNOWN_PROVINCE else f"{PROVINCES[code].zh} {PROVINCES[code].en}"

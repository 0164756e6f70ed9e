"""Say what this edge covers: the sources of the last runs, whichever run each was in, for the heartbeat.

Logs of numbers and logs of addresses are counted in separate runs, so one run never covers all. A source is known by
its file's name: run again, the newer account replaces the older. The newest 200 are kept, and none that was not run for
seven days.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cleannet.core.tally import from_micros
from cleannet.edge.rows import Source
from cleannet.formats.messages import CoveredSource
from cleannet.formats.moments import read_moment, write_moment

MOST = 200
FORGOTTEN_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Covered:
    """Hold what a run at `counted_at` said of a source."""

    source: CoveredSource
    counted_at: datetime


def of(sources: Iterable[Source]) -> tuple[CoveredSource, ...]:
    """Return what one run covers; files of the same name in different folders are one source."""
    found: dict[str, CoveredSource] = {}
    for source in sources:
        name = Path(source.file).name
        last = None if source.last is None else from_micros(source.last)
        known = found.get(name, CoveredSource(name, 0, None))
        both = [moment for moment in (known.last, last) if moment is not None]
        found[name] = CoveredSource(name, known.rows + source.rows, max(both, default=None))
    return tuple(found.values())


def merged(kept: Iterable[Covered], sources: Iterable[CoveredSource], moment: datetime) -> tuple[Covered, ...]:
    """Return what is covered after a run at `moment` (aware), the newest first."""
    by_name = {covered.source.file: covered for covered in kept}
    by_name |= {source.file: Covered(source, moment) for source in sources}
    newest = sorted(current(by_name.values(), moment), key=lambda covered: covered.counted_at, reverse=True)
    return tuple(newest[:MOST])


def current(kept: Iterable[Covered], moment: datetime) -> list[Covered]:
    """Return what was run within the seven days before `moment`."""
    return [covered for covered in kept if moment - covered.counted_at <= FORGOTTEN_AFTER]


def write(kept: Iterable[Covered]) -> list[dict[str, Any]]:
    """Return the account as values for canonical JSON."""
    return [
        {
            "file": covered.source.file,
            "rows": covered.source.rows,
            "last": None if covered.source.last is None else write_moment(covered.source.last),
            "counted_at": write_moment(covered.counted_at),
        }
        for covered in kept
    ]


def read(rows: Iterable[dict[str, Any]]) -> tuple[Covered, ...]:
    """Return the account that `write` wrote."""
    return tuple(
        Covered(
            CoveredSource(row["file"], row["rows"], None if row["last"] is None else read_moment(row["last"])),
            read_moment(row["counted_at"]),
        )
        for row in rows
    )

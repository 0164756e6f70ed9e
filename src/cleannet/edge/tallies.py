"""Draw up the tally of what was found: the document for the hub and for people (docs/formats.md)."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from cleannet.core.tally import from_micros
from cleannet.edge.days import date_of
from cleannet.edge.matching import Watched
from cleannet.edge.rows import Source
from cleannet.edge.watchlists import Allowed, Watchlist
from cleannet.formats import canonical, tally
from cleannet.formats.moments import write_moment

SHOWN = 10
# An indicator that rows matched, as values for JSON.
Seen = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """Hold what was found: the document to write and the counts to act upon."""

    document: dict[str, Any]
    tally: tally.Tally
    sources: tuple[Source, ...]


def draw_up(
    programs: Iterable[tally.ProgramTally],
    sources: Sequence[Source],
    watchlist: Watchlist,
    allowed: Allowed,
    *,
    batch: str,
    found_at: datetime,
    seen: Iterable[Seen],
    thresholds: Sequence[int] = (),
    policy: dict[str, Any] | None = None,
    assignments: dict[str, Any] | None = None,
) -> Run:
    """Return the tally of a batch as established at `found_at` (aware)."""
    told = sorted(seen, key=lambda one: (-one["hits"], one["indicator"], one["program"]))
    document: dict[str, Any] = {
        "schema": tally.SCHEMA,
        "subscribers": sources[0].counts if sources else tally.ADDRESSES,
        "window": "24h",
        "found_at": write_moment(found_at),
        "batch": batch,
        "release": watchlist.release,
        "policy": policy,
        "thresholds": sorted(set(thresholds)),
        "rows": {
            "read": sum(source.rows for source in sources),
            "broken": sum(source.broken for source in sources),
            "late": sum(source.late for source in sources),
            "unmapped": sum(source.unmapped for source in sources),
        },
        "broken": [asdict(row) for row in [row for source in sources for row in source.shown][:SHOWN]],
        "indicators": {
            "understood": len(watchlist.watched),
            "not_understood": sum(watchlist.reasons.values()),
            "not_understood_by_reason": dict(sorted(watchlist.reasons.items())),
            "not_understood_first": [asdict(left) for left in watchlist.shown],
            "held_by_allow_list": watchlist.held,
        },
        "passed_over": _passed_over(watchlist, allowed),
        "watchlists": [asdict(file) for file in watchlist.files],
        "allow_lists": [asdict(file) for file in allowed.files],
        "seen": [one for one in told if "reason" not in one],
        "held": [one for one in told if "reason" in one],
        "assignments": assignments,
        "sources": [_source(source) for source in sources],
        "programs": [tally.write_program(program) for program in programs],
        "unchanged": [],
    }
    return Run(document, tally.read(document), tuple(sources))


def _passed_over(watchlist: Watchlist, allowed: Allowed) -> dict[str, Any]:
    files = [*watchlist.passed_over, *allowed.passed_over]
    return {"files": len(files), "first": files[:SHOWN]}


def seen(rows: Mapping[tuple[Watched, int], int]) -> list[Seen]:
    """Return the indicators that rows matched; `rows` counts them by day."""
    found: dict[Watched, list[tuple[int, int]]] = {}
    for (entry, day), count in rows.items():
        found.setdefault(entry, []).append((day, count))
    return [with_days(told(entry), days) for entry, days in found.items()]


def with_days(told: Seen, days: Iterable[tuple[int, int]]) -> Seen:
    """Return what is told of an indicator with its rows, and the first and the last day of any; `days` counts them."""
    rows: dict[int, int] = {}
    for day, count in days:
        rows[day] = rows.get(day, 0) + count
    return told | {"hits": sum(rows.values()), "first": str(date_of(min(rows))), "last": str(date_of(max(rows)))}


def told(entry: Watched) -> Seen:
    """Return an indicator as a tally tells it, one that is held back with the reason for that."""
    indicator, decision = entry.indicator, entry.decision
    known = {
        "indicator": indicator.pattern.text,
        "kind": indicator.pattern.kind,
        "role": indicator.role,
        "program": indicator.program,
        "watchlist": indicator.list,
        "watchlist_line": indicator.line,
    }
    if not decision.holds:
        return known
    return known | {
        "reason": decision.reason,
        "listed": decision.listed,
        "allow_list": decision.list,
        "allow_list_line": decision.line,
    }


def of_changed(document: dict[str, Any], known: Mapping[str, bytes]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return a tally with those of its programs only of which something else is known, and the digest of each."""
    digests = {one["program"]: hashlib.sha256(canonical.encode(one)).digest() for one in document["programs"]}
    unchanged = sorted(name for name, digest in digests.items() if known.get(name) == digest)
    changed = [one for one in document["programs"] if one["program"] not in set(unchanged)]
    return document | {"programs": changed, "unchanged": unchanged}, digests


def _source(source: Source) -> dict[str, Any]:
    return account(source) | {
        "late": source.late,
        "unmapped": source.unmapped,
        "assigned": None if source.assigned is None else dict(source.assigned),
    }


def account(source: Source) -> dict[str, Any]:
    """Return what a tally tells of any file of rows."""
    return {
        "file": source.file,
        "format": source.format,
        "sha256": source.sha256,
        "rows": source.rows,
        "broken": source.broken,
        "first": None if source.first is None else write_moment(from_micros(source.first)),
        "last": None if source.last is None else write_moment(from_micros(source.last)),
        "days": {str(date_of(day)): rows for day, rows in sorted(source.days.items())},
        "cut_off": source.cut_off or None,
    }

"""The one form of a log row, and the account of how reading a source went."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from cleannet.core.indicator import host_and_port
from cleannet.edge.days import day_of

SHOWN_PER_SOURCE = 5
IN_FUTURE = "the time lies in the future"
# No clock that shows local time is further ahead of UTC.
_OF_A_ZONE = 14 * 3_600_000_000
TOO_LONG = "the line is longer than 1 MiB or was cut off"
_ABSOLUTE = re.compile(r"https?://(?:[^/?#]*@)?([^/?#@]*)(.*)", re.ASCII | re.IGNORECASE | re.DOTALL)


class Row(NamedTuple):
    """Hold what matters of a log row.

    `at` is in microseconds since the epoch, `subscriber` a normalised number or an address, `host` as the log wrote it,
    `address` and `port` the destination ("" and 0: not told), `target` path and query ("" where no request was seen),
    `province` a two-digit code or "", `fen` the fee of a billing row (None: none), `record` its id, and `source_port`
    the port the subscriber spoke from (0: not told).
    """

    at: int
    subscriber: str
    host: str
    address: str = ""
    port: int = 0
    target: str = ""
    province: str = ""
    fen: int | None = None
    record: str = ""
    source_port: int = 0


def requested(host: str, uri: str, port: str) -> tuple[str, int, str]:
    """Return host, port and target of what a row asked for; an absolute `uri` names its host itself (RFC 9112, 3.2.2).

    The port of the connection goes before one written behind the host; 0 and "" stand for what is not told.
    """
    if not uri and not port and ":" not in host:
        return host, 0, ""
    target = uri if uri.startswith("/") else ""
    absolute = _ABSOLUTE.fullmatch(uri) if uri and not target else None
    if absolute:
        host, target = absolute[1] or host, absolute[2]
        target = target if target.startswith("/") else f"/{target}"
    connected = int(port) if port.isascii() and port.isdecimal() and len(port) < 6 else 0
    if ":" in host:
        name, named = host_and_port(host)
        # What is no host stays as it was written: something was asked for, and nothing matches it.
        host, connected = name or host, connected or named
    return host, connected, target


def port_or_zero(text: str) -> int:
    """Return the port a text writes, 0 for none."""
    port = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
    return port if port < 1 << 16 else 0


class BadRow(ValueError):
    """Say why a row is broken, without a word of what it holds."""


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """Name a broken row by file and line and say why; its content is never kept."""

    file: str
    line: int
    reason: str


@dataclass(slots=True)
class Source:
    """Account for one source: every row read is understood, broken, late or unmapped (nothing in it to look for).

    Rows before 1970 and after `latest` are broken, rows before `earliest` late; both in microseconds since the epoch.
    `days` counts by day (days.day_of) the rows that are neither.
    """

    file: str
    latest: int
    earliest: int | None = None
    format: str = ""
    subscribers: str = "addresses"
    sha256: str = ""
    rows: int = 0
    broken: int = 0
    late: int = 0
    unmapped: int = 0
    first: int | None = None
    last: int | None = None
    days: dict[int, int] = field(default_factory=dict)
    cut_off: str = ""
    # Matched rows by what became of them, where they were joined with assignments.
    assigned: Counter[str] | None = None
    shown: list[BrokenRow] = field(default_factory=list)

    @property
    def counts(self) -> str:
        """What its rows count as: numbers also where only addresses are told and were joined with assignments."""
        return self.subscribers if self.assigned is None else "numbers"

    def break_row(self, line: int, reason: str, rows: int = 1) -> None:
        """Count broken rows and keep the first few for showing."""
        self.rows += rows
        self.broken += rows
        if len(self.shown) < SHOWN_PER_SOURCE:
            self.shown.append(BrokenRow(self.file, line, reason))

    def pass_over(self) -> None:
        """Count a whole row that holds nothing to look for."""
        self.rows += 1
        self.unmapped += 1

    def takes(self, at: int, line: int) -> bool:
        """Count a row and say whether it is to be matched: neither late nor before 1970 nor in the future."""
        if at < 0:
            self.break_row(line, "the time lies before 1970")
            return False
        if at > self.latest:
            self.break_row(
                line, IN_FUTURE if at - self.latest > _OF_A_ZONE else f"{IN_FUTURE}: is its time zone right?"
            )
            return False
        self.rows += 1
        if self.earliest is not None and at < self.earliest:
            self.late += 1
            return False
        day = day_of(at)
        self.days[day] = self.days.get(day, 0) + 1
        if self.first is None or self.last is None:
            self.first = self.last = at
        elif at > self.last:
            self.last = at
        elif at < self.first:
            self.first = at
        return True

    def plus(self, later: "Source") -> "Source":
        """Return the account of this part of a source and a later one, without a digest."""
        both = replace(later, sha256="", shown=(self.shown + later.shown)[:SHOWN_PER_SOURCE], days=dict(later.days))
        both.broken += self.broken
        both.unmapped += self.unmapped
        span = None if self.first is None or self.last is None else (self.first, self.last)
        both.settle(self.rows, self.late, span, self.days)
        return both

    def settle(self, rows: int, late: int, span: tuple[int, int] | None, days: Mapping[int, int]) -> None:
        """Count rows of which so many are late; of the others `span` holds the first and the last moment, if any."""
        self.rows += rows
        self.late += late
        for day, count in days.items():
            self.days[day] = self.days.get(day, 0) + count
        if span is not None:
            self.first = span[0] if self.first is None else min(self.first, span[0])
            self.last = span[1] if self.last is None else max(self.last, span[1])


def rows_by_day(sources: Iterable[Source]) -> dict[int, int]:
    """Return how many rows some sources hold of each day."""
    rows: Counter[int] = Counter()
    for source in sources:
        rows.update(source.days)
    return dict(rows)


def missing(rows: Mapping[int, int], first: int, last: int) -> list[int]:
    """Return the days from `first` to `last` that none of the rows, counted by day, lies in."""
    return [day for day in range(first, last + 1) if not rows.get(day)]


def read_source(values: Mapping[str, Any]) -> Source:
    """Return the account that was kept as JSON values."""
    days = {int(day): rows for day, rows in values.get("days", {}).items()}
    return Source(**{**values, "shown": [BrokenRow(**row) for row in values["shown"]], "days": days})

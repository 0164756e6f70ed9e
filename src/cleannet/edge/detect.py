"""Read logs, match every row, count exactly, and draw up the tally."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cleannet.core.clock import BEIJING
from cleannet.core.tally import MICROSECOND, Contacts, Loss, from_micros, to_micros
from cleannet.core.terms import COUNTED
from cleannet.edge import eve, query_logs, zeek
from cleannet.edge.files import LogFile, is_parquet
from cleannet.edge.json_lines import is_json
from cleannet.edge.mapping import Mapping
from cleannet.edge.matching import Watched
from cleannet.edge.names import shown
from cleannet.edge.rows import Row, Source
from cleannet.edge.subscribers import Pseudonyms
from cleannet.edge.tables import read_csv
from cleannet.edge.watchlists import Allowed, Watchlist
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats import tally
from cleannet.formats.moments import write_moment

if TYPE_CHECKING:
    from cleannet.edge.assignments import Assignments
    from cleannet.edge.bulk import Bulk

# A smaller file is read before the compiled code is loaded.
BULKY = 1 << 18
SHOWN = 10
AHEAD = timedelta(minutes=5) // MICROSECOND


@dataclass(slots=True)
class _Program:
    hits: int = 0
    contacts: dict[str, Contacts] = field(default_factory=lambda: {kind: Contacts() for kind in COUNTED})
    loss: Loss = field(default_factory=Loss)


@dataclass(frozen=True, slots=True)
class Run:
    """Hold what one run found: the document to write and the counts to act upon."""

    document: dict[str, Any]
    tally: tally.Tally
    sources: tuple[Source, ...]


def detect(
    logs: Sequence[Path],
    watchlist: Watchlist,
    *,
    begun_at: datetime,
    mappings: Sequence[Mapping] = (),
    key: bytes | None = None,
    lateness: timedelta | None = None,
    zone: tzinfo = BEIJING,
    tell: Callable[[str], object] = lambda sentence: None,
    assignments: "Assignments | None" = None,
) -> "Detection":
    """Read the logs and return what they hold of the watchlist's programs; `begun_at` (aware) is the edge's clock.

    Rows more than five minutes after `begun_at` are broken; rows older than `lateness` before it are late and
    not matched. `key` is the operator's, needed where a mapping names numbers and for `assignments`, by which matched
    rows that tell an address count for the number that had it, or for nobody. Times of query logs that carry no offset
    are of `zone`. `tell` hears what takes long.

    Raises WrongUse for a log that no reader or mapping fits, and where some logs name numbers and some addresses.
    """
    detection = Detection(watchlist, begun_at, key, lateness, zone, tell, assignments)
    for path in logs:
        detection.read(path, mappings)
    if len({source.counts for source in detection.sources}) > 1:
        raise WrongUse("some of these logs name subscribers by number and some by address: count them in separate runs")
    return detection


class Detection:
    """Collect the matches of one run; `sources` accounts for every row."""

    def __init__(
        self,
        watchlist: Watchlist,
        begun_at: datetime,
        key: bytes | None,
        lateness: timedelta | None,
        zone: tzinfo,
        tell: Callable[[str], object],
        assignments: "Assignments | None" = None,
    ) -> None:
        self._assignments = assignments
        self._zone, self._tell = zone, tell
        self._watchlist = watchlist
        self._index = watchlist.index()
        self._latest = to_micros(begun_at) + AHEAD
        self._earliest = to_micros(begun_at - lateness) if lateness is not None else None
        self._pseudonyms = Pseudonyms(key) if key else None
        self._programs: dict[str, _Program] = {}
        self._held: Counter[Watched] = Counter()
        self.sources: list[Source] = []

    def read(self, path: Path, mappings: Sequence[Mapping]) -> None:
        """Read one log with the reader or mapping that fits it."""
        source = Source(shown(path), self._latest, self._earliest)
        self.sources.append(source)
        try:
            rows, file = self._open(path, source, mappings)
            keyed = self._keyed(source)
            find = self._index.find
            for row in rows:
                found = find(row.host, row.address, row.port, row.target)
                if found and (subscriber := keyed(row)):
                    self._match(row, found, subscriber)
        except OSError as error:
            raise WrongUse(f"{shown(path)}: cannot be read: {error.strerror}") from None
        if file is not None:
            source.sha256, source.cut_off = file.sha256, file.cut_off

    def _open(self, path: Path, source: Source, mappings: Sequence[Mapping]) -> tuple[Iterator[Row], LogFile | None]:
        file = LogFile(path)
        start, is_bulky = file.start(), path.stat().st_size >= BULKY
        mapping = next((mapping for mapping in mappings if mapping.fits(path.name)), None)
        if zeek.is_tab_separated(start):
            read = self._bulk.zeek if is_bulky else zeek.read_tab_separated
            return read(file, source), file
        if mapping is None and is_json(start):
            return (eve.read if eve.is_eve(start) else zeek.read_json)(file, source), file
        if mapping is None:
            if kind := query_logs.kind_of(start):
                return query_logs.read(file, source, kind, self._zone), file
            raise WrongUse(
                f"{source.file}: neither a Zeek dns.log nor http.log, nor Suricata's EVE log, nor queries of BIND, "
                "Unbound or dnsmasq; CSV and Parquet need a --mapping for files named so"
            )
        source.subscribers = tally.NUMBERS if "number" in mapping.columns else tally.ADDRESSES
        if is_parquet(path, start):
            return self._bulk.parquet(path, source, mapping), None
        return (self._bulk.csv if is_bulky else read_csv)(file, source, mapping), file

    @cached_property
    def _bulk(self) -> "Bulk":
        from cleannet.edge.bulk import Bulk  # noqa: PLC0415 - numba takes a second to import: for what needs it only

        return Bulk(self._watchlist.watched, self._tell)

    def _keyed(self, source: Source) -> Callable[[Row], bytes]:
        """Return what tells the subscribers of a source's rows apart; it gives b"" for one who cannot be named."""
        is_told = source.subscribers == tally.NUMBERS
        if not is_told and self._assignments is None:
            return lambda row: _as_bytes(row.subscriber)
        if self._pseudonyms is None:
            raise WrongUse(
                f"{source.file}: phone numbers are counted; give the operator's key with --key (cleannet edge key)"
            )
        of = self._pseudonyms.of
        if is_told or self._assignments is None:
            return lambda row: of(row.subscriber)
        number_of = self._assignments.join(source)
        return lambda row: of(number) if (number := number_of(row)) else b""

    def _match(self, row: Row, found: Iterable[Watched], subscriber: bytes) -> None:
        hit: set[str] = set()
        for entry in found:
            if entry.decision.holds:
                self._held[entry] += 1
                continue
            name = entry.indicator.program
            program = self._programs.get(name)
            if program is None:
                program = self._programs[name] = _Program()
            program.contacts[entry.indicator.counts_as].add(subscriber, row.at, row.province)
            hit.add(name)
        for name in hit:
            program = self._programs[name]
            program.hits += 1
            if row.fen is not None:
                program.loss.add(hashlib.blake2b(_as_bytes(row.record), digest_size=16).digest(), row.fen)

    def result(
        self,
        allowed: Allowed,
        *,
        found_at: datetime,
        thresholds: Sequence[int] = (),
        policy: dict[str, Any] | None = None,
        batch: str = "",
    ) -> Run:
        """Count, and return the tally as established at `found_at` (aware).

        `batch` names logs that grow: a later count of them replaces this one. Without it the content names the batch.
        """
        programs = sorted(
            (_counted(name, program, thresholds) for name, program in self._programs.items()),
            key=lambda program: (-program.infected.maximum, -program.exposed.maximum, program.program),
        )
        watchlist = self._watchlist
        document: dict[str, Any] = {
            "schema": tally.SCHEMA,
            "subscribers": self.sources[0].counts if self.sources else tally.ADDRESSES,
            "window": "24h",
            "found_at": write_moment(found_at),
            "batch": batch or _batch(self.sources),
            "release": watchlist.release,
            "policy": policy,
            "thresholds": sorted(set(thresholds)),
            "rows": {
                "read": sum(source.rows for source in self.sources),
                "broken": sum(source.broken for source in self.sources),
                "late": sum(source.late for source in self.sources),
                "unmapped": sum(source.unmapped for source in self.sources),
            },
            "broken": [asdict(row) for row in [row for source in self.sources for row in source.shown][:SHOWN]],
            "indicators": {
                "understood": len(watchlist.watched),
                "not_understood": sum(watchlist.reasons.values()),
                "not_understood_by_reason": dict(sorted(watchlist.reasons.items())),
                "not_understood_first": [asdict(left) for left in watchlist.shown],
                "held_by_allow_list": len(watchlist.held),
            },
            "passed_over": _passed_over(watchlist, allowed),
            "watchlists": [asdict(file) for file in watchlist.files],
            "allow_lists": [asdict(file) for file in allowed.files],
            "held": [_held(entry, hits) for entry, hits in self._held.most_common()],
            "assignments": self._assignments.account(self.sources) if self._assignments else None,
            "sources": [_source(source) for source in self.sources],
            "programs": [tally.write_program(program) for program in programs],
        }
        return Run(document, tally.read(document), tuple(self.sources))


def _as_bytes(text: str) -> bytes:
    # A JSON log may hold half a surrogate pair, which is no text but tells one row from another.
    return text.encode(errors="surrogatepass")


def _counted(name: str, program: _Program, thresholds: Sequence[int]) -> tally.ProgramTally:
    scales = {}
    for kind, contacts in program.contacts.items():
        provinces = contacts.provinces() if contacts.provinces() != [""] else []
        shares = {province: contacts.count(province=province) for province in provinces}
        scales[kind] = tally.scale_of(contacts.count(thresholds), shares)
    loss = program.loss
    return tally.ProgramTally(
        name, program.hits, scales["infected"], scales["exposed"], loss.total, loss.records, loss.contradictions
    )


def _passed_over(watchlist: Watchlist, allowed: Allowed) -> dict[str, Any]:
    files = [*watchlist.passed_over, *allowed.passed_over]
    return {"files": len(files), "first": files[:SHOWN]}


def _held(entry: Watched, hits: int) -> dict[str, Any]:
    indicator, decision = entry.indicator, entry.decision
    return {
        "indicator": indicator.pattern.text,
        "program": indicator.program,
        "watchlist": indicator.list,
        "watchlist_line": indicator.line,
        "reason": decision.reason,
        "listed": decision.listed,
        "allow_list": decision.list,
        "allow_list_line": decision.line,
        "hits": hits,
    }


def _source(source: Source) -> dict[str, Any]:
    return {
        "file": source.file,
        "format": source.format,
        "sha256": source.sha256,
        "rows": source.rows,
        "broken": source.broken,
        "late": source.late,
        "unmapped": source.unmapped,
        "assigned": None if source.assigned is None else dict(source.assigned),
        "first": None if source.first is None else write_moment(from_micros(source.first)),
        "last": None if source.last is None else write_moment(from_micros(source.last)),
        "cut_off": source.cut_off or None,
    }


def _batch(sources: Iterable[Source]) -> str:
    """Return what identifies these logs, whatever they are called and in whatever order they were given."""
    return hashlib.sha256("\n".join(sorted(source.sha256 for source in sources)).encode()).hexdigest()

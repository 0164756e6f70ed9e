"""Read logs, match every row, count exactly, and draw up the tally."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cleannet.core.clock import BEIJING
from cleannet.core.tally import MICROSECOND, to_micros
from cleannet.edge import eve, query_logs, zeek
from cleannet.edge.files import FIRST_LINE, MARKED_LINES, LogFile, is_parquet
from cleannet.edge.findings import Findings, digest
from cleannet.edge.json_lines import is_json
from cleannet.edge.mapping import Mapping
from cleannet.edge.names import shown
from cleannet.edge.rows import Row, Source
from cleannet.edge.subscribers import Pseudonyms
from cleannet.edge.tables import read_csv, subscribers_of
from cleannet.edge.tallies import Run, draw_up, seen
from cleannet.edge.watchlists import Allowed, Watchlist
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats import tally

if TYPE_CHECKING:
    import pyarrow as pa

    from cleannet.edge.assignments import Assignments
    from cleannet.edge.bulk import Bulk

# A smaller file is read before the compiled code is loaded.
BULKY = 1 << 18
AHEAD = timedelta(minutes=5) // MICROSECOND


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
    passed: Callable[[int], object] = lambda count: None,
    assignments: "Assignments | None" = None,
    pass_over: Callable[[str], object] | None = None,
) -> "Detection":
    """Read the logs and return what they hold of the watchlist's programs; `begun_at` (aware) is the edge's clock.

    Rows more than five minutes after `begun_at` are broken; rows older than `lateness` before it are late and
    not matched. `key` is the operator's, needed where a mapping names numbers and for `assignments`, by which matched
    rows that tell an address count for the number that had it, or for nobody. Times of query logs that carry no offset
    are of `zone`. `tell` hears what takes long, `passed` the bytes of the logs that were read, and `pass_over` of a log
    that no reader or mapping fits, or that cannot be read to its end: without it that is an error.

    Raises WrongUse for such a log, and where some logs name numbers and some addresses.
    """
    detection = Detection(watchlist, mappings, key, lateness, zone, tell, assignments)
    for path in logs:
        try:
            detection.read(LogFile(path, passed), begun_at)
        except WrongUse as error:
            if pass_over is None:
                raise
            pass_over(str(error))
        refuse_mixture(detection.sources)
    return detection


def refuse_mixture(sources: Iterable[Source]) -> None:
    """Raise WrongUse where some sources name numbers and some addresses."""
    if len({source.counts for source in sources}) > 1:
        raise WrongUse("some of these logs name subscribers by number and some by address: count them in separate runs")


class Detection:
    """Collect the `findings` of logs; `sources` accounts for every row. The parameters are those of `detect`."""

    def __init__(
        self,
        watchlist: Watchlist,
        mappings: Sequence[Mapping],
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
        self._mappings, self._lateness = mappings, lateness
        self._pseudonyms = Pseudonyms(key) if key else None
        self.findings = Findings(self._hidden)
        self.sources: list[Source] = []

    def read(self, file: LogFile, begun_at: datetime) -> None:
        """Read one log with the reader or mapping that fits it; `begun_at` (aware) is the edge's clock."""
        source = self._source(shown(file.path), begun_at)
        try:
            source.subscribers = self.subscribers(file)
            self._take(self._open(file, source), source)
        except OSError as error:
            source.cut_off = f"cannot be read: {error.strerror}"
            raise WrongUse(f"{source.file}: {source.cut_off}") from None
        source.sha256 = source.sha256 or file.sha256
        source.cut_off = source.cut_off or file.cut_off

    def read_batches(self, batches: "Iterator[pa.RecordBatch]", name: str, begun_at: datetime) -> None:
        """Read rows that come in Arrow batches, by the mapping that fits `name`; raise WrongUse without one."""
        source, mapping = self._source(shown(name), begun_at), self._mapping(Path(name))
        if mapping is None:
            raise WrongUse(f"{source.file}: no --mapping fits rows named so")
        self._take(self._bulk.batches(batches, source, mapping), source)

    def _source(self, name: str, begun_at: datetime) -> Source:
        earliest = to_micros(begun_at - self._lateness) if self._lateness is not None else None
        return Source(name, to_micros(begun_at) + AHEAD, earliest)

    def _take(self, rows: Iterable[Row], source: Source) -> None:
        keyed, find = self._keyed(source), self._index.find
        self.sources.append(source)
        for row in rows:
            found = find(row.host, row.address, row.port, row.target)
            if found and (subscriber := keyed(row)):
                self.findings.take(row, found, subscriber)

    def heading(self, file: LogFile) -> re.Pattern[bytes] | None:
        """Return which lines of a log say how to read the others, None where there are none."""
        mapping, start = self._mapping(file.path), file.start()
        if zeek.is_tab_separated(start):
            return MARKED_LINES
        return FIRST_LINE if mapping is not None and not mapping.header and not is_parquet(file.path, start) else None

    def drain(self) -> tuple[Findings, list[Source]]:
        """Return what was collected, and begin anew."""
        drained = self.findings, self.sources
        self.findings, self.sources = Findings(self._hidden), []
        return drained

    def _open(self, file: LogFile, source: Source) -> Iterator[Row]:
        path = file.path
        start, is_bulky = file.start(), path.stat().st_size >= BULKY
        mapping = self._mapping(path)
        if zeek.is_tab_separated(start):
            read = self._bulk.zeek if is_bulky else zeek.read_tab_separated
            return read(file, source)
        if mapping is None and is_json(start):
            return (eve.read if eve.is_eve(start) else zeek.read_json)(file, source)
        if mapping is None:
            if kind := query_logs.kind_of(start):
                return query_logs.read(file, source, kind, self._zone)
            raise WrongUse(
                f"{source.file}: neither a Zeek dns.log nor http.log, nor Suricata's EVE log, nor queries of BIND, "
                "Unbound or dnsmasq; CSV and Parquet need a --mapping for files named so"
            )
        if is_parquet(path, start):
            return self._bulk.parquet(file, source, mapping)
        return (self._bulk.csv if is_bulky else read_csv)(file, source, mapping)

    def subscribers(self, file: LogFile) -> str:
        """Return what a log names subscribers by."""
        mapping = None if zeek.is_tab_separated(file.start()) else self._mapping(file.path)
        return subscribers_of(mapping) if mapping is not None else tally.ADDRESSES

    def _hidden(self, text: str) -> bytes:
        """Return 16 bytes for an address or a record id, under the operator's key where there is one."""
        return digest(text) if self._pseudonyms is None else self._pseudonyms.of_digest(digest(text))

    def _mapping(self, path: Path) -> Mapping | None:
        return next((mapping for mapping in self._mappings if mapping.fits(path.name)), None)

    @cached_property
    def _bulk(self) -> "Bulk":
        from cleannet.edge.bulk import Bulk  # noqa: PLC0415 - numba takes a second to import: for what needs it only

        return Bulk(self._watchlist.watched, self._tell)

    def _keyed(self, source: Source) -> Callable[[Row], bytes]:
        """Return what tells the subscribers of a source's rows apart; it gives b"" for one who cannot be named."""
        is_told = source.subscribers == tally.NUMBERS
        if not is_told and self._assignments is None:
            return lambda row: self._hidden(row.subscriber)
        if self._pseudonyms is None:
            raise WrongUse(
                f"{source.file}: phone numbers are counted; give the operator's key with --key (cleannet edge key)"
            )
        of = self._pseudonyms.of
        if is_told or self._assignments is None:
            return lambda row: of(row.subscriber)
        number_of = self._assignments.join(source)
        return lambda row: of(number) if (number := number_of(row)) else b""

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
        return draw_up(
            self.findings.programs(thresholds),
            self.sources,
            self._watchlist,
            allowed,
            batch=batch or _batch(self.sources),
            found_at=found_at,
            seen=seen(self.findings.seen),
            assignments=self._assignments.account(self.sources) if self._assignments else None,
            thresholds=thresholds,
            policy=policy,
        )


def _batch(sources: Iterable[Source]) -> str:
    """Return what identifies these logs, whatever they are called and in whatever order they were given."""
    return hashlib.sha256("\n".join(sorted(source.sha256 for source in sources)).encode()).hexdigest()

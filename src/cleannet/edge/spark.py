"""Read logs on a Spark cluster: the same code on each part of them, and one count of all that was found.

Only what was found comes back: spans of pseudonyms, hits, fees under the key, and the account of each log. The
operator's key does not travel: each executor reads it from the file that is named. `run` goes over rows that Spark
itself reads, such as a lake's or a topic's of Kafka (docs/spark.md).
"""

import importlib.util
import os
import pickle
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from cleannet.edge import subscribers
from cleannet.edge.detect import Detection, refuse_mixture
from cleannet.edge.files import LogFile, is_parquet
from cleannet.edge.mapping import Mapping
from cleannet.edge.matching import Watched
from cleannet.edge.names import shown
from cleannet.edge.rows import Source
from cleannet.edge.spans import from_bytes, to_bytes
from cleannet.edge.watchlists import Watchlist
from cleannet.edge.wrong_use import WrongUse

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# A part of a Parquet file has so many rows at least, unless it is the last.
ROWS = 1 << 22
_ANSWER = pa.schema([("part", pa.int64()), ("found", pa.binary())])
_DDL = "part long, found binary"
# What a worker reads logs with lasts from task to task: its tables take a while to build.
_kept: dict[str, tuple[Detection, dict[Watched, int]]] = {}


@dataclass(frozen=True, slots=True)
class Job:
    """Hold what is looked for and how; `key` is the file of the operator's key, at the same path on every machine."""

    watchlist: Watchlist
    mappings: Sequence[Mapping]
    key: Path | None
    lateness: timedelta | None
    zone: tzinfo
    begun_at: datetime
    name: str = field(default_factory=lambda: uuid.uuid4().hex)

    def detection(self, tell: Callable[[str], object] = lambda sentence: None) -> Detection:
        """Return what reads logs for it, on this machine."""
        key = subscribers.read_key(self.key) if self.key else None
        return Detection(self.watchlist, self.mappings, key, self.lateness, self.zone, tell)


def engine(master: str, key: Path | None) -> Callable[..., Detection]:
    """Return what does as detect.detect on Spark; raise WrongUse without PySpark or Java.

    `master` is the cluster's, "" for the one that spark-submit named. What it returns refuses assignments.
    """
    if importlib.util.find_spec("pyspark") is None:
        raise WrongUse("--engine spark needs PySpark: pip install 'cleannet[spark]'")
    if not (shutil.which("java") or Path(os.environ.get("JAVA_HOME") or "/none", "bin", "java").exists()):
        raise WrongUse("--engine spark needs Java 17 or later, and there is no java on the PATH or in JAVA_HOME")

    def detect(
        logs: Sequence[Path],
        watchlist: Watchlist,
        *,
        begun_at: datetime,
        mappings: Sequence[Mapping],
        lateness: timedelta | None,
        zone: tzinfo,
        tell: Callable[[str], object],
        assignments: object,
        **_: object,
    ) -> Detection:
        if assignments is not None:
            raise WrongUse("--assignments hold phone numbers, which Spark would write to disk: use --engine local")
        with closing(Session(master)) as session:
            own = Path(os.path.abspath(key)) if key else None
            job = Job(watchlist, mappings, own, lateness, zone, begun_at)
            return read_logs(session.spark, logs, job, tell)

    return detect


class Session:
    """Hold a session with the cluster `master`, or with the one that spark-submit named."""

    def __init__(self, master: str) -> None:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra, which only this engine needs

        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = SparkSession.builder.appName("cleannet").config("spark.ui.showConsoleProgress", "false")
        self.spark: SparkSession = (builder.master(master) if master else builder).getOrCreate()
        self.spark.sparkContext.setLogLevel("ERROR")

    def close(self) -> None:
        """End it."""
        self.spark.stop()


def read_logs(
    spark: "SparkSession", logs: Sequence[Path], job: Job, tell: Callable[[str], object] = lambda sentence: None
) -> Detection:
    """Return what the logs hold, which every machine finds at the same paths; raise WrongUse as detect.detect does.

    A Parquet file is read in parts of whole row groups, any other log by one task.
    """
    # Links are not followed: a mapping fits the name that was given.
    parts = [(Path(os.path.abspath(path)), groups) for path in logs for groups in parts_of(path)]
    numbers = [number for number, path in enumerate(logs) for _ in parts_of(path)]
    shared = spark.sparkContext.broadcast(job)

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch.column(0).to_pylist():
                yield answer(number, shared.value, LogFile(parts[number][0], row_groups=parts[number][1]))

    found = spark.range(0, len(parts), 1, max(1, len(parts))).mapInArrow(read, _DDL)
    return _collected(found, job, numbers, list(map(shown, logs)), tell)


def run(frame: "DataFrame", name: str, job: Job) -> Detection:
    """Return what the rows of a frame hold, by the mapping of `job` that fits `name`; raise WrongUse without one.

    `name` stands for the log in the account; the line of a broken row is its place in its partition.
    """
    mapping = next((mapping for mapping in job.mappings if mapping.fits(name)), None)
    if mapping is None:
        raise WrongUse(f"{shown(name)}: no --mapping fits rows named so")
    shared = frame.sparkSession.sparkContext.broadcast(job)

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield answer(0, shared.value, batches, name)

    found = frame.select(*sorted(set(mapping.columns.values()))).mapInArrow(read, _DDL)
    return _collected(found, job, [0], [shown(name)], lambda sentence: None)


def parts_of(path: Path) -> list[Sequence[int] | None]:
    """Return which row groups each part of a log has, None for the whole of it."""
    try:
        if not is_parquet(path, LogFile(path).start()):
            return [None]
        with pq.ParquetFile(path) as parquet:
            groups = [parquet.metadata.row_group(number).num_rows for number in range(parquet.num_row_groups)]
    except (pa.ArrowException, OSError):
        # Whoever reads it says what is wrong.
        return [None]
    parts: list[list[int]] = [[]]
    for number, _ in enumerate(groups):
        if sum(groups[one] for one in parts[-1]) >= ROWS:
            parts.append([])
        parts[-1].append(number)
    return list(parts)


def answer(part: int, job: Job, what: LogFile | Iterator[pa.RecordBatch], name: str = "") -> pa.RecordBatch:
    """Return what a part holds, or the sentence that refuses it, as a row."""
    held: Any
    try:
        if job.name not in _kept:
            _kept.clear()
            places = {entry: place for place, entry in enumerate(job.watchlist.watched)}
            _kept[job.name] = job.detection(), places
        detection, places = _kept[job.name]
        detection.drain()
        if isinstance(what, LogFile):
            detection.read(what, job.begun_at)
        else:
            detection.read_batches(what, name, job.begun_at)
    except WrongUse as error:
        held = str(error)
    else:
        findings, sources = detection.drain()
        seen = [(places[entry], day, count) for (entry, day), count in findings.seen.items()]
        contacts = findings.contacts
        held = contacts.counters, to_bytes(contacts.spans()), findings.hits, seen, findings.fees, sources
    return pa.RecordBatch.from_pydict({"part": [part], "found": [pickle.dumps(held)]}, _ANSWER)


def _collected(
    found: "DataFrame", job: Job, numbers: Sequence[int], names: Sequence[str], tell: Callable[[str], object]
) -> Detection:
    """Put together what the parts hold: part n is of log `numbers[n]`, and a log goes by the name that was given."""
    detection = job.detection(tell)
    sources: dict[int, list[Source]] = {}
    for row in sorted(found.collect(), key=lambda row: row.part):
        answer = pickle.loads(row.found)
        if isinstance(answer, str):
            raise WrongUse(answer)
        counters, spans, hits, seen, fees, read = answer
        findings, number = detection.findings, numbers[row.part]
        findings.contacts.merge(counters, from_bytes(spans))
        findings.hits.update(hits)
        findings.seen.update({(job.watchlist.watched[place], day): count for place, day, count in seen})
        findings.fees += fees
        for source in read:
            told = [replace(row, file=names[number]) for row in source.shown]
            sources.setdefault(number, []).append(replace(source, file=names[number], shown=told))
    detection.sources = [reduce(_plus, parts) for parts in sources.values()]
    refuse_mixture(detection.sources)
    return detection


def _plus(one: Source, other: Source) -> Source:
    both = one.plus(other)
    return replace(both, sha256=one.sha256 or other.sha256, cut_off=one.cut_off or other.cut_off)

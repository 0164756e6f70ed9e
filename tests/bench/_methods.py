"""Run one method of `detect` in a process of its own, and print what it found and what it took as JSON."""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

Found = tuple[int, int]
MAPPING = """
schema = 1
[columns]
time = "time"
number = "phone"
host = "name"
[csv]
delimiter = "\t"
"""


def limit(log: Path, names: Path) -> Callable[[], Found]:
    import pyarrow.parquet as pq

    def run() -> Found:
        with pq.ParquetFile(log) as parquet:
            for _ in parquet.iter_batches(131_072, columns=["time", "phone", "name"]):
                pass
        return 0, 0

    return run


def ours(log: Path, names: Path) -> Callable[[], Found]:
    from cleannet.edge import counting, mapping
    from cleannet.edge.detect import Detection
    from cleannet.edge.files import LogFile
    from cleannet.edge.state import State

    now = datetime.fromtimestamp(1_762_300_000, UTC)
    folder = Path(tempfile.mkdtemp())
    (folder / "m.toml").write_text(MAPPING)
    lists = counting.load(State(folder), [names], [], now)
    columns = mapping.load(folder / "m.toml")
    detection = Detection(lists.watchlist, [columns], bytes(32), None, UTC, lambda sentence: None)
    detection.read(LogFile(_small(log, folder)), now)
    detection.drain()

    def run() -> Found:
        detection.read(LogFile(log), now)
        programs = detection.result(lists.allowed, found_at=now).tally.programs
        (program,) = programs
        return program.hits, program.infected.subscribers

    return run


def inflate(log: Path, names: Path) -> Callable[[], Found]:
    from isal import isal_zlib

    def run() -> Found:
        member = isal_zlib.decompressobj(31)
        with log.with_suffix(".tsv.gz").open("rb") as file:
            while data := file.read(1 << 20):
                member.decompress(data)
        return 0, 0

    return run


def ours_gzip(log: Path, names: Path) -> Callable[[], Found]:
    return ours(log.with_suffix(".tsv.gz"), names)


def duckdb_unnest(log: Path, names: Path) -> Callable[[], Found]:
    return _duckdb(log, names, "name IS NOT NULL")


def duckdb_prefilter(log: Path, names: Path) -> Callable[[], Found]:
    return _duckdb(log, names, r"regexp_extract(name, '[^.]+\.[^.]+$') IN (SELECT ending FROM endings)")


def _duckdb(log: Path, names: Path, condition: str) -> Callable[[], Found]:
    import duckdb

    database = duckdb.connect(config={"threads": 2})
    database.execute(f"CREATE TABLE bad AS SELECT column0 AS name FROM read_csv('{names}', header=false)")
    database.execute(
        r"CREATE TABLE endings AS SELECT DISTINCT regexp_extract(name, '[^.]+\.[^.]+$') AS ending FROM bad"
    )

    def run() -> Found:
        found = database.execute(
            f"""
            WITH asked AS (
                SELECT time, phone, string_split(name, '.') AS labels, file_row_number AS number
                FROM read_parquet('{log}', file_row_number = true) WHERE {condition}
            ), suffixes AS (
                SELECT time, phone, number,
                    unnest(list_transform(range(1, len(labels) + 1), lambda i: array_to_string(labels[i:], '.')))
                        AS suffix
                FROM asked
            )
            SELECT count(DISTINCT number), count(DISTINCT phone), max(time) FROM suffixes JOIN bad ON suffix = bad.name
            """
        ).fetchone()
        assert found is not None
        return found[0], found[1]

    return run


def chdb_prefilter(log: Path, names: Path) -> Callable[[], Found]:
    from chdb.session import Session

    session = Session()
    session.query("CREATE DATABASE b")
    session.query("CREATE TABLE b.bad (name String) ENGINE = Memory")
    session.query(f"INSERT INTO b.bad SELECT name FROM file('{names}', 'TSV', 'name String')")
    session.query("CREATE TABLE b.endings (ending String) ENGINE = Memory")
    last = "arrayStringConcat(arraySlice(splitByChar('.', name), -2), '.')"
    session.query(f"INSERT INTO b.endings SELECT DISTINCT {last} FROM b.bad")

    def run() -> Found:
        answer = session.query(
            rf"""
            SELECT count(), uniqExact(phone), max(time) FROM (
                SELECT time, phone, name, splitByChar('.', name) AS labels FROM file('{log}', 'Parquet')
                WHERE extract(name, '[^.]+\\.[^.]+$') IN (SELECT ending FROM b.endings)
            ) WHERE arrayExists(
                i -> arrayStringConcat(arraySlice(labels, i), '.') IN (SELECT name FROM b.bad),
                range(1, length(labels) + 1)
            )
            SETTINGS max_threads = 2
            """,
            "JSONCompact",
        )
        hits, subscribers, _ = json.loads(str(answer))["data"][0]
        return int(hits), int(subscribers)

    return run


def polars_columns(log: Path, names: Path) -> Callable[[], Found]:
    import polars as pl

    bad = pl.Series(names.read_text().split()).implode()
    most = 6

    def run() -> Found:
        name = pl.col("name")
        suffixes = [name.str.extract(rf"((?:[^.]+\.){{{labels - 1}}}[^.]+)$").is_in(bad) for labels in range(2, most)]
        found = (
            pl.scan_parquet(log)
            .filter(pl.any_horizontal(suffixes))
            .select(pl.len().alias("hits"), pl.col("phone").n_unique().alias("subscribers"), pl.col("time").max())
            .collect(engine="streaming")
        )
        return int(found["hits"][0]), int(found["subscribers"][0])

    return run


def _small(log: Path, folder: Path) -> Path:
    """Write the first rows of a log to a file, so that reading them loads the compiled code before the clock starts."""
    import zlib

    import pyarrow.parquet as pq

    small = folder / f"small{log.suffix}"
    if log.suffix == ".gz":
        with log.open("rb") as file:
            text = zlib.decompressobj(31).decompress(file.read(1 << 17), 1 << 19)
        small.write_bytes(text[: text.rfind(b"\n") + 1])
    else:
        with pq.ParquetFile(log) as parquet:
            pq.write_table(parquet.read_row_group(0).slice(0, 1000), small)
    return small


def main(method: str, log: Path, names: Path) -> None:
    began = time.process_time()
    run = globals()[method](log, names)
    prepared = time.process_time() - began
    wall, cpu = time.perf_counter(), time.process_time()
    hits, subscribers = run()
    spent = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall, "prepare_cpu_s": prepared}
    print(json.dumps(spent | {"peak_mb": _peak_mb(), "hits": hits, "subscribers": subscribers}))


def _peak_mb() -> float:
    """Return the most memory this process held; what getrusage tells includes what its parent held when it forked."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))

"""Counting one log on Spark and by the local engine, on this machine: the same tally, and what it takes."""

import resource
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from _methods import MAPPING
from _rows import indicators, write_log

from cleannet.core.clock import BEIJING
from cleannet.edge import mapping, spark
from cleannet.edge.detect import Detection, detect
from cleannet.edge.watchlists import load_allow_lists, load_watchlists

NAMES = 100_000


def measure(rows: int = 10_000_000, rounds: int = 1) -> Mapping[str, float]:
    """Return CPU seconds of all processes and wall seconds of each engine, medians of nothing: the last of `rounds`.

    Spark's are with local[2], once it is started (`start_wall_s`). Raises AssertionError where the tallies differ.
    """
    now = datetime.fromtimestamp(1_762_300_000, UTC)
    with tempfile.TemporaryDirectory() as folder:
        log, key = Path(folder, "log.parquet"), Path(folder, "key")
        listed = indicators(NAMES)
        Path(folder, "names.txt").write_text("\n".join(listed) + "\n")
        Path(folder, "m.toml").write_text(MAPPING)
        key.write_text("ab" * 32)
        key.chmod(0o600)
        write_log(log, rows, listed)
        allowed = load_allow_lists([])
        watchlist = load_watchlists([Path(folder, "names.txt")], allowed.lists, now, {})
        job = spark.Job(watchlist, [mapping.load(Path(folder, "m.toml"))], key, None, BEIJING, now)
        began = time.monotonic()
        session = spark.Session("local[2]")
        figures = {"rows": rows, "start_wall_s": time.monotonic() - began}

        def tally(read: Callable[[], Detection]) -> Any:
            document = read().result(allowed, found_at=now, thresholds=[10_000, 50_000, 100_000]).document
            return document

        for _ in range(rounds):
            local = _timed(figures, "local", lambda: tally(lambda: _here(log, job)))
            shared = _timed(figures, "spark", lambda: tally(lambda: spark.read_logs(session.spark, [log], job)))
            if local != shared:
                raise AssertionError("the two engines found different things")
        session.close()
        figures["hits"] = local["programs"][0]["hits"]
        figures["subscribers"] = local["programs"][0]["infected"]["subscribers"]
    return figures


def _here(log: Path, job: spark.Job) -> Detection:
    return detect(
        [log], job.watchlist, begun_at=job.begun_at, mappings=job.mappings, key=bytes.fromhex("ab" * 32), zone=job.zone
    )


def _timed(figures: dict[str, float], name: str, work: Callable[[], Any]) -> Any:
    began, cpu = time.monotonic(), _cpu()
    found = work()
    figures[f"{name}_wall_s"], figures[f"{name}_cpu_s"] = time.monotonic() - began, _cpu() - cpu
    return found


def _cpu() -> float:
    """Return the CPU seconds of this process and of all below it, those that still run among them."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime + sum(map(_of_process, _below(str(Path("/proc/self").resolve().name))))


def _below(process: str) -> list[str]:
    children = Path("/proc", process, "task", process, "children").read_text().split()
    return children + [below for child in children for below in _below(child)]


def _of_process(process: str) -> float:
    ticks = Path("/proc", process, "stat").read_text().rpartition(")")[2].split()
    return sum(map(int, ticks[11:15])) / 100

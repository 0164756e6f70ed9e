"""Finding listed names in a large Parquet log: the edge's way beside others, each in a process of its own."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from _rows import indicators, write_log, write_text

FOLDER = Path(__file__).parent
LISTS = (1_000, 100_000, 1_000_000)
METHODS = ("limit", "ours", "duckdb_unnest", "duckdb_prefilter", "chdb_prefilter", "polars_columns")
# The first rows of the same log as text: for whatever the edge does is bounded by inflating it.
PACKED, PACKED_ROWS = ("inflate", "ours_gzip"), 3_000_000
TAKEN = ("cpu_s", "wall_s", "prepare_cpu_s", "peak_mb", "hits", "subscribers")


def measure(rows: int = 10_000_000, rounds: int = 5) -> Mapping[str, float]:
    """Return for each length of the list and method the medians of `rounds` interleaved rounds, and the ratios.

    CPU seconds are of all threads, without imports, compilation and the reading of the list (`prepare_cpu_s`). `limit`
    decodes the same columns and does nothing with them. Raises AssertionError where two methods found other things.
    """
    print(f"{os.cpu_count()} cores; load before: {os.getloadavg()[0]:.2f}; {rows:,} rows, {rounds} rounds")
    figures: dict[str, float] = {"rows": rows}
    listed = indicators(max(LISTS))
    with tempfile.TemporaryDirectory() as folder:
        for count in LISTS:
            log, names = Path(folder, "log.parquet"), Path(folder, "names.txt")
            names.write_text("\n".join(listed[:count]) + "\n")
            write_log(log, rows, listed[:count])
            methods = METHODS
            if count == 100_000:
                write_text(log, min(rows, PACKED_ROWS))
                methods += PACKED
            runs = [{method: _run(method, log, names) for method in methods} for _ in range(rounds)]
            _agree(runs)
            for method in methods:
                for name in TAKEN:
                    figures[f"{count}.{method}.{name}"] = statistics.median(run[method][name] for run in runs)
    return figures | _ratios(figures)


def nested(figures: Mapping[str, float]) -> dict[str, Any]:
    """Return the figures by length of the list and method."""
    lists = {
        str(count): {method: {name: figures[f"{count}.{method}.{name}"] for name in TAKEN} for method in METHODS}
        for count in LISTS
    }
    return {"rows": figures["rows"], "indicators": lists}


def _run(method: str, log: Path, names: Path) -> dict[str, float]:
    command = [sys.executable, str(FOLDER / "_methods.py"), method, str(log), str(names)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(answer.splitlines()[-1])
    return found


def _agree(runs: list[dict[str, dict[str, float]]]) -> None:
    found = {
        (run[method]["hits"], run[method]["subscribers"]) for run in runs for method in METHODS if method != "limit"
    }
    if len(found) != 1:
        raise AssertionError(f"the methods found different things: {sorted(found)}")


def _ratios(figures: Mapping[str, float]) -> dict[str, float]:
    def cpu(method: str, count: int = 100_000) -> float:
        return figures[f"{count}.{method}.cpu_s"]

    return {
        "of_the_limit": cpu("limit") / cpu("ours"),
        "faster_than_the_best": min(cpu(method) for method in METHODS[3:]) / cpu("ours"),
        "faster_than_unnest": cpu("duckdb_unnest") / cpu("ours"),
        "1m_by_1k": cpu("ours", 1_000_000) / cpu("ours", 1_000),
        "gzip_of_inflating": cpu("inflate") / cpu("ours_gzip"),
        "peak_mb": figures["100000.ours.peak_mb"],
    }

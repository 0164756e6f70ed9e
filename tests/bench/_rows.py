"""Make the log and the lists that the methods of `detect` are measured on, always the same ones."""

import gzip
import io
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

GROUP = 1_000_000
SUBSCRIBERS = 2_000_000
VOCABULARY = 2_000_000
BEGIN = 1_762_000_000_000_000
SPAN = 48 * 3_600_000_000
_ENDS = "com com com com com com net net org cn cn com.cn top xyz io info ru de co.uk online site app vip cc".split()
_FIRST = "www api cdn img m static log app s data push update sdk ads t g".split()
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def indicators(count: int) -> list[str]:
    """Return so many names to look for; a longer list begins with the shorter one."""
    chosen = random.Random(2011)
    found: dict[str, None] = {}
    while len(found) < count:
        found[_name(chosen, "evil")] = None
    return list(found)


def write_log(path: Path, rows: int, listed: list[str]) -> None:
    """Write rows of time, phone and name as Parquet: names by Zipf's law, one in 2,000 a hit, as many near misses."""
    chosen = random.Random(545)
    numbers = np.random.default_rng(545)
    weights = np.cumsum(1 / np.arange(1, VOCABULARY + 1) ** 0.9)
    vocabulary = pa.array(_benign(chosen))
    special = pa.array(_special(chosen, listed))
    schema = pa.schema({"time": pa.timestamp("us", "UTC"), "phone": pa.string(), "name": pa.string()})
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, rows, GROUP):
            count = min(GROUP, rows - start)
            names = vocabulary.take(pa.array(np.searchsorted(weights, numbers.random(count) * weights[-1])))
            is_special = numbers.random(count) < 0.001
            taken = special.take(pa.array(numbers.integers(0, len(special), count)))
            names = pa.compute.if_else(pa.array(is_special), taken, names)
            time = np.sort(numbers.integers(0, SPAN, count)) + BEGIN
            phones = 13_000_000_000 + numbers.integers(0, SUBSCRIBERS, count) * 3_499
            columns = [pa.array(time, pa.timestamp("us", "UTC")), pa.array(phones).cast(pa.string()), names]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def write_text(log: Path, rows: int) -> None:
    """Write the first rows of a log as tab-separated text packed by gzip, beside it."""
    written = 0
    with pq.ParquetFile(log) as parquet, gzip.open(log.with_suffix(".tsv.gz"), "wb", 6) as file:
        for batch in parquet.iter_batches(100_000):
            batch = batch.slice(0, rows - written)
            options = csv.WriteOptions(include_header=not written, delimiter="\t", quoting_style="none")
            part = io.BytesIO()
            csv.write_csv(batch, part, options)
            file.write(part.getvalue().replace(b'"', b""))
            written += len(batch)
            if written == rows:
                return


def _benign(chosen: random.Random) -> Iterator[str]:
    return (_name(chosen, "") for _ in range(VOCABULARY))


def _special(chosen: random.Random, listed: list[str]) -> list[str]:
    """Return hits, names below them, and names that only look like them."""
    some = [listed[chosen.randrange(len(listed))] for _ in range(20_000)]
    hits = [name if chosen.random() < 0.5 else f"{chosen.choice(_FIRST)}.{name}" for name in some]
    return hits + [f"x{name}" if chosen.random() < 0.5 else f"{name}.{chosen.choice(_ENDS)}" for name in some]


def _name(chosen: random.Random, mark: str) -> str:
    label = "".join(chosen.choices(_LETTERS, k=chosen.randint(5, 14))) + mark
    first = f"{chosen.choice(_FIRST)}." if chosen.random() < (0.2 if mark else 0.6) else ""
    middle = "".join(chosen.choices(_LETTERS, k=4)) + "." if chosen.random() < 0.2 else ""
    return f"{first}{middle}{label}.{chosen.choice(_ENDS)}"

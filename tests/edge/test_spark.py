import gzip
import importlib.util
import json
import logging
import pickle
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.edge.test_detect import KEY, LISTS, MAPPING, NOW, ZEEK, rows, stamp
from tests.edge.test_kernel import CORPUS, LISTED

from cleannet.core.clock import BEIJING
from cleannet.edge import mapping, spark
from cleannet.edge.detect import detect
from cleannet.edge.files import LogFile
from cleannet.edge.spark import Job, engine, read_logs, run
from cleannet.edge.watchlists import load_allow_lists, load_watchlists
from cleannet.edge.wrong_use import WrongUse

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [
    pytest.mark.needs("java"),
    # PySpark asks for pandas, which it does not use here, and leaves sockets to the collector.
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

PARQUET = MAPPING.replace("schema = 1\n", 'schema = 1\nfiles = ["*.parquet"]\n')
ADDRESSES = 'schema = 1\nfiles = ["*.tsv"]\ntime_form = "epoch_s"\n[columns]\ntime = "t"\naddress = "a"\nhost = "h"\n'


@pytest.fixture(scope="module")
def session() -> Iterator["SparkSession"]:
    # It speaks of its sockets when the tests are over and nobody listens.
    logging.getLogger("py4j").setLevel(logging.WARNING)
    started = spark.Session("local[2]")
    yield started.spark
    started.close()


@pytest.fixture
def job(tmp_path: Path) -> Job:
    for name, text in LISTS.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "corpus.txt").write_text("# program: Corpus\n" + "\n".join(LISTED) + "\n")
    (tmp_path / "k.key").write_text(KEY.hex())
    (tmp_path / "k.key").chmod(0o600)
    (tmp_path / "numbers.toml").write_text('files = ["*.csv*"]\n' + MAPPING)
    (tmp_path / "parquet.toml").write_text(PARQUET)
    (tmp_path / "addresses.toml").write_text(ADDRESSES)
    lists = [tmp_path / name for name in (*LISTS, "corpus.txt")]
    watchlist = load_watchlists(lists, load_allow_lists([]).lists, NOW, {})
    mappings = [mapping.load(tmp_path / f"{name}.toml") for name in ("numbers", "parquet", "addresses")]
    return Job(watchlist, mappings, tmp_path / "k.key", timedelta(days=30), BEIJING, NOW)


def document(detection: Any) -> dict[str, Any]:
    run: dict[str, Any] = detection.result(load_allow_lists([]), found_at=NOW, thresholds=[1, 3]).document
    return run


def here(job: Job, *logs: Path) -> dict[str, Any]:
    found = detect(
        logs, job.watchlist, begun_at=NOW, mappings=job.mappings, key=KEY, lateness=job.lateness, zone=job.zone
    )
    return document(found)


HOSTS = ["one.example", "x.one.example", "shared.example", "site.example", "log.service.example", "good.example", ""]


def numbers(first: int, count: int) -> list[tuple[float, str, str, str, str, str]]:
    return [
        (
            3600.0 * (number % 30) - (90 * 86_400 if number % 13 == 0 else 0),
            "nobody" if number % 17 == 0 else f"138{number % 40:08}",
            HOSTS[number % len(HOSTS)],
            ("32", "44", "")[number % 3],
            str(number % 5),
            f"r{number % 50}",
        )
        for number in range(first, first + count)
    ]


def test_logs_of_numbers_are_counted_as_they_are_here(
    session: "SparkSession", job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark, "ROWS", 50)
    (tmp_path / "a.csv").write_text(rows(*numbers(0, 90)) + "broken\n")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(rows(*numbers(60, 90)).encode()))
    columns = dict(zip("tnhpfr", zip(*numbers(100, 400), strict=True), strict=True))
    columns["t"] = tuple(stamp(seconds) for seconds in columns["t"])
    pq.write_table(pa.table(columns), tmp_path / "c.parquet", row_group_size=20)
    (tmp_path / "link.csv").symlink_to(tmp_path / "a.csv")
    logs = [tmp_path / name for name in ("a.csv", "b.csv.gz", "c.parquet", "link.csv", "a.csv")]
    told = document(read_logs(session, logs, job))
    assert told == here(job, *logs)
    assert len(spark.parts_of(logs[2])) == 7
    assert (told["rows"]["read"], [one["program"] for one in told["programs"]]) == (763, ["one", "Two"])
    assert told["programs"][0]["loss_records"] > 0


def test_logs_of_addresses_are_counted_as_they_are_here(session: "SparkSession", job: Job, tmp_path: Path) -> None:
    corpus = [(f"10.0.{number // 250}.{number % 250}", host) for number, (host, _) in enumerate(CORPUS)]
    (tmp_path / "dns.log").write_text(ZEEK + "".join(f"{stamp(5)}\t{who}\t{host}\n" for who, host in corpus))
    lines = [json.dumps({"ts": float(stamp(5)), "id.orig_h": who, "query": host}) for who, host in corpus]
    (tmp_path / "dns.json").write_text("\n".join(lines) + "\n")
    (tmp_path / "x.tsv").write_text("t,a,h\n" + "".join(f"{stamp(5)},{who},{host}\n" for who, host in corpus))
    logs = [tmp_path / name for name in ("dns.log", "dns.json", "x.tsv")]
    told = document(read_logs(session, logs, job))
    assert told == here(job, *logs)
    met = {one["indicator"] for one in (*told["seen"], *told["held"])}
    assert met >= {text for _, texts in CORPUS for text in texts or ()}


def test_rows_that_spark_reads_are_counted_as_a_log_of_them_is(
    session: "SparkSession", job: Job, tmp_path: Path
) -> None:
    columns = dict(zip("tnhpfr", zip(*numbers(0, 300), strict=True), strict=True))
    columns["t"] = tuple(stamp(seconds) for seconds in columns["t"])
    pq.write_table(pa.table(columns), tmp_path / "lake.parquet")
    told = document(run(session.read.parquet(str(tmp_path / "lake.parquet")).repartition(3), "lake.parquet", job))
    same = here(job, tmp_path / "lake.parquet")
    assert [told[name] for name in ("programs", "seen", "rows")] == [
        same[name] for name in ("programs", "seen", "rows")
    ]
    assert [source["format"] for source in told["sources"]] == ["arrow"]
    with pytest.raises(WrongUse, match=r"topic: no --mapping fits"):
        run(session.read.parquet(str(tmp_path / "lake.parquet")), "topic", job)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["a.csv", "dns.log"], "count them in separate runs"),
        (["no.log"], "no.log: neither a Zeek"),
        (["a.csv", "none.csv"], "none.csv: cannot be read"),
        (["other.csv"], "the column “t”"),
        (["other.parquet"], "the column “t”"),
    ],
)
def test_what_is_refused_here_is_refused_there(
    session: "SparkSession", job: Job, tmp_path: Path, names: list[str], sentence: str
) -> None:
    (tmp_path / "a.csv").write_text(rows(*numbers(0, 9)))
    (tmp_path / "dns.log").write_text(ZEEK + f"{stamp(5)}\t10.0.0.1\tone.example\n")
    (tmp_path / "no.log").write_text("no log of any kind\n")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "other.parquet")
    with pytest.raises(WrongUse, match=sentence):
        read_logs(session, [tmp_path / name for name in names], job)


def test_no_number_is_among_what_comes_back(job: Job, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(rows(*numbers(0, 90)) + "13800000007\n")
    answer = spark.answer(0, job, LogFile(tmp_path / "a.csv")).column(1)[0].as_py()
    assert len(answer) > 500
    assert b"138000" not in answer
    assert b"one" in answer


def test_a_worker_may_be_given_a_job_again(job: Job, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(rows(*numbers(0, 9)))
    for _ in range(2):
        copied = pickle.loads(pickle.dumps(job))
        assert isinstance(
            pickle.loads(spark.answer(0, copied, LogFile(tmp_path / "a.csv")).column(1)[0].as_py()), tuple
        )


def test_a_key_that_is_not_there_is_a_sentence(job: Job, tmp_path: Path) -> None:
    held = spark.answer(0, replace(job, name="other", key=tmp_path / "none"), LogFile(tmp_path / "a.csv"))
    assert "none cannot be read as a key" in pickle.loads(held.column(1)[0].as_py())


def test_what_spark_needs_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        patch.setenv("JAVA_HOME", str(tmp_path))
        with pytest.raises(WrongUse, match="needs Java 17"):
            engine("local[2]", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WrongUse, match="needs PySpark"):
        engine("local[2]", None)


def test_numbers_are_not_given_to_spark(job: Job) -> None:
    read = engine("local[2]", None)
    given = {"begun_at": NOW, "mappings": (), "lateness": None, "zone": BEIJING, "tell": print}
    with pytest.raises(WrongUse, match="use --engine local"):
        read([], job.watchlist, assignments=object(), **given)

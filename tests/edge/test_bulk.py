from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.edge.test_columns import GOOD, read_mapping
from tests.edge.test_kernel import ENTRIES
from tests.edge.test_plain_csv import GOOD as GOOD_LINE
from tests.edge.test_plain_csv import HEAD, HIT, MAPPING, NOW
from tests.edge.test_zeek import DNS

from cleannet.edge import bulk, mapping
from cleannet.edge.bulk import Bulk
from cleannet.edge.files import LogFile
from cleannet.edge.rows import Source


def test_only_what_may_match_is_read_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table(GOOD | {"host": pa.array(["good.example", "x.evil.example"])}), path)
    source = Source("x.parquet", 2**60)
    rows = list(Bulk(ENTRIES, print).parquet(LogFile(path), source, read_mapping(tmp_path)))
    assert [row.host for row in rows] == ["x.evil.example"]
    assert (source.rows, source.broken) == (2, 0)


@pytest.mark.parametrize(
    ("compiled", "folder", "told"),
    [(True, Path("x"), []), (False, Path("x"), ["done once"]), (False, None, ["NUMBA_CACHE_DIR"])],
)
def test_the_first_run_says_that_it_compiles(
    monkeypatch: pytest.MonkeyPatch, compiled: bool, folder: Path | None, told: list[str]
) -> None:
    monkeypatch.setattr(bulk, "is_compiled", lambda: compiled)
    monkeypatch.setattr(bulk, "FOLDER", folder)
    heard: list[str] = []
    Bulk(ENTRIES, heard.append)
    assert len(heard) == len(told)
    assert all(part in sentence for part, sentence in zip(told, heard, strict=True))


@pytest.mark.parametrize("encoding", ["utf-8", "shift_jis"])
def test_csv_is_read_either_way(tmp_path: Path, encoding: str) -> None:
    path, log = tmp_path / "m.toml", tmp_path / "x.csv"
    path.write_text(f"{MAPPING}[csv]\nencoding = '{encoding}'\n")
    log.write_bytes(HEAD + GOOD_LINE + HIT)
    source = Source("x.csv", NOW)
    rows = list(Bulk(ENTRIES, print).csv(LogFile(log), source, mapping.load(path)))
    assert rows[-1].host == "a.evil.example"
    assert (source.rows, source.broken) == (2, 0)


def test_zeek_is_read(tmp_path: Path) -> None:
    log = tmp_path / "dns.log"
    log.write_text(DNS + "1763769600\tC1\t10.0.0.1\tgood.net\n1763769600\tC1\t10.0.0.1\tx.evil.example\n")
    source = Source("dns.log", NOW)
    assert [row.host for row in Bulk(ENTRIES, print).zeek(LogFile(log), source)] == ["x.evil.example"]
    assert (source.rows, source.format) == (2, "zeek dns tsv")

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.edge.test_tables import AT, MAPPING, ROW, Written

from cleannet.edge import mapping
from cleannet.edge.files import LogFile
from cleannet.edge.parquet import read_parquet
from cleannet.edge.rows import Source
from cleannet.edge.sieve import Batch
from cleannet.edge.wrong_use import WrongUse


def every(batch: Batch, source: Source) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    return np.arange(len(batch.at))


COLUMNS = {
    "msisdn": [13800138000, None],
    "name": ["evil.example", "b.example"],
    "uri": ["/a", None],
    "ip": ["192.0.2.1", None],
    "port": [80, None],
    "prov": ["44", "44"],
    "fee": [Decimal("1.50"), Decimal("2.00")],
    "id": ["r1", "r2"],
    "kind": [1, 0],
    "unused": ["x", "y"],
}


@pytest.mark.parametrize(
    "times",
    [
        pa.array([AT, AT], pa.timestamp("us", "UTC")),
        pa.array([AT // 1000, AT // 1000], pa.timestamp("ms", "Asia/Tokyo")),
        pa.array([AT * 1000, AT * 1000], pa.timestamp("ns", "UTC")),
        pa.array([datetime(2025, 11, 22, 8), datetime(2025, 11, 22, 8)], pa.timestamp("us")),
        pa.array([datetime(2025, 11, 22, tzinfo=UTC).isoformat()] * 2),
    ],
)
def test_parquet(written: Written, tmp_path: Path, times: pa.Array) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"ts": times, **COLUMNS}), path)
    source = Source("x.parquet", 2 * AT)
    rows = list(read_parquet(LogFile(path), source, mapping.load(written("m.toml", MAPPING)), every))
    assert rows == [ROW]
    assert (source.rows, source.broken, source.shown[0].line, source.format) == (2, 1, 2, "parquet")
    assert len(source.sha256) == 64


def test_numbers_as_floats_in_parquet(written: Written, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    columns = COLUMNS | {"msisdn": pa.array([13800138000.0, float("nan")]), "ts": ["2025-11-22 08:00:00"] * 2}
    pq.write_table(pa.table(columns), path)
    source = Source("x.parquet", 2 * AT)
    rows = list(read_parquet(LogFile(path), source, mapping.load(written("m.toml", MAPPING)), every))
    assert (len(rows), source.broken) == (1, 1)


def test_what_passed_comes_to_the_file(written: Written, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"ts": ["2025-11-22 08:00:00"] * 2, **COLUMNS}), path)
    passed: list[int] = []
    log = LogFile(path, passed.append)
    list(read_parquet(log, Source("x.parquet", 2 * AT), mapping.load(written("m.toml", MAPPING)), every))
    assert passed == [path.stat().st_size]


def test_a_damaged_parquet_is_not_fatal(written: Written, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"ts": ["2025-11-22 08:00:00"] * 2, **COLUMNS}), path)
    path.write_bytes(path.read_bytes()[:-20])
    source = Source("x.parquet", 2 * AT)
    assert list(read_parquet(LogFile(path), source, mapping.load(written("m.toml", MAPPING)), every)) == []
    assert "damaged" in source.cut_off


def test_a_wrong_column_in_parquet(written: Written, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"ts": ["x"]}), path)
    with pytest.raises(WrongUse, match=r"columns\.number"):
        list(read_parquet(LogFile(path), Source("x", AT), mapping.load(written("m.toml", MAPPING)), every))


def test_a_column_that_is_only_viewed_and_one_of_a_name_twice(written: Written, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    columns = COLUMNS | {"name": pa.array(["evil.example", None], pa.string_view()), "ts": ["2025-11-22 08:00:00"] * 2}
    table = pa.table(columns).add_column(0, "msisdn", pa.array(["1", "1"]))
    pq.write_table(table, path)
    source = Source("x.parquet", 2 * AT)
    rows = list(read_parquet(LogFile(path), source, mapping.load(written("m.toml", MAPPING)), every))
    assert (rows, source.cut_off, source.rows) == ([ROW], "", 2)


FAR = 2**62


@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        ("ts", pa.array([FAR, AT, None], pa.timestamp("us")), "a value cannot be read"),
        ("ts", pa.array([-FAR, AT, None], pa.timestamp("us")), "a value cannot be read"),
        ("ts", pa.array([FAR, AT // 1000, None], pa.timestamp("ms", "UTC")), "in the future"),
        ("ts", pa.array([-1, AT, None], pa.timestamp("us", "UTC")), "before 1970"),
        ("ts", pa.array([2**31 - 1, 20414, None], pa.int32()).cast(pa.date32()), "cannot be read"),
        ("ts", pa.array([float("nan"), AT / 1e6, float("inf")]), "the time"),
        ("name", pa.array([[["a"] * 1000], None, None]), ""),
        ("fee", pa.array([Decimal("9" * 38), Decimal(1), Decimal(1)]), "the fee"),
    ],
)
def test_a_value_in_parquet_that_is_out_of_range_breaks_its_row(
    written: Written, tmp_path: Path, column: str, values: pa.Array, reason: str
) -> None:
    columns = {name: [held[0]] * 3 for name, held in COLUMNS.items()} | {"ts": ["2025-11-22 08:00:00"] * 3}
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table(columns | {column: values}), path, version="2.6")
    source = Source("x.parquet", 2 * AT)
    text = MAPPING.replace("schema = 1", 'schema = 1\ntime_form = "epoch_s"') if values.type == "double" else MAPPING
    rows = list(read_parquet(LogFile(path), source, mapping.load(written("m.toml", text)), every))
    assert (source.cut_off, source.rows, len(rows) + source.broken) == ("", 3, 3)
    assert rows
    assert not reason or reason in source.shown[0].reason


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary()])
def test_a_text_in_parquet_that_is_none_is_not_fatal(written: Written, tmp_path: Path, kind: pa.DataType) -> None:
    path = tmp_path / "x.parquet"
    names = pa.array([b"evil.example", b"\xff\xfe", None], pa.large_binary() if "large" in str(kind) else pa.binary())
    columns = {name: [held[0]] * 3 for name, held in COLUMNS.items()} | {"ts": ["2025-11-22 08:00:00"] * 3}
    forced = pa.Array.from_buffers(kind, len(names), names.buffers())
    pq.write_table(pa.table(columns | {"name": forced}), path)
    source = Source("x.parquet", 2 * AT)
    rows = list(read_parquet(LogFile(path), source, mapping.load(written("m.toml", MAPPING)), every))
    assert [row.host for row in rows] == ["evil.example", "\ufffd\ufffd", ""]

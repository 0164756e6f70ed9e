from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.edge.test_kernel import ENTRIES, INDEX
from tests.edge.test_parquet import every

from cleannet.edge import mapping
from cleannet.edge.columns import batch_of
from cleannet.edge.files import LogFile
from cleannet.edge.mapping import Mapping
from cleannet.edge.parquet import read_parquet
from cleannet.edge.rows import Row, Source
from cleannet.edge.sieve import Rest, Sieve

MAPPING = """
schema = 1
time_zone = "Asia/Shanghai"
time_form = "FORM"
[columns]
time = "time"
number = "number"
host = "host"
uri = "uri"
dst_ip = "dst_ip"
fee = "fee"
record = "record"
[fee]
unit = "yuan"
every_row = true
"""
NOW = datetime(2026, 11, 22, tzinfo=UTC)
SECOND = int(NOW.timestamp())
NOW_MICROS = SECOND * 1_000_000
GOOD = {
    "time": pa.array([NOW, NOW], pa.timestamp("us", "UTC")),
    "number": pa.array(["13800138000", "8613800138001"]),
    "host": pa.array(["good.example", None]),
    "uri": pa.array(["/index.html", ""]),
    "dst_ip": pa.array(["203.0.113.9", "2001:db8:1::1"]),
    "fee": pa.array(["1.50", None]),
    "record": pa.array(["r1", None]),
}


def read_mapping(tmp_path: Path, form: str = "iso", unit: str = "yuan") -> Mapping:
    path = tmp_path / "m.toml"
    path.write_text(MAPPING.replace("FORM", form).replace("yuan", unit))
    return mapping.load(path)


@pytest.mark.parametrize(
    ("column", "values", "form", "odd"),
    [
        ("time", pa.array([NOW.replace(tzinfo=None)] * 2, pa.timestamp("ms")), "iso", [0, 0]),
        ("time", pa.array([NOW, None], pa.timestamp("ns", "Asia/Tokyo")), "iso", [0, 1]),
        ("time", pa.array([SECOND, -1]), "epoch_s", [0, 1]),
        ("time", pa.array([SECOND * 1000, None]), "epoch_ms", [0, 1]),
        ("time", pa.array([SECOND, 1 << 60]), "epoch_s", [0, 1]),
        ("time", pa.array(["2026-11-22T08:00:00", "?"]), "iso", [0, 1]),
        ("time", pa.array([1.5, 2.5]), "epoch_s", [1, 1]),
        ("number", pa.array([13800138000, 1380013800]), "iso", [0, 1]),
        ("number", pa.array([13800138000, None]), "iso", [0, 1]),
        ("number", pa.array(["13800138000", "x"]).dictionary_encode(), "iso", [0, 1]),
        ("number", pa.array(["13800138000", None], pa.large_string()), "iso", [0, 1]),
        ("number", pa.array([1.38e10, 1.38e10]), "iso", [1, 1]),
        ("host", pa.array([b"good.example", b"\xff"], pa.binary()), "iso", [0, 0]),
        ("host", pa.array([1, 2]), "iso", [1, 1]),
        ("fee", pa.array([1, 99_999_999]), "iso", [0, 1]),
        ("fee", pa.array([None, 5], pa.int32()), "iso", [0, 1]),
        ("fee", pa.array([1.5, None]), "iso", [1, 0]),
        ("fee", pa.array([2.0, float("nan")]), "iso", [0, 1]),
        ("fee", pa.array([2.0, 2.5], pa.float16()), "iso", [0, 1]),
        ("time", pa.array([NOW_MICROS, -(1 << 63)], pa.timestamp("us", "UTC")), "iso", [0, 1]),
        ("record", pa.array([7, None]), "iso", [0, 0]),
    ],
)
def test_which_rows_are_odd(tmp_path: Path, column: str, values: pa.Array, form: str, odd: list[int]) -> None:
    assert batch_of(GOOD | {column: values}, 2, read_mapping(tmp_path, form)).odd.tolist() == odd


def test_a_slice_of_a_longer_column(tmp_path: Path) -> None:
    columns = {name: pa.concat_arrays([column, column]).slice(1, 2) for name, column in GOOD.items()}
    batch = batch_of(columns, 2, read_mapping(tmp_path))
    assert batch.host is not None
    assert [bytes(batch.host.data[a:b]) for a, b in zip(*batch.host[1:], strict=True)] == [b"", b"good.example"]
    assert batch.odd.tolist() == [0, 0]


MOMENTS = st.sampled_from([NOW + timedelta(days=days) for days in (-30, -3, -1, 0, 2)]) | st.none()
COLUMNS = st.fixed_dictionaries(
    {
        "time": MOMENTS,
        "number": st.sampled_from(["13800138000", "8613900139000", "+8613700137000", "1", "", None, "+14155550100"]),
        "host": st.sampled_from(
            ["good.net", "evil.example", "a.evil.example", "named.example:8080", "恶意.example", "", None]
        ),
        "uri": st.sampled_from(
            ["", None, "/", "/panel/login.php", "http://evil.example/", "http://x@y/", "http://host.example/a/b"]
        ),
        "dst_ip": st.sampled_from(["192.0.2.7", "203.0.113.9", "2001:db8::1", "::ffff:192.0.2.7", "", None, "x"]),
        "fee": st.sampled_from(["", None, "1.00", "150", "-1", "x", "12345678"]),
        "record": st.sampled_from(["r1", "r2", "", None]),
    }
)
TYPES = {"time": pa.timestamp("us", "UTC")}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True)
@given(st.lists(COLUMNS, min_size=1, max_size=12), st.sampled_from(["yuan", "fen"]))
def test_the_account_and_the_matches_do_not_depend_on_the_way(
    tmp_path: Path, rows: list[dict[str, object]], unit: str
) -> None:
    table = {name: pa.array([row[name] for row in rows], TYPES.get(name, pa.string())) for name in GOOD}
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table(table), path, row_group_size=5)
    read = read_mapping(tmp_path, unit=unit)
    sieve = Sieve(ENTRIES)
    fast, slow = (_read(path, read, rest) for rest in (sieve.rest, every))
    assert fast[0] == slow[0]
    assert set(fast[1]) <= set(slow[1])
    hit = [row for row in slow[1] if _find(row)]
    assert [row for row in fast[1] if _find(row)] == hit


def _read(path: Path, read: Mapping, rest: Rest) -> tuple[Source, list[Row]]:
    micros = int(NOW.timestamp()) * 1_000_000
    source = Source("x.parquet", micros + 86_400_000_000, micros - 10 * 86_400_000_000)
    return source, list(read_parquet(LogFile(path), source, read, rest))


def _find(row: Row) -> bool:
    return bool(INDEX.find(row.host, row.address, row.port, row.target))

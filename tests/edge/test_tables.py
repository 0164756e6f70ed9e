import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from tests.edge.conftest import mangled

from cleannet.edge import mapping, tables
from cleannet.edge.files import LogFile
from cleannet.edge.rows import Row, Source
from cleannet.edge.wrong_use import WrongUse

Written = Callable[[str, str | bytes], Path]
AT = 1_763_769_600_000_000
MAPPING = """\
schema = 1
time_zone = "Asia/Shanghai"
[columns]
time = "ts"
number = "msisdn"
host = "name"
uri = "uri"
dst_ip = "ip"
dst_port = "port"
province = "prov"
fee = "fee"
record = "id"
billing = "kind"
[fee]
unit = "yuan"
billing = ["1"]
"""
HEAD = "ts,msisdn,name,uri,ip,port,prov,fee,id,kind\n"
PLAIN = "2025-11-22 08:00:00,13800138000,evil.example,/a,192.0.2.1,80,广东,1.50,r1,1\n"
ROW = Row(AT, "8613800138000", "evil.example", "192.0.2.1", 80, "/a", "44", 150, "r1")


def read(written: Written, data: str | bytes, text: str = MAPPING) -> tuple[list[Row], Source]:
    path = written("x.csv", data)
    source = Source("x.csv", 2 * AT)
    rows = list(tables.read_csv(LogFile(path), source, mapping.load(written("m.toml", text))))
    assert source.rows == len(rows) + source.broken + source.unmapped + source.late
    return rows, source


@pytest.mark.parametrize(
    "data",
    [
        HEAD + PLAIN,
        "\ufeff" + HEAD + PLAIN,
        (HEAD + PLAIN).replace("\n", "\r\n"),
        HEAD + "\n" + PLAIN + "\n",
        HEAD + PLAIN.replace("evil.example", '"evil.example"').rstrip("\n"),
        gzip.compress((HEAD + PLAIN).encode()),
    ],
)
def test_csv(written: Written, data: str | bytes) -> None:
    rows, source = read(written, data)
    assert rows == [ROW]
    assert (source.format, source.subscribers, source.rows, source.broken) == ("csv", "numbers", 1, 0)


def test_another_delimiter_and_encoding_without_header(written: Written) -> None:
    text = MAPPING + '[csv]\ndelimiter = "|"\nencoding = "gb18030"\n'
    text += 'header = ["ts", "msisdn", "name", "uri", "ip", "port", "prov", "fee", "id", "kind"]\n'
    assert read(written, PLAIN.replace(",", "|").encode("gb18030"), text)[0] == [ROW]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("13800138000", "1380013800", "the subscriber is not a phone number"),
        ("13800138000", "", "the subscriber is not a phone number"),
        ("2025-11-22 08:00:00", "soon", "the time cannot be read"),
        ("2025-11-22 08:00:00", "2095-11-22 08:00:00", "the time lies in the future"),
        ("2025-11-22 08:00:00", "1969-11-22 08:00:00", "the time lies before 1970"),
        ("2025-11-22 08:00:00", "0001-01-01T00:00:00+14:00", "the time lies before 1970"),
        ("evil.example", "x" * 200_000, tables.NOT_CSV),
        ("1.50", "1.505", "the fee cannot be read as yuan"),
        ("r1", "", "a billing row without a record id"),
        ("13800138000,", "", "10 fields were expected and 9 found"),
    ],
)
def test_a_broken_row_is_counted_with_its_line(written: Written, old: str, new: str, reason: str) -> None:
    rows, source = read(written, HEAD + PLAIN + PLAIN.replace(old, new) + PLAIN)
    assert (len(rows), source.broken) == (2, 1)
    assert (source.shown[0].line, source.shown[0].reason) == (3, reason)


def test_a_quote_never_closed_breaks_the_rows_it_swallows(written: Written) -> None:
    rows, source = read(written, HEAD + PLAIN + PLAIN.replace("evil.example", '"evil') + PLAIN + PLAIN)
    assert (len(rows), source.broken, source.shown[0].line) == (1, 3, 3)
    assert "quote" in source.shown[0].reason


def test_a_truncated_gzip_counts_what_was_read(written: Written) -> None:
    lines = "".join(PLAIN.replace("r1", f"r{number * 7919}") for number in range(2000))
    data = gzip.compress((HEAD + lines).encode())
    path = written("x.csv.gz", data[: len(data) // 2])
    file, source = LogFile(path), Source("x.csv.gz", 2 * AT)
    rows = list(tables.read_csv(file, source, mapping.load(written("m.toml", MAPPING))))
    assert 0 < len(rows) < 2000
    assert (source.broken, bool(file.cut_off)) == (1, True)


@pytest.mark.parametrize(
    ("fields", "row"),
    [
        (",,,,,,,", None),
        ("evil.example:81,,,,,,,", Row(AT, "8613800138000", "evil.example", "", 81)),
        ("evil.example:81,,,80,,,,", Row(AT, "8613800138000", "evil.example", "", 80)),
        (",http://evil.example/x,,,,,,", Row(AT, "8613800138000", "evil.example", target="/x")),
        (",,192.0.2.1,x,nowhere,,,", Row(AT, "8613800138000", "", "192.0.2.1")),
        ("c.example,http://u:p@evil.example:81?x,,,,,,", Row(AT, "8613800138000", "evil.example", "", 81, "/?x")),
        ("[2001:db8::1]:81,,,,,,,", Row(AT, "8613800138000", "2001:db8::1", "", 81)),
        ("a.example,,,,,5,r,0", Row(AT, "8613800138000", "a.example", record="r")),
    ],
)
def test_what_a_row_may_hold(written: Written, fields: str, row: Row | None) -> None:
    rows, source = read(written, HEAD + f"2025-11-22 08:00:00,13800138000,{fields}\n")
    assert rows == ([] if row is None else [row])
    assert source.unmapped == (row is None)


def test_a_wrong_column_is_said_with_the_columns_there_are(written: Written) -> None:
    with pytest.raises(WrongUse, match=r"“msisdn” \(columns.number\) is not in .*: ts, phone, name"):
        read(written, HEAD.replace("msisdn", "phone") + PLAIN)


def test_a_first_line_that_is_a_row_is_not_shown(written: Written) -> None:
    with pytest.raises(WrongUse) as wrong:
        read(written, PLAIN + PLAIN)
    assert "13800138000" not in str(wrong.value)
    assert "csv.header" in str(wrong.value)


def test_naive_times_without_a_stated_zone_are_refused(written: Written) -> None:
    with pytest.raises(WrongUse, match="time_zone"):
        read(written, HEAD + PLAIN, MAPPING.replace('time_zone = "Asia/Shanghai"\n', ""))


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
    rows = list(tables.read_parquet(path, source, mapping.load(written("m.toml", MAPPING))))
    assert rows == [ROW]
    assert (source.rows, source.broken, source.shown[0].line, source.format) == (2, 1, 2, "parquet")
    assert len(source.sha256) == 64


def test_numbers_as_floats_in_parquet(written: Written, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    columns = COLUMNS | {"msisdn": pa.array([13800138000.0, float("nan")]), "ts": ["2025-11-22 08:00:00"] * 2}
    pq.write_table(pa.table(columns), path)
    source = Source("x.parquet", 2 * AT)
    rows = list(tables.read_parquet(path, source, mapping.load(written("m.toml", MAPPING))))
    assert (len(rows), source.broken) == (1, 1)


def test_a_damaged_parquet_is_not_fatal(written: Written, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"ts": ["2025-11-22 08:00:00"] * 2, **COLUMNS}), path)
    path.write_bytes(path.read_bytes()[:-20])
    source = Source("x.parquet", 2 * AT)
    assert list(tables.read_parquet(path, source, mapping.load(written("m.toml", MAPPING)))) == []
    assert "damaged" in source.cut_off


def test_a_wrong_column_in_parquet(written: Written, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"ts": ["x"]}), path)
    with pytest.raises(WrongUse, match=r"columns\.number"):
        list(tables.read_parquet(path, Source("x", AT), mapping.load(written("m.toml", MAPPING))))


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
    rows = list(tables.read_parquet(path, source, mapping.load(written("m.toml", text))))
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
    rows = list(tables.read_parquet(path, source, mapping.load(written("m.toml", MAPPING))))
    assert [row.host for row in rows] == ["evil.example", "\ufffd\ufffd", ""]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(mangled(*(PLAIN.strip(),) * 3))
def test_no_row_is_fatal_and_every_row_is_accounted_for(written: Written, data: bytes) -> None:
    read(written, HEAD.encode() + data)
    pattern = MAPPING.replace("schema = 1", 'schema = 1\ntime_form = "%Y-%m-%d %H:%M:%S"')
    read(written, HEAD.encode() + data, pattern)

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from tests.edge.conftest import mangled

from cleannet.edge import mapping, tables
from cleannet.edge.files import LogFile
from cleannet.edge.rows import TOO_LONG, Row, Source
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


def test_a_row_after_a_line_that_is_too_long_is_named_by_its_own_line(written: Written) -> None:
    quoted = PLAIN.replace("evil.example", '"evil\n' + "x" * (1 << 21) + '\nexample"')
    _, source = read(written, HEAD + "x" * (1 << 21) + "\n" + PLAIN.replace("1.50", "x") + quoted + "a,b\n")
    assert [(row.line, row.reason) for row in source.shown] == [
        (2, TOO_LONG),
        (3, "the fee cannot be read as yuan"),
        (5, TOO_LONG),
        (7, "10 fields were expected and 2 found"),
    ]
    assert source.rows == 5


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


def test_the_port_of_the_subscriber(written: Written) -> None:
    text = MAPPING.replace('number = "msisdn"', 'address = "msisdn"\nsrc_port = "sport"')
    data = HEAD.replace("kind", "kind,sport") + PLAIN.replace(",1\n", ",1,4242\n") + PLAIN.replace(",1\n", ",1,x\n")
    assert [(row.subscriber, row.source_port) for row in read(written, data, text)[0]] == [
        ("13800138000", 4242),
        ("13800138000", 0),
    ]


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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(mangled(*(PLAIN.strip(),) * 3))
def test_no_row_is_fatal_and_every_row_is_accounted_for(written: Written, data: bytes) -> None:
    read(written, HEAD.encode() + data)
    pattern = MAPPING.replace("schema = 1", 'schema = 1\ntime_form = "%Y-%m-%d %H:%M:%S"')
    read(written, HEAD.encode() + data, pattern)

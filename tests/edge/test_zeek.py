import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.edge.conftest import mangled

from cleannet.edge import json_lines, zeek
from cleannet.edge.files import LogFile
from cleannet.edge.rows import TOO_LONG, Row, Source

AT = 1_763_769_600_000_000
DNS = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n"
DNS += "#fields\tts\tuid\tid.orig_h\tquery\n#types\ttime\tstring\taddr\tstring\n"
HTTP = "#separator \\x09\n#unset_field\t-\n#path\thttp\n#fields\tts\tid.orig_h\tid.resp_h\tid.resp_p\thost\turi\n"


def read(tmp_path: Path, text: str | bytes, latest: int = 2 * AT) -> tuple[list[Row], Source]:
    path = tmp_path / "x.log"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    source = Source("x.log", latest)
    start = LogFile(path).start()
    reader = zeek.read_tab_separated if zeek.is_tab_separated(start) else zeek.read_json
    assert zeek.is_tab_separated(start) != json_lines.is_json(start)
    rows = list(reader(LogFile(path), source))
    assert source.rows == len(rows) + source.broken + source.unmapped + source.late
    return rows, source


def test_dns(tmp_path: Path) -> None:
    text = DNS + "1763769600.000001\tC1\t10.0.0.1\tEvil.example\r\n1763769600\tC2\t10.0.0.2\t-\n#close\t2026\n"
    rows, source = read(tmp_path, text)
    assert rows == [Row(AT + 1, "10.0.0.1", "Evil.example")]
    assert (source.rows, source.unmapped, source.broken, source.format) == (2, 1, 0, "zeek dns tsv")
    assert (source.first, source.last) == (AT + 1, AT + 1)


def test_http(tmp_path: Path) -> None:
    text = HTTP + (
        "1763769600\t10.0.0.1\t192.0.2.1\t80\tevil.example\t/a\\x09b\n"
        "1763769600\t10.0.0.1\t192.0.2.1\t8080\t-\t-\n"
        "1763769600\t10.0.0.1\t192.0.2.1\t3128\tproxy.example\thttp://evil.example:81/x\n"
        "1763769600\t10.0.0.1\t-\t-\t-\t-\n"
        "1763769600\t10.0.0.1\t192.0.2.1\t443\tevil.example:443\tevil.example:443\n"
    )
    rows, source = read(tmp_path, text)
    assert rows == [
        Row(AT, "10.0.0.1", "evil.example", "192.0.2.1", 80, "/a\tb"),
        Row(AT, "10.0.0.1", "", "192.0.2.1", 8080, ""),
        Row(AT, "10.0.0.1", "evil.example", "192.0.2.1", 3128, "/x"),
        Row(AT, "10.0.0.1", "evil.example", "192.0.2.1", 443, ""),
    ]
    assert (source.unmapped, source.format) == (1, "zeek http tsv")


@pytest.mark.parametrize(("told", "port"), [("4242", 4242), ("-", 0), ("70000", 0), ("x", 0)])
def test_the_port_of_the_originator(tmp_path: Path, told: str, port: int) -> None:
    tsv = HTTP.replace("id.orig_h", "id.orig_p\tid.orig_h") + f"1763769600\t{told}\t10.0.0.1\t192.0.2.1\t80\t-\t-\n"
    assert read(tmp_path, tsv)[0] == [Row(AT, "10.0.0.1", "", "192.0.2.1", 80, "", source_port=port)]
    data = {"_path": "dns", "ts": 1763769600, "id.orig_h": "10.0.0.1", "query": "a.example"}
    data["id.orig_p"] = int(told) if told.isdecimal() else told
    assert read(tmp_path, json.dumps(data))[0] == [Row(AT, "10.0.0.1", "a.example", source_port=port)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1763769600\tC\t10.0.0.1", "4 fields were expected and 3 found"),
        ("1763769600\tC\t10.0.0.1\ta.example\tx", "4 fields were expected and 5 found"),
        ("yesterday\tC\t10.0.0.1\ta.example", "the time cannot be read"),
        ("-\tC\t10.0.0.1\ta.example", "the time cannot be read"),
        ("1763769600\tC\t-\ta.example", "the originator's address is missing"),
        ("9999999999\tC\t10.0.0.1\ta.example", "the time lies in the future"),
        ("x" * (2 << 20), TOO_LONG),
    ],
)
def test_a_broken_row_is_counted_with_its_line(tmp_path: Path, line: str, reason: str) -> None:
    good = "1763769600\tC\t10.0.0.1\ta.example\n"
    rows, source = read(tmp_path, DNS + good + line + "\n" + good)
    assert (len(rows), source.broken) == (2, 1)
    assert (source.shown[0].line, source.shown[0].reason) == (9, reason)


def test_headers_may_come_again_in_another_order(tmp_path: Path) -> None:
    again = "#fields\tquery\tid.orig_h\tts\n"
    rows, _ = read(tmp_path, DNS + "1763769600\tC\t10.0.0.1\ta.example\n" + again + "b.example\t10.0.0.2\t1763769600\n")
    assert [(row.subscriber, row.host) for row in rows] == [("10.0.0.1", "a.example"), ("10.0.0.2", "b.example")]


def test_another_separator(tmp_path: Path) -> None:
    text = "#separator \\x2c\n#path,dns\n#fields,ts,id.orig_h,query\n1763769600,10.0.0.1,a.example\n"
    assert read(tmp_path, text)[0] == [Row(AT, "10.0.0.1", "a.example")]


def test_a_log_of_another_kind_has_nothing_to_match(tmp_path: Path) -> None:
    text = "#separator \\x09\n#path\tconn\n#fields\tts\n1763769600\n"
    rows, source = read(tmp_path, text)
    assert (rows, source.unmapped, source.format) == ([], 1, "zeek conn tsv")


def test_json(tmp_path: Path) -> None:
    lines = [
        {"_path": "dns", "ts": "2025-11-22T00:00:00.000001Z", "id.orig_h": "10.0.0.1", "query": "evil.example"},
        {"ts": 1763769600.000002, "id.orig_h": "10.0.0.1", "query": "b.example"},
        {"ts": 1763769600, "id.orig_h": "10.0.0.1", "qtype_name": "A"},
        {
            "ts": 1763769600,
            "id.orig_h": "10.0.0.2",
            "id.resp_h": "192.0.2.1",
            "id.resp_p": 80,
            "host": "c.example",
            "uri": "/x",
        },
        {"_path": "conn", "ts": 1},
        {"_path": "dns", "ts": None, "id.orig_h": "10.0.0.1", "query": "x.example"},
    ]
    text = "\n".join(map(json.dumps, lines)) + '\n\n[1]\n{"a":\nnonsense\n'
    rows, source = read(tmp_path, text)
    assert rows == [
        Row(AT + 1, "10.0.0.1", "evil.example"),
        Row(AT + 2, "10.0.0.1", "b.example"),
        Row(AT, "10.0.0.2", "c.example", "192.0.2.1", 80, "/x"),
    ]
    assert (source.rows, source.unmapped, source.broken, source.format) == (9, 2, 4, "zeek dns json")


def test_bytes_that_are_no_text_are_not_fatal(tmp_path: Path) -> None:
    rows, source = read(tmp_path, DNS.encode() + b"1763769600\tC\t10.0.0.1\t\xff\xfe.example\n")
    assert (len(rows), source.broken) == (1, 0)


def test_a_kind_of_log_that_is_none_is_not_shown(tmp_path: Path) -> None:
    assert read(tmp_path, DNS.replace("#path\tdns", "#path\t13800138000"))[1].format == "zeek other tsv"
    assert read(tmp_path, '{"_path": "13800138000"}\n')[1].format == "zeek other json"


def test_fields_named_before_the_kind_are_kept(tmp_path: Path) -> None:
    text = "#separator \\x09\n#fields\tts\tid.orig_h\tquery\n#path\tdns\n1763769600\t10.0.0.1\ta.example\n"
    assert read(tmp_path, text)[0] == [Row(AT, "10.0.0.1", "a.example")]


JSON = '{"_path": "%s", "ts": %s, "id.orig_h": "10.0.0.1", "query": "a.example", "uri": "/", "id.resp_p": 80}'


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(
    st.one_of(
        mangled(DNS.rstrip(), "1763769600\tC\t10.0.0.1\ta.example", "1763769600\tC\t10.0.0.1\tb.example"),
        mangled(HTTP.rstrip(), "1763769600\t10.0.0.1\t192.0.2.1\t80\ta.example\thttp://a.example/x"),
        mangled(JSON % ("dns", "1763769600"), JSON % ("http", '"2025-11-22T00:00:00Z"'), JSON % ("dns", "1.5")),
    )
)
def test_no_row_is_fatal_and_every_row_is_accounted_for(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(data)
    for reader in (zeek.read_tab_separated, zeek.read_json):
        source = Source("x.log", 2 * AT)
        assert len(list(reader(LogFile(path), source))) + source.broken + source.late + source.unmapped == source.rows

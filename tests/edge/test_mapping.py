from collections.abc import Callable
from pathlib import Path

import pytest

from cleannet.edge import mapping, tables
from cleannet.edge.files import LogFile
from cleannet.edge.rows import BadRow, Source
from cleannet.edge.wrong_use import WrongUse

Written = Callable[[str, str | bytes], Path]
GOOD = """\
schema = 1
time_zone = "Asia/Shanghai"
[columns]
time = "ts"
number = "msisdn"
host = "qname"
fee = "charge"
record = "id"
billing = "kind"
[fee]
unit = "yuan"
billing = ["charge"]
refund = ["refund"]
"""


def test_a_mapping_is_read(written: Written) -> None:
    found = mapping.load(written("m.toml", 'files = ["dns-*.csv"]\n' + GOOD))
    assert found.fits("dns-1.csv")
    assert not found.fits("http.csv")
    assert found.columns["number"] == "msisdn"
    assert str(found.zone) == "Asia/Shanghai"
    assert mapping.load(written("m.toml", GOOD)).fits("anything")


@pytest.mark.parametrize(
    ("unit", "fee", "kind", "fen"),
    [
        ("yuan", "12.34", "charge", 1234),
        ("yuan", " 12 ", "charge", 1200),
        ("yuan", "0.5", "charge", 50),
        ("yuan", "0.500", "charge", 50),
        ("yuan", "-2.00", "charge", -200),
        ("yuan", "2.00", "refund", -200),
        ("yuan", "-2.00", "refund", -200),
        ("yuan", "2.00", "free", None),
        ("yuan", "nonsense", "free", None),
        ("yuan", "", "charge", None),
        ("fen", "1234", "charge", 1234),
        ("fen", "-5", "charge", -5),
    ],
)
def test_fen(written: Written, unit: str, fee: str, kind: str, fen: int | None) -> None:
    assert mapping.load(written("m.toml", GOOD.replace('"yuan"', f'"{unit}"'))).fen(fee, kind) == fen


@pytest.mark.parametrize(
    ("unit", "fee"),
    [
        ("yuan", "1.234"),
        ("yuan", "1,5"),
        ("yuan", "1e3"),
        ("yuan", "13800138000"),
        ("fen", "1.5"),
        ("fen", "13800138000"),
    ],
)
def test_a_fee_that_cannot_be_read_is_not_shown(written: Written, unit: str, fee: str) -> None:
    with pytest.raises(BadRow) as broken:
        mapping.load(written("m.toml", GOOD.replace('"yuan"', f'"{unit}"'))).fen(fee, "charge")
    assert fee not in str(broken.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("schema = 1", "schema = 2", "schema must be 1"),
        ("schema = 1", "", "schema must be 1"),
        ('time = "ts"', "", "columns.time is missing"),
        ('number = "msisdn"', "", "either number or address"),
        ('number = "msisdn"', 'number = "a"\naddress = "b"', "either number or address"),
        ('host = "qname"', "", "at least one of host, uri, dst_ip"),
        ('host = "qname"', 'host = "qname"\nphone = "x"', "columns.phone is not known"),
        ('host = "qname"', "host = 1", "columns.host must be a text"),
        ('record = "id"', "", "columns.record is missing"),
        ('billing = "kind"', "", "columns.billing is missing"),
        ('unit = "yuan"', "", "fee.unit is missing"),
        ('unit = "yuan"', 'unit = "dollar"', "fee.unit must be one of"),
        ('billing = ["charge"]', "", "which rows are billing rows"),
        ('billing = ["charge"]', 'billing = ["charge"]\nevery_row = true', "which rows are billing rows"),
        ('billing = ["charge"]', 'billing = "charge"', "fee.billing must be a list"),
        ("Asia/Shanghai", "Asia/Nowhere", "time_zone is not the name"),
        ('time_zone = "Asia/Shanghai"', 'time_form = "%Y%m%d"', "time_zone is missing"),
        ("[columns]", "columns = 1\n[other]", "columns must be a table"),
        ("[fee]", '[csv]\ndelimiter = ";;"\n[fee]', "csv.delimiter"),
        ("[fee]", '[csv]\nencoding = "utf-16"\n[fee]', "csv.encoding"),
        ("[fee]", '[csv]\nencoding = "nonsense"\n[fee]', "csv.encoding"),
        ("[fee]", "[fee", "not TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(written: Written, old: str, new: str, words: str) -> None:
    assert old in GOOD
    path = written("m.toml", GOOD.replace(old, new, 1))
    with pytest.raises(WrongUse, match=words) as wrong:
        mapping.load(path)
    assert str(path) in str(wrong.value)


ASSIGNMENTS = """\
schema = 1
kind = "assignments"
time_zone = "Asia/Shanghai"
[columns]
from = "start"
to = "stop"
address = "ip"
number = "msisdn"
first_port = "low"
last_port = "high"
"""


def test_a_mapping_of_assignments_is_for_no_log(written: Written) -> None:
    found = mapping.load(written("m.toml", 'files = ["radius*"]\n' + ASSIGNMENTS))
    assert found.fits("radius-1.csv", mapping.ASSIGNMENTS)
    assert not found.fits("dhcp.csv", mapping.ASSIGNMENTS)
    assert not found.fits("radius-1.csv")
    assert found.places == ("from", "to", "address", "number", "first_port", "last_port")
    log = mapping.load(written("m.toml", 'kind = "log"\n' + GOOD))
    assert log.fits("radius-1.csv")
    assert not log.fits("radius-1.csv", mapping.ASSIGNMENTS)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"assignments"', '"leases"', "kind must be one of log, assignments"),
        ('from = "start"', "", "columns.from is missing"),
        ('to = "stop"', "", "columns.to is missing"),
        ('address = "ip"', "", "columns.address is missing"),
        ('number = "msisdn"', "", "columns.number is missing"),
        ('first_port = "low"', "", "both first_port and last_port"),
        ('last_port = "high"', "", "both first_port and last_port"),
        ('to = "stop"', 'to = "stop"\nhost = "h"', "columns.host is not known; known are address, first_port, from"),
        ("[columns]", '[fee]\nunit = "yuan"\n[columns]', "fee is not known"),
        ('time_zone = "Asia/Shanghai"', 'time_form = "%Y%m%d"', "time_zone is missing"),
        ("[columns]", '[csv]\ndelimiter = ";;"\n[columns]', "csv.delimiter"),
    ],
)
def test_what_is_wrong_with_one_of_assignments(written: Written, old: str, new: str, words: str) -> None:
    assert old in ASSIGNMENTS
    with pytest.raises(WrongUse, match=words):
        mapping.load(written("m.toml", ASSIGNMENTS.replace(old, new, 1)))


def test_all_mistakes_of_one_of_assignments_are_said_at_once(written: Written) -> None:
    with pytest.raises(WrongUse) as wrong:
        mapping.load(written("m.toml", 'kind = "assignments"\nnonsense = 1\n[columns]\nlast_port = "x"'))
    assert len(str(wrong.value).splitlines()) == 7


def test_all_mistakes_are_said_at_once(written: Written) -> None:
    with pytest.raises(WrongUse) as wrong:
        mapping.load(written("m.toml", "nonsense = 1"))
    assert len(str(wrong.value).splitlines()) == 5


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="cannot be read"):
        mapping.load(tmp_path / "m.toml")


def test_the_shipped_record_of_a_session_is_counted_with_its_fees(tmp_path: Path) -> None:
    log = tmp_path / "xdr.txt"
    names = "begin_time end_time msisdn src_ip src_port dst_ip dst_port host uri up down province bill_type fee bill_id"
    rows = [
        "1763769600123|1763769601000|13800138000|10.0.0.1|4000|192.0.2.1|80|evil.example|/a|1|2|44|charge|150|r1",
        "1763769600124|1763769601000|13800138000|10.0.0.1|4000|192.0.2.1|80|evil.example|/a|1|2|44|refund|150|r1",
        "1763769600125|1763769601000|13800138000|10.0.0.1|4000|192.0.2.1|80|evil.example|/a|1|2|44|traffic|999|",
    ]
    log.write_text("\n".join([names.replace(" ", "|"), *rows, ""]))
    read = mapping.load(Path("xdr"))
    source = Source("xdr.txt", 2**60)
    found = list(tables.read_csv(LogFile(log), source, read))
    assert [(row.fen, row.record) for row in found] == [(150, "r1"), (-150, "r1"), (None, "")]
    assert found[0][:6] == (1_763_769_600_123_000, "8613800138000", "evil.example", "192.0.2.1", 80, "/a")
    assert found[0].province == "44"
    assert not source.broken


def test_a_file_of_a_shipped_name_needs_its_path(written: Written, tmp_path: Path) -> None:
    assert mapping.load(written("xdr", GOOD)).columns["number"] == "msisdn"

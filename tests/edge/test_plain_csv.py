import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.edge.conftest import mangled
from tests.edge.test_kernel import ENTRIES, INDEX

from cleannet.edge import files, mapping, plain_csv, tables
from cleannet.edge.files import LogFile
from cleannet.edge.mapping import Mapping
from cleannet.edge.rows import Row, Source
from cleannet.edge.sieve import Sieve

MAPPING = """
schema = 1
time_zone = "Asia/Shanghai"
[columns]
time = "ts"
number = "msisdn"
host = "name"
uri = "uri"
dst_ip = "ip"
fee = "fee"
record = "id"
[fee]
unit = "yuan"
every_row = true
"""
HEAD = b"ts,unused,msisdn,name,uri,ip,fee,id\n"
GOOD = b"2026-11-22 08:00:00,x,13800138000,good.net,/,203.0.113.9,,\n"
HIT = b"2026-11-22 08:00:01,x,13800138001,a.evil.example,/,,1.00,r1\n"
NOW = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp()) * 1_000_000
SIEVE = Sieve(ENTRIES)


@pytest.fixture(params=["yuan", "fen"])
def columns(tmp_path: Path, request: pytest.FixtureRequest) -> Mapping:
    return written(tmp_path, MAPPING.replace('"yuan"', f'"{request.param}"'))


def written(tmp_path: Path, text: str) -> Mapping:
    path = tmp_path / "m.toml"
    path.write_text(text)
    return mapping.load(path)


def both(path: Path, columns: Mapping) -> tuple[tuple[Source, list[Row]], tuple[Source, list[Row]]]:
    """Return what is said of a file and which rows match, read the fast way and row by row."""
    fast, slow = Source(path.name, NOW, NOW - 86_400_000_000 * 30), Source(path.name, NOW, NOW - 86_400_000_000 * 30)
    rows = list(plain_csv.read_csv(LogFile(path), fast, columns, SIEVE.rest))
    every = list(tables.read_csv(LogFile(path), slow, columns))
    return (fast, _matching(rows)), (slow, _matching(every))


def _matching(rows: list[Row]) -> list[Row]:
    return [row for row in rows if INDEX.find(row.host, row.address, row.port, row.target)]


ROWS = st.lists(
    st.sampled_from(
        [
            GOOD,
            HIT,
            HIT.replace(b"\n", b"\r\n"),
            GOOD.replace(b"good.net", b"go\rod.net"),
            GOOD.replace(b"good.net", b"\xe6\x81\xb6\xe6\x84\x8f.example"),
            HIT.replace(b"13800138001", b"138"),
            HIT.replace(b"1.00", b"x"),
            HIT.replace(b"2026", b"2016"),
            HIT.replace(b"2026", b"2036"),
            b"\n",
            b"\r\n",
            b"a,b\n",
            HEAD,
            b"\x00,,,,,,,\n",
        ]
    ),
    max_size=12,
).map(b"".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True)
@given(
    data=ROWS | mangled(GOOD.decode().strip(), HIT.decode().strip()),
    chunk=st.sampled_from([1, 7, 64, 1 << 20]),
    ended=st.booleans(),
)
@example(data=b"\xef\xbb\xbf" + GOOD, chunk=3, ended=True)
def test_the_account_and_the_matches_do_not_depend_on_the_way(
    columns: Mapping, tmp_path: Path, data: bytes, chunk: int, ended: bool
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(HEAD + (data if ended else data.rstrip(b"\n")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "CHUNK", chunk)
        fast, slow = both(path, columns)
    assert fast == slow


@pytest.mark.parametrize(
    "data",
    [
        HEAD
        + GOOD * 3
        + HIT.replace(b"good", b'"good"')
        + b'2026-11-22 08:00:00,"\n",13800138002,evil.example,,,,\n'
        + HIT,
        b'"ts",unused,msisdn,name,uri,ip,fee,id\n' + GOOD + HIT,
        b'ts,"unused\nname",msisdn,name,uri,ip,fee,id\n' + GOOD + HIT,
        HEAD + HIT.replace(b"13800138001", b"\t13800138001") + HIT.replace(b"a.evil", b"\ta.evil"),
        HEAD + GOOD.replace(b"/,", b"http\xc5\xbf://evil.example/,"),
        HEAD + HIT.replace(b"x", b"x" * (1 << 17)) + HIT,
        HEAD + HIT + b"x" * (10 << 20) + b"\n" + HIT,
        HEAD + HIT + b"x" * (2 << 20),
        b"\n\n" + HEAD + HIT,
        HEAD,
        b"",
    ],
    ids=[
        "quotes",
        "quoted header",
        "header of two lines",
        "tabs",
        "no scheme",
        "a long field",
        "a row of 10 MB",
        "a long end",
        "empty lines",
        "no row",
        "nothing",
    ],
)
def test_what_is_not_plain(columns: Mapping, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    fast, slow = both(path, columns)
    assert fast == slow


def test_a_truncated_gzip_counts_what_was_read(columns: Mapping, tmp_path: Path) -> None:
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(HEAD + (GOOD + HIT) * 5000)[:-300])
    fast, slow = both(path, columns)
    assert fast == slow
    assert fast[0].rows > 1000


@pytest.mark.parametrize(
    ("encoding", "row"),
    [
        ("gb18030", b"2026-11-22T00:00:00Z,10.0.0.1,evil.example,\x81\x30,"),
        ("gb18030", b"2026-11-22T00:00:00Z,10.0.0.1,\x81\x30,evil.example,"),
        ("gbk", b"2026-11-22T00:00:00Z,10.0.0.1,evil.example,\x81,"),
        ("utf-8", b"2026-11-22T00:00:00Z,10.0.0.1,\xef\xbb\xbfevil.example,\xe6,"),
    ],
)
def test_characters_that_are_cut_off(tmp_path: Path, encoding: str, row: bytes) -> None:
    columns = (
        'schema = 1\n[columns]\ntime = "ts"\naddress = "ip"\nhost = "name"\nuri = "uri"\ndst_ip = "dst"\n'
        f'[csv]\nencoding = "{encoding}"\n'
    )
    log = tmp_path / "x.csv"
    log.write_bytes(b"ts,ip,name,uri,dst\n" + row + b"\n" + row)
    fast, slow = both(log, written(tmp_path, columns))
    assert fast == slow


@pytest.mark.parametrize("host", [" 192.0.2.7", "\xa0192.0.2.7", "\t192.0.2.7", "\ufeff192.0.2.7", "１92.0.2.7"])
def test_an_address_with_something_odd_before_it(tmp_path: Path, host: str) -> None:
    columns = (
        'schema = 1\n[columns]\ntime = "ts"\naddress = "ip"\nhost = "name"\n[csv]\nheader = ["name", "ts", "ip"]\n'
    )
    log = tmp_path / "x.csv"
    log.write_text(f"{host},2026-11-22T00:00:00Z,10.0.0.1\n" * 2)
    fast, slow = both(log, written(tmp_path, columns))
    assert fast == slow
    assert len(fast[1]) == 2 or "\ufeff" in host or "１" in host


def test_columns_mapped_twice(tmp_path: Path) -> None:
    path, log = tmp_path / "m.toml", tmp_path / "x.csv"
    path.write_text('schema = 1\n[columns]\ntime = "ts"\naddress = "ip"\nhost = "name"\ndst_ip = "name"\n')
    log.write_bytes(b"ts,ip,name\n2026-11-22T08:00:00Z,10.0.0.1,192.0.2.7\n2026-11-22T08:00:00Z,10.0.0.1,good.net\n")
    fast, slow = both(log, mapping.load(path))
    assert fast == slow
    assert len(fast[1]) == 1


@pytest.mark.parametrize(
    ("csv", "plain"),
    [
        ("", True),
        ('encoding = "gb18030"', True),
        ('encoding = "shift_jis"', False),
        ('delimiter = "|"', True),
        ('delimiter = "|"\nencoding = "GBK"', False),
        ('delimiter = "；"', False),
        ('delimiter = "\\t"', True),
    ],
)
def test_which_files_can_be_split_by_their_bytes(tmp_path: Path, csv: str, plain: bool) -> None:
    path = tmp_path / "m.toml"
    path.write_text(f"{MAPPING}[csv]\n{csv}\n")
    assert plain_csv.is_plain(mapping.load(path)) is plain

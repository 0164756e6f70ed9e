import gzip
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cleannet.core.addresses import address_or_none
from cleannet.edge import mapping
from cleannet.edge.assignments import Assignments, Miss
from cleannet.edge.rows import Row, Source
from cleannet.edge.wrong_use import WrongUse

Written = Callable[[str, str | bytes], Path]
MAPPING = """\
schema = 1
kind = "assignments"
time_form = "epoch_us"
[columns]
from = "start"
to = "stop"
address = "ip"
number = "msisdn"
first_port = "first"
last_port = "last"
"""
HEAD = "start,stop,ip,msisdn,first,last\n"
SECOND = 1_000_000
LATEST = 1000 * SECOND
THREE = [f"1,9,192.0.2.1,1380013800{block}" for block in ("0,,", "1,,", "2,5,6")]
ONE, TWO = "8613800138000", "8613800138001"


def assignments(written: Written, *files: str | bytes, text: str = MAPPING, slack: int = 0) -> Assignments:
    paths = [written(f"radius-{number}.csv", data) for number, data in enumerate(files)]
    return Assignments(paths, [mapping.load(written("who.toml", text))], LATEST, timedelta(seconds=slack))


def rows(*found: str) -> str:
    return HEAD + "".join(f"{row}\n" for row in found)


@pytest.mark.parametrize(
    ("records", "address", "port", "at", "found"),
    [
        (["10,20,10.0.0.1,13800138000,,"], "10.0.0.1", 0, 9, Miss.UNKNOWN),
        (["10,20,10.0.0.1,13800138000,,"], "10.0.0.1", 0, 10, ONE),
        (["10,20,10.0.0.1,13800138000,,"], "10.0.0.1", 4242, 19, ONE),
        (["10,20,10.0.0.1,13800138000,,"], "10.0.0.1", 0, 20, Miss.UNKNOWN),
        (["10,20,10.0.0.1,13800138000,,"], "10.0.0.2", 0, 15, Miss.UNKNOWN),
        (["10,20,10.0.0.1,13800138000,,"], "::ffff:10.0.0.1", 0, 15, ONE),
        (["10,20,::ffff:10.0.0.1,13800138000,,"], "10.0.0.1", 0, 15, ONE),
        (["10,10,10.0.0.1,13800138000,,"], "10.0.0.1", 0, 10, Miss.UNKNOWN),
        (["10,,10.0.0.1,13800138000,,"], "10.0.0.1", 0, LATEST, ONE),
        (["10,20,2001:db8::1,+14155550100,,"], "2001:DB8:0::1", 0, 15, "14155550100"),
        (["10,20,2001:db8::1,13800138000,,"], "2001:db8:0:1::1", 0, 15, Miss.UNKNOWN),
        (["10,20,2001:db8:0:1::/64,13800138000,,"], "2001:db8:0:1:ffff:ffff:ffff:ffff", 0, 15, ONE),
        (["10,20,2001:db8:0:1::/64,13800138000,,"], "2001:db8:0:2::", 0, 15, Miss.UNKNOWN),
        (["10,20,2001:db8:0:1::/64,13800138000,,"], "2001:db8:0:1::/64", 0, 15, Miss.UNKNOWN),
        (["10,20,10.0.0.1,13800138000,,"], "not an address", 0, 15, Miss.UNKNOWN),
        # Long before, and nested.
        (["1,90,10.0.0.1,13800138000,,", "2,3,10.0.0.1,13800138001,,"], "10.0.0.1", 0, 50, ONE),
        (["1,90,10.0.0.1,13800138000,,", "2,3,10.0.0.1,13800138001,,"], "10.0.0.1", 0, 2, Miss.AMBIGUOUS),
        (["1,90,10.0.0.1,13800138000,,", "2,9,10.0.0.1,+8613800138000,,"], "10.0.0.1", 0, 2, ONE),
        (["1,5,10.0.0.1,13800138000,,", "5,9,10.0.0.1,13800138001,,"], "10.0.0.1", 0, 5, TWO),
        # Blocks of ports.
        (["1,9,192.0.2.1,13800138000,1024,2047"], "192.0.2.1", 2047, 5, ONE),
        (["1,9,192.0.2.1,13800138000,1024,2047"], "192.0.2.1", 2048, 5, Miss.UNKNOWN),
        (["1,9,192.0.2.1,13800138000,1024,2047"], "192.0.2.1", 0, 5, Miss.NO_PORT),
        (["1,9,192.0.2.1,13800138000,1,65535"], "192.0.2.1", 0, 5, ONE),
        (["1,9,192.0.2.1,13800138000,,", "1,9,192.0.2.1,13800138001,5,6"], "192.0.2.1", 4, 5, ONE),
        (["1,9,192.0.2.1,13800138000,,", "1,9,192.0.2.1,13800138001,5,6"], "192.0.2.1", 5, 5, Miss.AMBIGUOUS),
        (["1,9,192.0.2.1,13800138000,,", "1,9,192.0.2.1,13800138001,5,6"], "192.0.2.1", 0, 5, Miss.NO_PORT),
        (["1,9,192.0.2.1,13800138000,,", "1,9,192.0.2.1,13800138000,5,6"], "192.0.2.1", 0, 5, ONE),
        (THREE, "192.0.2.1", 0, 5, Miss.AMBIGUOUS),
    ],
)
def test_who_had_an_address(
    written: Written, records: list[str], address: str, port: int, at: int, found: str | Miss
) -> None:
    assert assignments(written, rows(*records)).find(address, port, at) == found


# At 32 two numbers are near: neither is taken.
@pytest.mark.parametrize(
    ("at", "found"),
    [(7, Miss.UNKNOWN), (8, ONE), (19, ONE), (21, ONE), (22, Miss.UNKNOWN), (30, ONE), (32, Miss.UNKNOWN), (33, TWO)],
)
def test_clocks_that_differ(written: Written, at: int, found: str | Miss) -> None:
    records = [(10, 20, "13800138000"), (29, 32, "13800138000"), (33, 40, "13800138001")]
    text = rows(*(f"{begins * SECOND},{ends * SECOND},10.0.0.1,{number},," for begins, ends, number in records))
    assert assignments(written, text, slack=2).find("10.0.0.1", 0, at * SECOND) == found


def test_what_comes_near_never_unsettles_what_held(written: Written) -> None:
    text = rows(f"{5 * SECOND},{9 * SECOND},10.0.0.1,13800138000,,", f"{9 * SECOND},,10.0.0.1,13800138001,,")
    found = assignments(written, text, slack=60)
    assert [found.find("10.0.0.1", 0, at * SECOND) for at in (5, 8, 9, 10)] == [ONE, ONE, TWO, TWO]


class Record(NamedTuple):
    address: str
    begins: int
    ends: int | None
    number: str
    block: tuple[int, int] | None


ADDRESSES = st.sampled_from(["10.0.0.1", "::ffff:10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8:0:1::1", "::a00:1"])
PLACES = ADDRESSES | st.sampled_from(["2001:db8::/64", "2001:db8:0:1::/64"])
RECORDS = st.builds(
    lambda address, begins, length, number, block: Record(
        address, begins, None if length is None else begins + length, number, block
    ),
    PLACES,
    st.integers(0, 12),
    st.none() | st.integers(0, 14),
    st.sampled_from([ONE, TWO, "14155550100"]),
    st.none() | st.tuples(st.integers(1, 5), st.integers(0, 4)).map(lambda pair: (pair[0], sum(pair))),
)
# No block reaches it.
FREE = 10


def told(records: list[Record], port: int) -> str | Miss:
    """Return whom records that held name for a port."""
    numbers = {row.number for row in records if row.block is None or row.block[0] <= port <= row.block[1]}
    return Miss.AMBIGUOUS if len(numbers) > 1 else next(iter(numbers), Miss.UNKNOWN)


def by_hand(records: list[Record], address: str, port: int, at: int, slack: int) -> str | Miss:
    held = [
        row
        for row in records
        if address_or_none(address) in ip_network(str(address_or_none(row.address) or row.address))
        and (row.begins - slack) * SECOND <= at
        and (row.ends is None or at < (row.ends + slack) * SECOND)
    ]
    if port:
        return told(held, port)
    # Without a port all must say the same.
    answers = {told(held, any_port) for any_port in range(1, FREE + 1)}
    return answers.pop() if len(answers) == 1 else Miss.NO_PORT


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(
    st.lists(RECORDS, max_size=10),
    st.lists(
        st.tuples(ADDRESSES, st.integers(0, FREE), st.integers(0, 30), st.sampled_from([-1, 0, 1])),
        min_size=1,
        max_size=20,
    ),
    st.integers(0, 3),
    st.integers(0, 10),
)
@example([Record("10.0.0.1", 0, 12, ONE, (1, 9)), Record("10.0.0.1", 1, 2, TWO, None)], [("10.0.0.1", 3, 5, 0)], 0, 1)
def test_the_look_up_is_right_however_they_overlap_and_nest(
    written: Written, records: list[Record], asked: list[tuple[str, int, int, int]], slack: int, cut: int
) -> None:
    lines = [
        f"{row.begins * SECOND},{'' if row.ends is None else row.ends * SECOND},{row.address},+{row.number},"
        + (f"{row.block[0]},{row.block[1]}" if row.block else ",")
        for row in records
    ]
    found = assignments(written, rows(*lines[:cut]), rows(*lines[cut:]), slack=slack)
    for address, port, second, beside in asked:
        at = max(0, second * SECOND + beside)
        exact = by_hand(records, address, port, at, 0)
        near = by_hand(records, address, port, at, slack)
        wanted = near if exact is Miss.UNKNOWN and not isinstance(near, Miss) else exact
        assert found.find(address, port, at) == wanted


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("x,20,10.0.0.1,13800138000,,", "the time cannot be read"),
        (",20,10.0.0.1,13800138000,,", "the time cannot be read"),
        ("10,x,10.0.0.1,13800138000,,", "the time cannot be read"),
        ("20,10,10.0.0.1,13800138000,,", "the assignment ends before it begins"),
        (f"{LATEST + 1},,10.0.0.1,13800138000,,", "the time lies in the future: is its time zone right?"),
        ("10,20,10.0.0.256,13800138000,,", "the address cannot be read"),
        ("10,20,fe80::1%eth0,13800138000,,", "the address cannot be read"),
        ("10,20,2001:db8::1/64,13800138000,,", "the address cannot be read"),
        ("10,20,2001:db8::/56,13800138000,,", "the address cannot be read"),
        ("10,20,10.0.0.0/64,13800138000,,", "the address cannot be read"),
        ("10,20,,13800138000,,", "the address cannot be read"),
        ("10,20,10.0.0.1,1380013800,,", "the subscriber is not a phone number"),
        ("10,20,10.0.0.1,13800138000,1024,", "the block of ports cannot be read"),
        ("10,20,10.0.0.1,13800138000,-1,5", "the block of ports cannot be read"),
        ("10,20,10.0.0.1,13800138000,6,5", "the block of ports is none"),
        ("10,20,10.0.0.1,13800138000,0,0", "the block of ports is none"),
        ("10,20,10.0.0.1,13800138000,6,65536", "the block of ports is none"),
        ("10,20,10.0.0.1,13800138000", "6 fields were expected and 4 found"),
    ],
)
def test_a_broken_record_is_counted_with_its_line(written: Written, row: str, reason: str) -> None:
    good = "10,20,10.0.0.2,13800138001,,"
    found = assignments(written, rows(good, row, good))
    account = found.account([])
    (file,) = account["files"]
    assert (file["rows"], file["broken"]) == (3, 1)
    assert account["broken"] == [{"file": file["file"], "line": 3, "reason": reason}]
    assert found.find("10.0.0.1", 0, 15) is Miss.UNKNOWN
    assert found.find("10.0.0.2", 0, 15) == TWO


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_csv_however_it_is_packed(written: Written, pack: Callable[[bytes], bytes]) -> None:
    text = MAPPING.replace("epoch_us", "iso").replace("[columns]", 'time_zone = "Asia/Shanghai"\n[columns]')
    data = pack(rows("1970-01-01 08:00:10,1970-01-01 08:00:20,10.0.0.1,13800138000,,").encode())
    found = assignments(written, data, text=text)
    assert [found.find("10.0.0.1", 0, at * SECOND) for at in (9, 10, 20)] == [Miss.UNKNOWN, ONE, Miss.UNKNOWN]
    (file,) = found.account([])["files"]
    assert (file["format"], file["first"], file["cut_off"]) == ("csv", "1970-01-01T00:00:10Z", None)
    assert len(file["sha256"]) == 64


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_parquet(written: Written, tmp_path: Path, unit: str) -> None:
    path = tmp_path / "radius.parquet"
    by = {"s": 1, "ms": 1000, "us": SECOND, "ns": 1000 * SECOND}[unit]
    kind = pa.timestamp(unit, "UTC")
    columns = {
        "start": pa.array([10 * by, 10 * by, None], kind),
        "stop": pa.array([20 * by, None, None], kind),
        "ip": ["192.0.2.1", "192.0.2.1", "192.0.2.2"],
        "msisdn": [13800138000, 13800138001, 13800138001],
        "first": pa.array([1024, 2048, None], pa.uint16()),
        "last": pa.array([2047, 3071, None], pa.uint16()),
    }
    pq.write_table(pa.table(columns), path)
    found = Assignments([path], [mapping.load(written("who.toml", MAPPING))], LATEST)
    assert [found.find("192.0.2.1", port, 15 * SECOND) for port in (1024, 3071, 0)] == [ONE, TWO, Miss.NO_PORT]
    assert [found.find("192.0.2.1", port, 25 * SECOND) for port in (1024, 3071)] == [Miss.UNKNOWN, TWO]
    account = found.account([])
    assert (account["files"][0]["rows"], account["files"][0]["format"]) == (3, "parquet")
    assert [row["line"] for row in account["broken"]] == [3]


def test_without_columns_for_ports_a_record_is_of_the_whole_address(written: Written) -> None:
    text = MAPPING.replace('first_port = "first"\nlast_port = "last"\n', "")
    assert assignments(written, rows("1,9,10.0.0.1,13800138000,5,6"), text=text).find("10.0.0.1", 7, 5) == ONE


def test_rows_are_accounted_for_by_what_became_of_them(written: Written) -> None:
    records = ["1,9,10.0.0.1,13800138000,,", "1,9,10.0.0.2,13800138000,5,6", "1,9,10.0.0.3,13800138000,,"]
    found = assignments(written, rows(*records, "1,9,10.0.0.3,13800138001,,"), slack=5)

    def asked() -> Iterator[str]:
        for source in sources:
            number_of = found.join(source)
            yield from (number_of(Row(5, f"10.0.0.{last}", "evil.example")) for last in (1, 2, 3, 4, 1))

    sources = [Source("a.log", LATEST), Source("b.log", LATEST)]
    assert list(asked()) == [ONE, "", "", "", ONE] * 2
    assert sources[0].assigned == {"joined": 2, "unknown": 1, "no_port": 1, "ambiguous": 1}
    assert sources[0].counts == "numbers"
    account = found.account([*sources, Source("numbers.csv", LATEST)])
    assert account["rows"] == {"joined": 4, "unknown": 2, "no_port": 2, "ambiguous": 2}
    assert account["slack"] == 5


def test_a_damaged_file_counts_as_far_as_it_could_be_read(written: Written) -> None:
    text = rows(*(f"{number},,10.{number >> 8}.{number & 255}.1,138{number * 7919:08},," for number in range(3000)))
    (file,) = assignments(written, gzip.compress(text.encode())[:-2000]).account([])["files"]
    assert 0 < file["rows"] < 3000
    assert "too early" in file["cut_off"]


def test_what_cannot_be_used_is_said(written: Written, tmp_path: Path) -> None:
    log = mapping.load(written("m.toml", 'schema = 1\n[columns]\ntime = "t"\nnumber = "n"\nhost = "h"\n'))
    who = mapping.load(written("who.toml", 'files = ["radius-*.csv"]\n' + MAPPING))
    with pytest.raises(WrongUse, match="fits this file of assignments"):
        Assignments([written("radius-1.csv", HEAD)], [log], LATEST)
    with pytest.raises(WrongUse, match="fits this file of assignments"):
        Assignments([written("dhcp.csv", HEAD)], [log, who], LATEST)
    with pytest.raises(WrongUse, match="cannot be read"):
        Assignments([tmp_path / "radius-2.csv"], [who], LATEST)
    with pytest.raises(WrongUse, match=r"columns\.number") as wrong:
        Assignments([written("radius-3.csv", "start,stop,ip,13800138000,first,last\n")], [who], LATEST)
    assert "13800138000" not in str(wrong.value)


def test_no_files_name_nobody(written: Written) -> None:
    assert assignments(written).find("10.0.0.1", 0, 5) is Miss.UNKNOWN
    assert assignments(written, HEAD).find("2001:db8::1", 0, 5) is Miss.UNKNOWN

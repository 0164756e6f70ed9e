import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from tests.edge.conftest import mangled

from cleannet.edge import mapping
from cleannet.edge.assignments import Assignments
from cleannet.edge.detect import detect
from cleannet.edge.tallies import Run
from cleannet.edge.watchlists import load_allow_lists, load_watchlists
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats import canonical, tally

Written = Callable[[str, str | bytes], Path]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
START = datetime(2026, 11, 22, tzinfo=UTC)
KEY = bytes(range(32))
ZEEK = "#separator \\x09\n#path\tdns\n#fields\tts\tid.orig_h\tquery\n"
MAPPING = """\
schema = 1
time_form = "epoch_s"
[columns]
time = "t"
number = "n"
host = "h"
province = "p"
fee = "f"
record = "r"
[fee]
unit = "fen"
every_row = true
"""
LISTS = {
    "android_one.txt": "one.example\nshared.example\nlog.service.example\n",
    "ioc.yaml": "- name: Two\n  websites: [site.example]\n  c2:\n    domains: [shared.example]\n",
}
ALLOW = "server=/service.example/192.0.2.1\n"


def stamp(seconds: float) -> str:
    return str((START + timedelta(seconds=seconds)).timestamp())


def run(written: Written, *logs: Path, lateness: timedelta | None = None, key: bytes | None = KEY) -> Run:
    allowed = load_allow_lists([written("allow.conf", ALLOW)])
    paths = [written(name, text) for name, text in LISTS.items()]
    watchlist = load_watchlists(paths, allowed.lists, NOW, {})
    mappings = [mapping.load(written("m.toml", 'files = ["*.csv*"]\n' + MAPPING))]
    detection = detect(logs, watchlist, begun_at=NOW, mappings=mappings, key=key, lateness=lateness)
    return detection.result(allowed, found_at=NOW, thresholds=[2, 5])


def rows(*found: tuple[float, str, str, str, str, str]) -> str:
    return "t,n,h,p,f,r\n" + "".join(f"{stamp(seconds)},{n},{h},{p},{f},{r}\n" for seconds, n, h, p, f, r in found)


def test_programs_are_counted_apart_and_exactly(written: Written) -> None:
    log = written(
        "a.csv",
        rows(
            (0, "13800138000", "one.example", "44", "100", "r1"),
            (60, "+8613800138000", "x.one.example", "44", "100", "r1"),
            (120, "13800138001", "ONE.example.", "11", "250", "r2"),
            (180, "13800138002", "shared.example", "44", "", ""),
            (240, "13800138003", "site.example", "", "-50", "r3"),
            (300, "13800138004", "other.example", "44", "999", "r4"),
            (360, "13800138005", "log.service.example", "44", "999", "r5"),
        ),
    )
    found = run(written, log)
    one, two = found.tally.programs
    assert (one.program, one.hits, one.infected.subscribers, one.infected.maximum) == ("one", 4, 3, 3)
    assert one.infected.crossings == {2: START + timedelta(seconds=180)}
    assert (one.loss_fen, one.loss_records) == (350, 2)
    assert {province: share.maximum for province, share in one.infected.by_province.items()} == {"44": 2, "11": 1}
    assert (two.program, two.infected.maximum, two.exposed.maximum, two.loss_fen) == ("Two", 1, 1, -50)
    assert set(two.exposed.by_province) == set()
    document = found.document
    assert document["subscribers"] == "numbers"
    assert [(held["indicator"], held["hits"]) for held in document["held"]] == [("log.service.example", 1)]
    assert document["indicators"]["held_by_allow_list"] == 1
    assert document["rows"] == {"read": 7, "broken": 0, "late": 0, "unmapped": 0}


def test_a_document_is_canonical_and_reads_back(written: Written) -> None:
    log = written("a.csv", rows((0, "13800138000", "one.example", "44", "100", "r1"), (1, "x", "", "", "", "")))
    found = run(written, log)
    assert tally.read(json.loads(json.dumps(found.document))) == found.tally
    assert canonical.decode(canonical.encode(found.document)) == found.document
    assert found.document["broken"] == [{"file": str(log), "line": 3, "reason": "the subscriber is not a phone number"}]
    assert (found.tally.first, found.tally.last) == (START, START)


def test_order_and_names_of_the_logs_do_not_matter(written: Written) -> None:
    a = rows((0, "13800138000", "one.example", "44", "100", "r1"))
    b = rows((3600, "13800138001", "one.example", "44", "100", "r2"))
    first = run(written, written("a.csv", a), written("b.csv", b))
    second = run(written, written("y.csv", b), written("z.csv", a))
    assert first.tally == second.tally
    assert run(written, written("a.csv", a)).tally.batch != first.tally.batch


def test_growing_logs_keep_the_name_they_are_given(written: Written) -> None:
    allowed = load_allow_lists([written("allow.conf", ALLOW)])
    watchlist = load_watchlists([written(name, text) for name, text in LISTS.items()], allowed.lists, NOW, {})
    mappings = [mapping.load(written("m.toml", 'files = ["*.csv*"]\n' + MAPPING))]
    batches = set()
    for log in ("", rows((0, "13800138000", "one.example", "44", "100", "r1"))):
        found = detect([written("a.csv", log or rows())], watchlist, begun_at=NOW, mappings=mappings, key=KEY)
        batches.add(found.result(allowed, found_at=NOW, batch="dns").tally.batch)
    assert batches == {"dns"}


def test_zeek_rows_count_addresses(written: Written) -> None:
    text = ZEEK + f"{stamp(0)}\t10.0.0.1\tone.example\n{stamp(1)}\t10.0.0.2\tone.example\n"
    found = run(written, written("dns.log.gz", gzip.compress(text.encode())), key=None)
    assert found.document["subscribers"] == "addresses"
    assert found.tally.programs[0].infected.maximum == 2
    assert found.tally.programs[0].infected.by_province == {}
    assert found.document["sources"][0]["format"] == "zeek dns tsv"


def test_numbers_and_addresses_are_not_added_up(written: Written) -> None:
    zeek = written("dns.log", ZEEK + f"{stamp(0)}\t10.0.0.1\tone.example\n")
    with pytest.raises(WrongUse, match="separate runs"):
        run(written, zeek, written("a.csv", rows((0, "13800138000", "one.example", "", "", ""))))


WHO = """\
schema = 1
kind = "assignments"
time_form = "epoch_s"
[columns]
from = "start"
to = "stop"
address = "ip"
number = "msisdn"
"""
WITH_PORTS = WHO + 'first_port = "first"\nlast_port = "last"\n'


def joined(
    written: Written, records: str, *logs: Path, ports: bool = False, key: bytes | None = KEY, slack: int = 0
) -> Run:
    allowed = load_allow_lists([])
    watchlist = load_watchlists([written(name, text) for name, text in LISTS.items()], allowed.lists, NOW, {})
    head = "start,stop,ip,msisdn" + (",first,last" if ports else "")
    mappings = [
        mapping.load(written("who.toml", WITH_PORTS if ports else WHO)),
        mapping.load(written("m.toml", 'files = ["*.csv*"]\n' + MAPPING)),
    ]
    path = written("radius.csv", f"{head}\n{records}")
    who = Assignments([path], mappings, int(NOW.timestamp()) * 1_000_000, timedelta(seconds=slack))
    detection = detect(logs, watchlist, begun_at=NOW, mappings=mappings, key=key, assignments=who)
    return detection.result(allowed, found_at=NOW)


RADIUS = (
    f"{stamp(0)},{stamp(600)},10.0.0.1,13800138000\n"
    f"{stamp(600)},,10.0.0.1,13800138001\n"
    f"{stamp(0)},{stamp(900)},10.0.0.2,13800138000\n"
    f"x,{stamp(900)},10.0.0.2,13800138000\n"
)
ADDRESSES = ZEEK + "".join(
    f"{stamp(seconds)}\t{address}\t{name}\n"
    for seconds, address, name in [
        (0, "10.0.0.1", "one.example"),
        (599, "10.0.0.1", "x.one.example"),
        (600, "10.0.0.1", "one.example"),
        (700, "10.0.0.2", "one.example"),
        (900, "10.0.0.2", "one.example"),
        (700, "10.0.0.3", "one.example"),
        (700, "10.0.0.3", "fine.example"),
    ]
)


def test_who_had_the_addresses_is_counted(written: Written) -> None:
    numbers = written("a.csv", rows((60, "13800138001", "one.example", "44", "", "")))
    found = joined(written, RADIUS, written("dns.log", ADDRESSES), numbers)
    (one,) = found.tally.programs
    # Two numbers: one had two addresses, the other stands in both logs.
    assert (found.tally.subscribers, one.infected.subscribers, one.hits) == ("numbers", 2, 5)
    zeek, csv = found.document["sources"]
    assert zeek["assigned"] == {"joined": 4, "unknown": 2, "no_port": 0, "ambiguous": 0}
    assert csv["assigned"] is None
    account = found.document["assignments"]
    assert account["rows"] == zeek["assigned"]
    assert [(file["rows"], file["broken"]) for file in account["files"]] == [(4, 1)]
    assert [row["line"] for row in account["broken"]] == [5]
    assert found.document["rows"] == {"read": 8, "broken": 0, "late": 0, "unmapped": 0}
    assert tally.read(json.loads(json.dumps(found.document))) == found.tally
    assert canonical.decode(canonical.encode(found.document)) == found.document
    assert "138001380" not in json.dumps(found.document)


def test_the_fast_way_joins_the_same(written: Written) -> None:
    fields = "#fields\tts\tid.orig_h\tid.orig_p\tquery\n"
    text = "#separator \\x09\n#path\tdns\n" + fields
    text += "".join(f"{stamp(number % 3000)}\t192.0.2.1\t{number % 4096}\tone.example\n" for number in range(9000))
    records = f"{stamp(0)},,192.0.2.1,13800138000,1024,2047\n{stamp(0)},,192.0.2.1,13800138001,2048,3071\n"
    found = joined(written, records, written("dns.log", text), ports=True)
    by_port = [number % 4096 for number in range(9000)]
    assert found.document["sources"][0]["assigned"] == {
        "joined": sum(1024 <= port < 3072 for port in by_port),
        "unknown": sum(0 < port < 1024 or port >= 3072 for port in by_port),
        "no_port": by_port.count(0),
        "ambiguous": 0,
    }
    assert found.tally.programs[0].infected.subscribers == 2


@pytest.mark.parametrize(("slack", "counted"), [(0, 0), (30, 1)])
def test_an_assignment_may_begin_a_little_earlier(written: Written, slack: int, counted: int) -> None:
    log = written("dns.log", ZEEK + f"{stamp(0)}\t10.0.0.1\tone.example\n")
    found = joined(written, f"{stamp(20)},,10.0.0.1,13800138000\n", log, slack=slack)
    assert sum(program.infected.subscribers for program in found.tally.programs) == counted
    assert found.document["assignments"]["slack"] == slack


def test_assignments_need_the_key(written: Written) -> None:
    with pytest.raises(WrongUse, match="--key"):
        joined(written, RADIUS, written("dns.log", ADDRESSES), key=None)


def test_numbers_need_the_key(written: Written) -> None:
    log = written("a.csv", rows((0, "13800138000", "one.example", "", "", "")))
    with pytest.raises(WrongUse, match="--key"):
        run(written, log, key=None)


@pytest.mark.parametrize(("lateness", "late", "matched"), [(None, 0, 2), (timedelta(hours=6), 1, 1)])
def test_late_rows_are_counted(written: Written, lateness: timedelta | None, late: int, matched: int) -> None:
    log = written(
        "a.csv",
        rows((0, "13800138000", "one.example", "", "", ""), (30_000, "13800138001", "one.example", "", "", "")),
    )
    found = run(written, log, lateness=lateness)
    assert found.document["rows"]["late"] == late
    assert found.tally.programs[0].infected.subscribers == matched


def test_damage_is_told_by_file(written: Written) -> None:
    text = rows(*((n, f"138{n:08}", "one.example", "", "", "") for n in range(3000)))
    data = gzip.compress(text.encode())
    found = run(written, written("a.csv.gz", data[: len(data) // 2]))
    source = found.document["sources"][0]
    assert "too early" in source["cut_off"]
    assert 0 < source["rows"] < 3000
    assert found.tally.programs[0].infected.subscribers == source["rows"] - source["broken"]


@pytest.mark.parametrize("name", ["x.log", "x.tsv"])
def test_a_log_nobody_can_read(written: Written, tmp_path: Path, name: str) -> None:
    with pytest.raises(WrongUse, match="neither a Zeek"):
        run(written, written(name, "a b c\n"))
    with pytest.raises(WrongUse, match="cannot be read"):
        run(written, tmp_path / "missing.log")


@pytest.mark.parametrize(
    "line",
    [
        "22-Nov-2026 12:00:00.000 client @0x7f 10.0.0.1#42 (x.one.example): query: x.one.example IN A + (10.0.0.53)",
        "[1795320000] unbound[8:0] info: 10.0.0.1 x.one.example. A IN",
        "Nov 22 12:00:00 dnsmasq[8]: query[A] X.one.example from 10.0.0.1",
    ],
)
def test_a_resolvers_queries_need_no_mapping(written: Written, line: str) -> None:
    (one,) = run(written, written("queries.log.gz", gzip.compress(f"{line}\n".encode()))).tally.programs
    assert (one.program, one.hits, one.infected.at) == ("one", 1, START + timedelta(hours=4))


def test_no_hit_is_an_empty_list_not_a_zero(written: Written) -> None:
    found = run(written, written("a.csv", rows((0, "13800138000", "fine.example", "", "", ""))))
    assert found.document["programs"] == []


def test_half_a_character_in_a_log_is_no_end(written: Written) -> None:
    row = '{"_path": "dns", "ts": %s, "id.orig_h": "10.0.0.\\ud800", "query": "one.example"}\n'
    other = row.replace("one.example", "\\udfff.example")
    found = run(written, written("dns.json", (row + other) % (stamp(0), stamp(1))), key=None)
    assert found.tally.programs[0].infected.subscribers == 1
    assert found.document["rows"] == {"read": 2, "broken": 0, "late": 0, "unmapped": 0}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(mangled(*rows((0, "13800138000", "one.example", "44", "100", "r1")).splitlines()[1:] * 3))
def test_no_row_is_fatal(written: Written, data: bytes) -> None:
    found = run(written, written("a.csv", b"t,n,h,p,f,r\n" + data))
    assert tally.read(json.loads(json.dumps(found.document))) == found.tally

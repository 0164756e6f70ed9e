import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cleannet.core.indicator import Indicator, parse
from cleannet.core.policy_file import shipped
from cleannet.edge import counting, mapping
from cleannet.edge.state import State
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats import envelope, release

Written = Callable[[str, str | bytes], Path]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LAW = shipped()["mobile_malware_2011"]
MAPPING = 'schema = 1\ntime_form = "epoch_s"\n[columns]\ntime = "t"\nnumber = "n"\nhost = "h"\n'
LOG = "t,n,h\n" + "".join(f"{int(NOW.timestamp()) - 60},138{number:08},evil.example\n" for number in range(4))


@pytest.fixture
def lists(written: Written, tmp_path: Path) -> counting.Lists:
    allow = written("allow.conf", "server=/service.example/192.0.2.1\n")
    watched = written("android_evil.txt", "evil.example\nlog.service.example\n")
    return counting.load(State(tmp_path / "state"), [watched], [allow], NOW)


def ticking() -> Iterator[datetime]:
    moment = NOW
    while True:
        yield moment
        moment += timedelta(minutes=1)


def count(written: Written, lists: counting.Lists, key: bytes = bytes(32), batch: str = "") -> counting.Counted:
    clock = ticking()
    mappings = [mapping.load(written("m.toml", MAPPING))]
    logs = [written("a.csv", LOG)]
    return counting.count(logs, lists, LAW, clock=lambda: next(clock), mappings=mappings, key=key, batch=batch)


def test_what_was_found_is_found_when_all_was_counted(written: Written, lists: counting.Lists) -> None:
    counted = count(written, lists)
    assert counted.run.tally.found_at == NOW + timedelta(minutes=1)
    assert counted.run.document["policy"] == {"id": LAW.id, "digest": LAW.digest}
    assert (counted.owed, counted.deadlines) == ((), ())
    assert "4 read" in counted.lines[0]


def test_two_keys_give_the_same_tally(written: Written, lists: counting.Lists) -> None:
    assert count(written, lists, bytes(32)).run.document == count(written, lists, bytes(range(32))).run.document


def test_a_spooled_run_is_covered(written: Written, lists: counting.Lists, tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    key = envelope.new_key().public_key()
    state.enrol("e", "P", "44", {envelope.key_id(key): key})
    assert counting.spool(state, count(written, lists).run, NOW) == 1
    assert b"a.csv" in state.heartbeat(NOW)


def test_why_a_name_is_matched_or_held(lists: counting.Lists) -> None:
    told = counting.explain("X.Evil.example.", lists, NOW)
    assert (told.name, [entry.indicator.program for entry in told.found]) == ("x.evil.example", ["evil"])
    held = counting.explain("log.service.example", lists, NOW)
    assert held.found[0].decision.holds
    assert held.decision.holds


def test_a_merge_counts_the_union_and_replaces_what_was_counted_apart(written: Written, tmp_path: Path) -> None:
    hub = envelope.new_key()
    key_id = envelope.key_id(hub.public_key())
    state = State(tmp_path / "state")
    state.enrol("e", "P", "44", {key_id: hub.public_key()})
    found = tuple(
        Indicator(parse(f"{name}.example"), program, "control", "infected", "list.txt", line)
        for line, (name, program) in enumerate((("evil", "one"), ("bad", "two"), ("unit", "unit")))
    )
    log = written("a.csv", LOG + LOG.removeprefix("t,n,h\n").replace("evil", "bad") + LOG.splitlines()[1] + "\n")
    log.write_text(log.read_text() + f"{int(NOW.timestamp())},13900000000,unit.example\n")
    totals = []
    for number, aliases in enumerate(({}, {"one": "unit", "two": "unit"}), 1):
        times = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
        made = release.Release(number, "CNCERT", "operators", *times, "name", found, aliases)
        state.take_release(release.sign(made, hub, key_id), NOW)
        lists = counting.load(state, [], [], NOW)
        mappings = [mapping.load(written("m.toml", MAPPING))]
        run = counting.count([log], lists, LAW, clock=lambda: NOW, mappings=mappings, key=bytes(32), batch="dns").run
        counting.spool(state, run, NOW)
        totals.append({one.program: one.infected.maximum for one in run.tally.programs})
    assert totals == [{"one": 4, "two": 4, "unit": 1}, {"unit": 5}]
    sent = [json.loads(json.loads(message)["payload"]) for _, message in state.waiting()]
    assert [(one["batch"], one["revision"], one["release"]) for one in sent] == [("dns", 1, 1), ("dns", 2, 2)]


def test_who_had_which_address_is_read_by_the_clock(written: Written, lists: counting.Lists) -> None:
    moment = int(NOW.timestamp())
    text = MAPPING.replace('number = "n"', 'address = "n"')
    who = 'schema = 1\nkind = "assignments"\ntime_form = "epoch_s"\n[columns]\nfrom = "t"\nto = "u"\naddress = "a"\n'
    mappings = [mapping.load(written("m.toml", text)), mapping.load(written("who.toml", who + 'number = "n"\n'))]
    rows = [f"{moment - 90},{moment},10.0.0.1,13800138000", f"{moment + 3600},,10.0.0.2,13800138001"]
    radius = written("radius.csv", "t,u,a,n\n" + "\n".join(rows))
    log = written("a.csv", f"t,n,h\n{moment - 60},10.0.0.1,evil.example\n{moment + 20},10.0.0.1,evil.example\n")
    for slack, joined in ((0, 1), (30, 2)):
        counted = counting.count(
            [log], lists, LAW, clock=lambda: NOW, mappings=mappings, key=bytes(32), assignments=[radius], slack=slack
        )
        account = counted.run.document["assignments"]
        assert (account["slack"], account["rows"]["joined"], account["rows"]["unknown"]) == (slack, joined, 2 - joined)
        assert [row["reason"] for row in account["broken"]] == ["the time lies in the future: is its time zone right?"]
        assert counted.run.tally.programs[0].infected.subscribers == 1
    with pytest.raises(WrongUse, match="--key"):
        counting.count([log], lists, LAW, clock=lambda: NOW, mappings=mappings, assignments=[radius])


def test_wrong_use_has_its_sentence(written: Written, lists: counting.Lists, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="no watchlist"):
        counting.load(State(tmp_path / "state"), [], [], NOW)
    with pytest.raises(WrongUse, match="does not grade on infected"):
        counting.count([], lists, shipped()["incident_reporting_2025"], clock=lambda: NOW)
    with pytest.raises(WrongUse, match="public suffix"):
        counting.explain("com", lists, NOW)
    assert count(written, lists, batch="13800138000".ljust(64, "a")).run.tally.batch.startswith("13800138000a")
    with pytest.raises(WrongUse, match="phone number"):
        count(written, lists, batch="of 13800138000")

import argparse
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError

from cleannet.cli.demo_bind import KEY_NAME
from cleannet.cli.demo_loopback import LoopbackNetwork
from cleannet.hub import operations
from cleannet.hub.disposal import resolution
from cleannet.hub.disposal.resolution import Primary
from cleannet.hub.jobs import tick
from cleannet.hub.jobs.lanes import LANES, Lane
from cleannet.hub.ledger import queries
from cleannet.probe.answer import Server

ENTRIES = 40


def storm(hub: Any, kills: int) -> None:
    """Kill a process that enters acts, seals and reminds, `kills` times, then let it finish."""
    chance = random.Random()
    for _ in range(kills):
        process = hub.start("enter", "c", str(ENTRIES))
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.02, 0.6))
        process.kill()
        process.communicate()
    hub.work("enter", "c", str(ENTRIES))
    count = json.loads(hub.work("count"))
    assert count["graded"] == count["duties"] == ENTRIES
    assert count["met"] == ENTRIES // 2
    assert count["acts"] == ENTRIES + ENTRIES // 2
    assert count["seals"] == count["entries"]
    assert count["unsealed"] == 0
    assert count["reminders"] == 2 * count["due"]
    assert count["reminded"] == 2 * ENTRIES
    verified = hub.cleannet("ledger", "verify", "--json")
    assert verified.returncode == 0, verified.stdout
    assert json.loads(verified.stdout)["sealed"] == count["seals"]


def test_a_process_killed_at_any_moment_loses_nothing_and_does_nothing_twice(own_hub: Any) -> None:
    storm(own_hub, 3)


@pytest.mark.all
def test_fifty_kills_lose_nothing(own_hub: Any) -> None:
    storm(own_hub, 50)


@pytest.fixture
def network() -> Iterator[LoopbackNetwork]:
    running = LoopbackNetwork("rpz.cleannet.")
    running.start()
    yield running
    running.stop()


def deliver_in_a_storm(hub: Any, network: LoopbackNetwork, orders: int, kills: int) -> None:
    """Kill a process that brings orders to the network and withdraws half of them, `kills` times, then let it finish.

    After each kill the network may lack what was not brought yet; in the end it serves exactly what stands.
    """
    hub.environ |= {
        "CLEANNET_PARTY": "cncert",
        "CLEANNET_DNS_PRIMARY": network.primary,
        "CLEANNET_DNS_ZONE": network.zone,
        "CLEANNET_DNS_KEY_NAME": KEY_NAME,
        "CLEANNET_DNS_KEY": network.secret,
    }
    hub.work("order", str(orders))
    chance = random.Random()
    withdrawn = str(orders // 2)
    for _ in range(kills):
        process = hub.start("deliver", withdrawn)
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.02, 0.4))
        process.kill()
        process.communicate()
    hub.work("deliver", withdrawn)
    count = json.loads(hub.work("count"))
    assert count["waiting"] == 0
    hosts = {f"c{number}.evil-emial.example.org" for number in range(orders)}
    standing = set(count["standing"])
    assert len(standing) == orders - orders // 2
    primary = Primary(Server("p", "127.0.0.1", network.ports[0]), network.zone, KEY_NAME, network.secret)
    served = {host for host in hosts if resolution.rule_stands(primary, host, timeout=5).verdict == "gone"}
    assert served == standing
    for entered in (count["delivered"], count["removed"]):
        assert len(set(entered)) == len(entered)
    assert standing <= set(count["delivered"])
    assert set(count["removed"]) == set(count["delivered"]) - standing
    verified = hub.cleannet("ledger", "verify", "--json")
    assert verified.returncode == 0, verified.stdout


def test_a_delivery_killed_at_any_moment_loses_nothing_and_brings_nothing_back(
    own_hub: Any, network: LoopbackNetwork
) -> None:
    deliver_in_a_storm(own_hub, network, 16, 3)


@pytest.mark.all
def test_fifty_kills_lose_no_order_and_serve_nothing_withdrawn(own_hub: Any, network: LoopbackNetwork) -> None:
    deliver_in_a_storm(own_hub, network, 600, 50)


def look_in_a_storm(hub: Any, network: LoopbackNetwork, orders: int, kills: int) -> None:
    """Kill a process that looks whether names are gone, `kills` times, then let it finish."""
    hub.environ |= {
        "CLEANNET_PARTY": "cncert",
        "CLEANNET_DNS_RESOLVERS": f"op1/甲={network.resolvers[0]},op2/乙=127.0.0.1:1",
        "CLEANNET_DNS_SECONDS": "1",
        "CLEANNET_PROBE_SECONDS": "1",
    }
    hub.work("order", str(orders))
    hub.work("look")
    chance = random.Random()
    for _ in range(kills):
        process = hub.start("probe")
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.02, 0.4))
        process.kill()
        process.communicate()
    hub.work("probe")
    seen = json.loads(hub.work("count"))["seen"]
    assert sorted(seen) == sorted(f"c{number}.evil-emial.example.org 甲" for number in range(orders))


def test_a_look_killed_at_any_moment_is_kept_exactly_once(own_hub: Any, network: LoopbackNetwork) -> None:
    look_in_a_storm(own_hub, network, 40, 3)


@pytest.mark.all
def test_fifty_kills_keep_each_look_exactly_once(own_hub: Any, network: LoopbackNetwork) -> None:
    look_in_a_storm(own_hub, network, 300, 50)


def write_together(hub: Any, seconds: float) -> None:
    writers = [hub.start("write", f"w{number}", str(seconds)) for number in range(4)]
    written = 0
    for writer in writers:
        out, err = writer.communicate(timeout=seconds + 120)
        assert writer.returncode == 0, err
        assert "locked" not in err
        written += int(out.split()[-1])
    count = json.loads(hub.work("count"))
    assert count["graded"] == count["duties"] == written
    assert written >= 4


def test_four_writers_do_not_lock_each_other_out(own_hub: Any) -> None:
    write_together(own_hub, 5)


@pytest.mark.all
def test_four_writers_for_a_minute(own_hub: Any) -> None:
    write_together(own_hub, 60)


@pytest.mark.django_db
def test_a_lane_that_fails_is_noted_and_stops_no_other() -> None:
    done = []

    def fail(_now: datetime) -> int:
        raise RuntimeError("the disk is full")

    def work(now: datetime) -> int:
        done.append(now)
        return 1 if len(done) < 3 else 0

    assert tick.once([Lane("bad", 1, fail), Lane("good", 1, work)]) == 1
    assert len(done) == 3
    health = queries.health(now=datetime.now(UTC))
    assert health.failures == {"bad": "RuntimeError"}
    assert "The lane bad failed: RuntimeError; the log says more." in health.alarms
    assert tick.come_round(Lane("bad", 1, lambda _now: 0)) == 0
    assert queries.health(now=datetime.now(UTC)).failures == {}


def test_a_lane_whose_rounds_cannot_be_noted_comes_round_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite says “database is locked” wherever it likes, also where the round is noted."""
    stop, rounds, closed = threading.Event(), [], []

    def locked(*_: object, **__: object) -> None:
        raise OperationalError("database is locked")

    def work(now: datetime) -> int:
        rounds.append(now)
        if len(rounds) == 3:
            stop.set()
        return 0

    monkeypatch.setattr(tick.beats, "expect", lambda *_, **__: None)
    monkeypatch.setattr(tick.beats, "note", locked)
    monkeypatch.setattr(tick, "connection", SimpleNamespace(close=lambda: closed.append(len(rounds))))
    assert tick.run(stop, [Lane("locked", 0, work)])
    assert len(rounds) == 3
    assert closed[:3] == [1, 2, 3]


def test_a_lane_that_ends_all_the_same_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(_now: datetime) -> int:
        raise SystemExit(3)

    monkeypatch.setattr(tick.beats, "expect", lambda *_, **__: None)
    monkeypatch.setattr(tick.beats, "note", lambda *_, **__: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    stop = threading.Event()
    assert not tick.run(stop, [Lane("ends", 60, end), Lane("goes on", 60, lambda _now: 0)])
    assert stop.is_set()
    monkeypatch.setattr(tick, "run", lambda _stop: False)
    assert operations.tick(argparse.Namespace(once=False, with_parent=False)) == 1
    monkeypatch.setattr(tick, "run", lambda _stop: True)
    assert operations.tick(argparse.Namespace(once=False, with_parent=False)) == 0


def test_once_does_what_is_ready_and_ends(own_hub: Any) -> None:
    own_hub.work("write", "w", "0.1")
    once = own_hub.cleannet("hub", "tick", "--once")
    assert once.returncode == 0, once.stderr
    assert json.loads(own_hub.work("count"))["unsealed"] == 0


def test_ends_when_its_parent_is_gone(own_hub: Any) -> None:
    own_hub.work("write", "w", "0.1")
    command = (
        f"{sys.executable} -c 'import sys; from cleannet.cli import main; sys.exit(main())' hub tick --with-parent"
    )
    parent = subprocess.Popen(
        ["sh", "-c", f"{command} >/dev/null 2>&1 & echo $!; exec sleep 600"],
        env=own_hub.environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    deadline = time.monotonic() + 60
    while json.loads(own_hub.work("count"))["unsealed"]:
        assert time.monotonic() < deadline, "tick seals nothing"
    parent.kill()
    parent.communicate()
    while running(child):
        assert time.monotonic() < deadline, "tick outlives its parent"
        time.sleep(0.1)


def running(process: int) -> bool:
    """Return whether a process runs; one that ended but that nobody has waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_lane_that_hardly_rests_notes_little(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, rounds, noted = threading.Event(), [], []

    def work(_now: datetime) -> int:
        rounds.append(1)
        if len(rounds) == 20:
            stop.set()
        return 0

    monkeypatch.setattr(tick.beats, "expect", lambda *_, **__: None)
    monkeypatch.setattr(tick.beats, "note", lambda *_, **__: noted.append(1))
    assert tick.run(stop, [Lane("quick", 0.01, work)])
    assert (len(rounds), len(noted)) == (20, 1)


def test_every_lane_has_a_name_of_its_own() -> None:
    assert len({lane.name for lane in LANES}) == len(LANES)

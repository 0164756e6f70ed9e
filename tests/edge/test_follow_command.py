import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.edge.conftest import LoopbackHub, Run
from tests.edge.test_following import NUMBERS

from cleannet.edge import follow_command
from cleannet.edge.days import day_of
from cleannet.edge.kept import Kept


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "android_evil.txt").write_text("evil.example\n")
    (tmp_path / "m.toml").write_text(NUMBERS)
    (tmp_path / "k.key").write_text("ab" * 32 + "\n")
    (tmp_path / "k.key").chmod(0o600)
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


def rows(first: int, count: int, fen: str = "") -> str:
    now = int(time.time()) - 60
    return "".join(f"{now},138{number:08},x.evil.example,{fen},{number}\n" for number in range(first, first + count))


def options(folder: Path) -> list[object]:
    lists = ["--watchlist", folder / "android_evil.txt", "--mapping", folder / "m.toml", "--key", folder / "k.key"]
    return ["follow", folder / "logs", *lists]


def command(folder: Path) -> list[str]:
    words = [Path(sys.executable).with_name("cleannet"), "edge", *options(folder), "--state", folder / "state"]
    return [str(word) for word in words]


def test_what_is_there_is_read_counted_and_said(
    edge: Run, logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (logs / "a.csv").write_text("t,n,h,f,r\n" + rows(0, 3))
    assert edge(*options(tmp_path), "--once") == 0
    out, err = capsys.readouterr()
    assert f"{logs}/a.csv: 3 rows, 0 broken, 0 late, 3 matched\n" in out
    assert "evil" in out.splitlines()[-1]
    assert err == ""
    assert not list((tmp_path / "state").glob("spool/*"))
    assert edge(*options(tmp_path), "--once") == 0
    assert "a.csv" not in capsys.readouterr().out


def test_tallies_are_spooled_and_sent(
    edge: Run, hub: LoopbackHub, logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hub.pub").write_text(hub.keys)
    (tmp_path / "token").write_text("t\n")
    (tmp_path / "token").chmod(0o600)
    who = ["--edge", "e", "--party", "OPERATOR-A", "--hub-key", tmp_path / "hub.pub"]
    assert edge("enrol", *who) == 0
    (logs / "a.csv").write_text("t,n,h,f,r\n" + rows(0, 10_001))
    to = ["--hub", hub.url, "--token-file", tmp_path / "token"]
    hub.status = 503
    assert edge(*options(tmp_path), "--once", *to) == 0
    out, err = capsys.readouterr()
    assert "较大" in out
    assert "tallies waiting in the spool: 1" in err
    hub.status = 0
    with (logs / "a.csv").open("a") as file:
        file.write(rows(0, 2) + "1,2\n")
    assert edge(*options(tmp_path), "--once", *to) == 0
    out, err = capsys.readouterr()
    assert "较大" not in out
    assert err == ""
    assert [path for _, path, *_ in hub.requests] == ["/api/v1/tallies"] * 3
    assert not list((tmp_path / "state" / "spool").iterdir())


def test_what_is_said_as_json(edge: Run, logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (logs / "a.csv").write_text("t,n,h,f,r\n" + rows(0, 10_001) + "x\n")
    assert edge(*options(tmp_path), "--once", "--json") == 0
    read, *days = map(json.loads, capsys.readouterr().out.splitlines())
    assert (read["log"], read["rows"], read["broken"], read["matched"]) == (f"{logs}/a.csv", 10_002, 1, 10_001)
    (owed,) = [item for day in days for item in day["owed"]]
    assert (owed["program"], owed["grade"], owed["duties"][0]["expects"]) == ("evil", "III", "incident.reported")
    assert owed["duties"][0]["due"].endswith("+08:00")
    assert sum(one["hits"] for day in days for one in day["tally"]["programs"]) == 10_001


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--hub", "https://hub.example"], "go together"),
        (["--spool"], "cleannet edge enrol"),
        (["--time-zone", "Mars"], "time zone"),
        (["--batch", "13800138000"], "could be a phone number"),
        (["--policy", "incident_reporting_2025"], "does not grade"),
        (["--metrics", "x"], "HOST:PORT"),
    ],
)
def test_wrong_use(
    edge: Run, logs: Path, tmp_path: Path, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert edge(*options(tmp_path), "--once", *arguments) == 2
    assert sentence in capsys.readouterr().err


def test_a_new_key_is_taken_on(edge: Run, logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "new.key").write_text("cd" * 32 + "\n")
    (tmp_path / "new.key").chmod(0o600)
    keys = ["--key", tmp_path / "k.key", "--new-key", tmp_path / "new.key"]
    assert edge("rekey", *keys) == 2
    (logs / "a.csv").write_text("t,n,h,f,r\n" + rows(0, 5))
    assert edge(*options(tmp_path), "--once") == 0
    with (logs / "a.csv").open("a") as file:
        file.write(rows(3, 5))
    assert edge(*options(tmp_path), "--once", "--key", tmp_path / "new.key") == 2
    assert "cleannet edge rekey" in capsys.readouterr().err
    assert edge("rekey", *keys) == 0
    assert edge(*options(tmp_path), "--once", "--key", tmp_path / "new.key") == 0
    assert capsys.readouterr().out.splitlines()[-1].split()[:4] == ["evil", "10", "8", "8"]


@pytest.mark.parametrize("arguments", [["--lateness", "0"], ["--poll", "-1"], ["--every", "x"]])
def test_figures_out_of_range(edge: Run, tmp_path: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        edge(*options(tmp_path), *arguments)


def test_without_a_key_nothing_is_kept(edge: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edge(*options(tmp_path)[:-2], "--once") == 2
    assert "cleannet edge key" in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


def test_what_could_not_be_read_shows_in_the_exit_status(edge: Run, logs: Path, tmp_path: Path) -> None:
    (logs / "a.csv").write_text("t,n,h,f,r\n" + rows(0, 3))
    (logs / "junk.bin").write_bytes(b"\0\1")
    assert edge(*options(tmp_path), "--once") == 1


def test_batches_keep_their_name(edge: Run, logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edge(*options(tmp_path), "--once") == 0
    assert edge(*options(tmp_path), "--once", "--batch", "other") == 2
    assert "--batch" in capsys.readouterr().err


def test_lists_that_cannot_be_read_any_more_stop_nothing(running: "Running", logs: Path, tmp_path: Path) -> None:
    (logs / "a.csv").write_text("t,n,h,f,r\n" + rows(0, 3))
    running.wait_for("3 matched")
    (tmp_path / "android_evil.txt").unlink()
    running.wait_for("going on with the lists as they were")
    with (logs / "a.csv").open("a") as file:
        file.write(rows(3, 4))
    running.wait_for("4 matched")


def test_two_do_not_follow_at_once(edge: Run, logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "state").mkdir()
    with follow_command._alone(tmp_path / "state"):
        assert edge(*options(tmp_path), "--once") == 2
    assert "another" in capsys.readouterr().err


class Running:
    """Run the command as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [*command(folder), "--poll", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_for(self, text: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if text in line:
                return line
        raise AssertionError(f"ended without {text}")

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        self.process.communicate()
        return self.process.returncode


@pytest.fixture
def running(logs: Path, tmp_path: Path) -> Iterator[Running]:
    started = Running(tmp_path)
    yield started
    if started.process.poll() is None:
        started.end(signal.SIGKILL)


def test_growing_logs_are_followed_until_it_is_told_to_end(running: Running, logs: Path, tmp_path: Path) -> None:
    (logs / "a.csv").write_text("t,n,h,f,r\n" + rows(0, 3))
    running.wait_for("3 matched")
    with (logs / "a.csv").open("a") as file:
        file.write(rows(3, 4))
    running.wait_for("4 matched")
    (tmp_path / "android_evil.txt").write_text("other.example\n")
    time.sleep(0.1)
    with (logs / "a.csv").open("a") as file:
        file.write(rows(7, 2))
    running.wait_for("2 rows, 0 broken, 0 late, 0 matched")
    assert running.end(signal.SIGTERM) == 0


def test_a_signal_ends_the_wait() -> None:
    with follow_command._stopped() as stop:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
        before = time.monotonic()
        stop.wait(60)
        assert (stop.is_set, time.monotonic() - before < 30) == (True, True)


def _storm(folder: Path, kills: int) -> None:
    """Kill the command again and again while logs grow and rotate, and compare with what was written."""
    chance = random.Random(545)
    log, written, rotated = folder / "logs" / "a.csv", 0, 0
    log.write_text("t,n,h,f,r\n")
    for _ in range(kills):
        started = Running(folder)
        for _ in range(chance.randrange(3)):
            count = chance.randrange(1, 400)
            with log.open("a") as file:
                file.write(rows(written, count, "1"))
            written += count
            time.sleep(chance.random() * 0.3)
        if chance.random() < 0.2:
            log.rename(folder / "logs" / f"a.{rotated}.csv")
            rotated += 1
            log.write_text("t,n,h,f,r\n")
        time.sleep(chance.random() * 1.2)
        started.end(signal.SIGKILL)
    started = subprocess.run([*command(folder), "--once"], capture_output=True, text=True, check=False)
    assert started.returncode == 0, started.stderr
    kept = Kept(folder / "state" / "counted.db")
    today = day_of(int(time.time() * 1e6))
    days = {day: kept.programs(day) for day in (today - 1, today, today + 1)}
    assert sum(one.hits for programs in days.values() for one in programs) == written
    assert kept.loss() == {"evil": written}
    assert max(one.infected.maximum for programs in days.values() for one in programs) == written
    assert sum(kept_log.source.rows for kept_log in kept.logs()) == written
    assert sum(kept_log.source.broken for kept_log in kept.logs()) == 0
    kept.close()


def test_a_few_kills_lose_and_double_nothing(logs: Path, tmp_path: Path) -> None:
    _storm(tmp_path, 3)


@pytest.mark.all
def test_a_hundred_kills_lose_and_double_nothing(logs: Path, tmp_path: Path) -> None:
    _storm(tmp_path, 100)

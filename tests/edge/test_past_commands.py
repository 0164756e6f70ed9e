import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.edge.conftest import Run
from tests.edge.test_follow_command import logs, options, rows

from cleannet.core.clock import BEIJING

__all__ = ["logs"]


def told_of(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if "Not covered" not in line]


def test_what_was_followed_is_ranked(edge: Run, logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edge("report") == 2
    assert "nothing was counted here" in capsys.readouterr().err
    (logs / "a.csv").write_text("t,n,h,f,r\n" + rows(0, 3))
    assert edge(*options(tmp_path), "--once") == 0
    capsys.readouterr()
    assert edge("report", "--days", 2) == 0
    printed = capsys.readouterr().out
    assert "evil.example of evil: 3 rows" in printed
    assert "evil: infected 3, provinces not told" in printed
    assert edge("report", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert [(one["program"], one["infected"]["subscribers"]) for one in document["programs"]] == [("evil", 3)]
    assert len(document["without_rows"]) >= 28


def test_kept_logs_are_hunted_through(
    edge: Run, logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = int(time.time())
    (logs / "today.csv").write_text("t,n,h,f,r\n" + rows(0, 3))
    ago = now - 3 * 86_400
    (logs / "deep").mkdir()
    (logs / "deep" / "before.csv").write_text(f"t,n,h,f,r\n{ago},13800000009,evil.example,,1\n1,13800000001,x,,2\n")
    (logs / "old.csv").write_text("no log of any kind")
    os.utime(logs / "old.csv", (now - 10 * 86_400,) * 2)
    hunt = ["hunt", *options(tmp_path)[1:], "--days", 5]
    assert edge(*hunt) == 0
    printed = capsys.readouterr()
    today = datetime.fromtimestamp(now - 60, UTC).astimezone(BEIJING).date()
    assert "2 logs, and 1 that are older" in printed.out
    assert f"Not covered, as no log holds a row of them: {today - timedelta(days=4)}" in printed.out
    assert f"evil.example of evil: 4 rows, {today - timedelta(days=3)} to {today}" in printed.out
    assert "5 read, 0 broken, 1 late" in printed.out
    assert edge(*hunt, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["programs"][0]["infected"]["subscribers"] == 4
    assert str(today) not in document["hunt"]["without_rows"]
    assert len(document["hunt"]["without_rows"]) == 3


def test_a_log_that_cannot_be_read_does_not_stop_the_hunt(
    edge: Run, logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (logs / "a.log").write_text("no log of any kind")
    (logs / "b.csv").write_text("a,b\n1,2\n")
    (logs / "c.csv").write_text("t,n,h,f,r\n" + rows(0, 3))
    assert edge("hunt", logs / "none", *options(tmp_path)[1:]) == 1
    printed = capsys.readouterr()
    assert "evil.example of evil: 3 rows" in printed.out
    assert "a.log: neither a Zeek" in printed.err
    assert "b.csv" in printed.err
    assert "none: is not there" in printed.err


def test_logs_of_numbers_and_of_addresses_are_hunted_apart(
    edge: Run, logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (logs / "c.csv").write_text("t,n,h,f,r\n" + rows(0, 3))
    (logs / "d.json").write_text(json.dumps({"ts": time.time() - 9, "id.orig_h": "192.0.2.1", "query": "x"}) + "\n")
    assert edge("hunt", *options(tmp_path)[1:]) == 2
    assert "count them in separate runs" in capsys.readouterr().err

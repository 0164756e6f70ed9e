import json
from pathlib import Path

import pytest
from tests.edge.conftest import Run
from tests.edge.test_follow_command import options, rows
from tests.edge.test_following import NUMBERS


@pytest.fixture
def advice(tmp_path: Path) -> Path:
    path = tmp_path / "advice.txt"
    path.write_text("卸载该程序。\n")
    return path


def follow(edge: Run, folder: Path, mapping: str = NUMBERS) -> int:
    """Follow three infected subscribers."""
    (folder / "android_evil.txt").write_text("evil.example\n")
    (folder / "m.toml").write_text(mapping)
    (folder / "k.key").write_text("ab" * 32 + "\n")
    (folder / "k.key").chmod(0o600)
    (folder / "logs").mkdir()
    (folder / "logs" / "a.csv").write_text("t,n,h,f,r\n" + rows(0, 3))
    return edge(*options(folder), "--once")


def test_whom_to_warn_and_whom_it_reached(
    edge: Run, tmp_path: Path, advice: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert follow(edge, tmp_path) == 0
    out, receipts = tmp_path / "list.csv", tmp_path / "receipts.csv"
    ask = ["notify-list", "evil", "--advice", advice, "--key", tmp_path / "k.key", "--out", out, "--days", "2"]
    assert edge(*ask) == 0
    assert out.read_text().splitlines() == [
        "number,program,advice",
        *(f"+86138{n:08},evil,卸载该程序。" for n in range(3)),
    ]
    assert edge(*ask) == 2
    receipts.write_text("number,state\n13800000000,ok\n13800000001,UNDELIV\n")
    told = ["told", out, receipts, "--status", "state"]
    assert edge(*told, "--means", "OK=told", "--json") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out.splitlines()[-1]) == {
        "told": 1, "sent": 0, "failed": 1, "refused": 0, "without": 1, "strange": 0, "unread": 0,
    }  # fmt: skip
    assert edge(*told) == 0
    assert edge(*told, "--means", "OK=fine") == 2
    printed = capsys.readouterr()
    assert "Told: 0." in printed.out
    assert "1 rows without" in printed.out
    assert "138000" not in printed.out + printed.err


def test_other_programs_are_left_out_and_days_must_be(edge: Run, tmp_path: Path, advice: Path) -> None:
    out = tmp_path / "list.csv"
    how = ["--advice", advice, "--out", out, "--key", tmp_path / "k.key"]
    assert edge("key", tmp_path / "k.key") == 0
    assert edge("notify-list", "evil", *how) == 2
    assert follow(edge, tmp_path) == 0
    with pytest.raises(SystemExit):
        edge("notify-list", "evil", "--days", "0", *how)
    assert edge("notify-list", "evil", *how[2:], "--advice", tmp_path / "gone") == 2
    assert edge("notify-list", "other", "--days", "2", *how) == 0
    assert out.read_text() == "number,program,advice\n"


def test_subscribers_that_are_addresses_cannot_be_written_to(
    edge: Run, tmp_path: Path, advice: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert follow(edge, tmp_path, NUMBERS.replace("number =", "address =")) == 0
    out = tmp_path / "list.csv"
    ask = ["notify-list", "evil", "--days", "2", "--advice", advice, "--out", out]
    assert edge(*ask, "--key", tmp_path / "k.key") == 2
    assert "by address" in capsys.readouterr().err
    assert not out.exists()
    (tmp_path / "k.key").write_text("cd" * 32)
    assert edge(*ask, "--key", tmp_path / "k.key") == 2
    assert "not so under this key" in capsys.readouterr().err

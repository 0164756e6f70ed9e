import json
from pathlib import Path

import pytest
from tests.edge.conftest import LoopbackHub, Run
from tests.edge.test_follow_command import logs, options, rows

from cleannet.core.tally import to_micros
from cleannet.edge.days import date_of, day_of
from cleannet.edge.interface import now
from cleannet.edge.state import State

__all__ = ["logs"]


def today() -> str:
    return str(date_of(day_of(to_micros(now()))))


def request(folder: Path, program: str = "evil") -> list[object]:
    keys = ["--key", folder / "k.key", "--shared-key", folder / "shared.key"]
    days = ["--first", date_of(day_of(to_micros(now())) - 1), "--last", today()]
    return ["tokens", program, "--request", "CNCERT-2026-1", *days, *keys]


@pytest.fixture
def enrolled(edge: Run, hub: LoopbackHub, logs: Path, tmp_path: Path) -> str:
    (tmp_path / "hub.pub").write_text(hub.keys)
    assert edge("enrol", "--edge", "e", "--party", "OPERATOR-A", "--hub-key", tmp_path / "hub.pub") == 0
    (tmp_path / "shared.key").write_text("cd" * 32)
    (tmp_path / "shared.key").chmod(0o600)
    (tmp_path / "edges.pub").write_text(State(tmp_path / "state").public_key() + "\n")
    return "OPERATOR-A"


def test_two_operators_are_counted_together(
    edge: Run, enrolled: str, logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (logs / "a.csv").write_text("t,n,h,f,r\n" + rows(0, 6000))
    assert edge(*options(tmp_path), "--once") == 0
    assert edge(*request(tmp_path), "--out", tmp_path / "a.tokens") == 0
    # Another operator, with a key of its own: 2,000 numbers are at both.
    (tmp_path / "state").rename(tmp_path / "other")
    assert edge("enrol", "--edge", "f", "--party", "OPERATOR-B", "--hub-key", tmp_path / "hub.pub") == 0
    with (tmp_path / "edges.pub").open("a") as file:
        file.write(State(tmp_path / "state").public_key() + "\n")
    (tmp_path / "k.key").write_text("ef" * 32)
    (logs / "a.csv").write_text("t,n,h,f,r\n" + rows(4000, 6000))
    assert edge(*options(tmp_path), "--once") == 0
    assert edge(*request(tmp_path), "--out", tmp_path / "b.tokens") == 0
    assert "tokens of 6000 subscribers" in capsys.readouterr().out
    answers = [tmp_path / "a.tokens", tmp_path / "b.tokens"]
    assert all(b"138000" not in path.read_bytes() for path in answers)
    assert edge("union", *answers, "--edge-keys", tmp_path / "edges.pub") == 0
    printed = capsys.readouterr().out
    assert "10000 together, 2000 of them at several operators" in printed
    assert "at most 10000 in any 24 hours" in printed
    assert "more than" not in printed
    assert edge("union", *answers, "--edge-keys", tmp_path / "edges.pub", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["infected"]["maximum_24h"], told["infected"]["at_several"]) == (10_000, 2000)
    assert edge("union", answers[0], *answers, "--edge-keys", tmp_path / "edges.pub") == 2
    assert "answers twice" in capsys.readouterr().err
    assert edge("union", answers[0], tmp_path / "none", "--edge-keys", tmp_path / "edges.pub") == 2
    assert "none: cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (["--request", "short"], "8 to 64"),
        (["--first", "2026-11-20", "--last", "2026-11-19"], "lies before"),
        (["--first", "2016-01-01"], "more than 3650 days"),
        (["--key", "shared.key"], "not so under this key"),
    ],
)
def test_wrong_use(
    edge: Run,
    enrolled: str,
    logs: Path,
    tmp_path: Path,
    change: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    changed = [tmp_path / word if word.endswith(".key") else word for word in change]
    assert edge(*request(tmp_path), "--out", tmp_path / "a.tokens") == 2
    assert "nothing was counted here" in capsys.readouterr().err
    (logs / "a.csv").write_text("t,n,h,f,r\n" + rows(0, 3))
    assert edge(*options(tmp_path), "--once") == 0
    assert edge(*request(tmp_path, "other"), "--out", tmp_path / "a.tokens") == 2
    assert "“other” was not counted here" in capsys.readouterr().err
    assert edge(*request(tmp_path), "--out", tmp_path / "a.tokens", *changed) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "a.tokens").exists()
    with pytest.raises(SystemExit):
        edge(*request(tmp_path), "--out", "x", "--first", "yesterday")

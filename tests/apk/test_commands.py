import argparse
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.apk.made_apk import write_apk

from cleannet.apk import commands, jail

Run = Callable[..., int]


@pytest.fixture
def run() -> Run:
    """Return a function that runs `cleannet apk …` and returns the exit status."""
    parser = argparse.ArgumentParser()
    commands.register(parser.add_subparsers())

    def run(*arguments: object) -> int:
        options = parser.parse_args(["apk", *map(str, arguments)])
        status: int = options.run(options)
        return status

    return run


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "sample.apk"
    path.write_bytes(write_apk())
    return path


@pytest.mark.needs("bwrap")
def test_a_sample_is_assessed(run: Run, sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", sample) == 0
    out = capsys.readouterr().out
    assert "样本 Sample: sample.apk (apk" in out
    assert "8 流氓行为" in out


def test_the_json_form_has_its_number_and_all_eight(run: Run, sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", sample, "--json", "--jail", "rlimits") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["name"], len(told["behaviours"])) == (1, "sample.apk", 8)
    assert told["addresses"][0]["reason"] == "not_listed"


def test_an_allow_list_is_heard_and_what_it_does_not_say_is_told(
    run: Run, sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "allow.txt").write_text("control.example.cn\nnot a name\n")
    assert run("assess", sample, "--json", "--jail", "rlimits", "--allow", tmp_path / "allow.txt") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["addresses"][0]["list"] == "allow.txt:1"
    assert "Not understood in an allow-list: allow.txt:2" in err


def test_without_a_jail_it_refuses(
    run: Run, sample: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(jail.shutil, "which", lambda name: None)
    assert run("assess", sample) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "so no sample is opened. Install it, or choose the weaker jail: --jail rlimits" in err


def test_wrong_use_is_a_sentence(run: Run, sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", tmp_path / "none.apk") == 2
    assert run("assess", sample, "--allow", tmp_path / "none.txt") == 2
    assert run("assess", tmp_path) == 2
    assert capsys.readouterr().err.count("cleannet apk assess: ") == 3


def test_a_sample_of_which_nothing_could_be_said_is_not_done(
    run: Run, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # So little memory that Python itself does not start.
    assert run("assess", sample, "--jail", "rlimits", "--memory", "20", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["digests"] is None
    assert told["not_read"][0]["part"] == "start"


@pytest.mark.parametrize("text", ["0", "-1", "x", "99999999"])
def test_a_count_is_in_digits(run: Run, sample: Path, text: str) -> None:
    with pytest.raises(SystemExit) as caught:
        run("assess", sample, "--seconds", text)
    assert caught.value.code == 2


def test_without_its_readers_it_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError) as caught:
        commands.register(argparse.ArgumentParser().add_subparsers())
    assert caught.value.name == "apkInspector"

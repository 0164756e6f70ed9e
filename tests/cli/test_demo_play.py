import argparse
import io
from pathlib import Path

import pytest
from pytest_django import Settings

from cleannet.cli import demo_play
from cleannet.cli.demo_server import ServerFailed
from cleannet.cli.demo_stage import StoryFailed
from cleannet.core.refusal import Refusal
from cleannet.hub import operations


@pytest.mark.parametrize(
    "error", [StoryFailed("the grade: IV instead of III"), ServerFailed("it said: no"), Refusal("order.unknown")]
)
def test_what_goes_wrong_is_a_sentence_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def fail(_options: argparse.Namespace) -> int:
        raise error

    monkeypatch.setattr(demo_play, "_play", fail)
    assert demo_play.play(argparse.Namespace()) == 1
    assert str(error) in capsys.readouterr().err


def test_it_says_where_it_serves_and_hands_over(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.CLEANNET_BIND = "127.0.0.1:8123"
    monkeypatch.setattr(operations, "serve", lambda _options: 5)
    assert demo_play.serve(argparse.Namespace()) == 5
    assert "http://127.0.0.1:8123" in capsys.readouterr().out


@pytest.mark.parametrize(("terminal", "said"), [(True, "… making the hub\n"), (False, "")])
def test_progress_is_shown_on_a_terminal_only(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, terminal: bool, said: str
) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    settings.CLEANNET_DATA = tmp_path / "nowhere" / "hub"
    with pytest.raises(FileNotFoundError):
        demo_play._play(argparse.Namespace(folder=tmp_path))
    assert screen.getvalue() == said

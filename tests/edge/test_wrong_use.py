from collections.abc import Callable
from pathlib import Path

import pytest

from cleannet.edge.rows import BadRow
from cleannet.edge.wrong_use import WrongUse

Written = Callable[[str, str | bytes], Path]


def test_wrong_use_is_never_taken_for_a_broken_row() -> None:
    assert not issubclass(WrongUse, ValueError)
    assert not issubclass(BadRow, WrongUse)


def test_wrong_use_ends_with_its_sentence_and_status_2(
    edge: Callable[..., int], written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    log = written("x.log", "something else\n")
    watchlist = written("w.txt", "evil.example\n")
    assert edge("detect", log, "--watchlist", watchlist) == 2
    assert "neither a Zeek dns.log nor http.log" in capsys.readouterr().err

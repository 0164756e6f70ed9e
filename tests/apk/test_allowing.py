from datetime import UTC, datetime
from pathlib import Path

import pytest

from cleannet.apk import allowing
from cleannet.core.indicator import parse

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def test_the_shipped_list_holds_names_of_ordinary_libraries() -> None:
    lists, left_out = allowing.load([])
    assert left_out == []
    decision = lists.decide(parse("schemas.android.com"), NOW)
    assert (decision.verdict, decision.list) == ("hold", "names in ordinary libraries")


def test_lists_come_from_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_text("one.example.cn\n")
    (tmp_path / "folder" / "note.md").write_text("two.example.cn\n")
    (tmp_path / "b.list").write_text("three.example.cn\nnot a name\n")
    lists, left_out = allowing.load([tmp_path / "folder", tmp_path / "b.list"])
    held = [name for name in ("one", "two", "three") if lists.decide(parse(f"{name}.example.cn"), NOW).holds]
    assert held == ["one", "three"]
    assert left_out == ["b.list:2: neither a name nor an address nor a network"]


def test_a_path_that_is_not_there_or_holds_no_list_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="none"):
        allowing.load([tmp_path / "none.txt"])
    with pytest.raises(ValueError, match="no file in this folder ends in"):
        allowing.load([tmp_path])

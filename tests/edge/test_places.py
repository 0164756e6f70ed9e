import os
from pathlib import Path

from cleannet.edge.places import logs_in


def test_folders_are_looked_through_and_hidden_files_are_not(tmp_path: Path) -> None:
    for number, name in enumerate(("b.log", "deep/er/a.log", ".hidden", ".git/c.log", "deep/.swp")):
        path = tmp_path / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (100 - number, 100 - number))
    (tmp_path / "one.log").touch()
    said: list[str] = []
    found = logs_in([tmp_path / "logs", tmp_path / "one.log", tmp_path / "none"], said.append)
    assert [path.name for path, _ in found] == ["a.log", "b.log", "one.log"]
    assert said == [f"{tmp_path}/none: is not there"]


def test_a_log_with_two_names_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.log").touch()
    os.link(tmp_path / "a.log", tmp_path / "b.log")
    assert len(logs_in([tmp_path, tmp_path / "a.log"], print)) == 1


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert logs_in([tmp_path], print) == []

"""Files stay small enough to read."""

from collections.abc import Mapping
from pathlib import Path

WANTED, REFUSED = 300, 500
COUNTED = {".py", ".html", ".css", ".js", ".typ", ".sh"}

# Files above what is wanted, with the most lines each may have. Numbers only go down, entries only go away.
LONG: Mapping[str, int] = {}


def lines(texts: Mapping[Path, str]) -> dict[str, int]:
    return {
        str(path): len(text.splitlines())
        for path, text in texts.items()
        if (path.suffix in COUNTED or path.parts[0] == "script") and "migrations" not in path.parts
    }


def test_no_file_is_refused(texts: Mapping[Path, str]) -> None:
    assert {path: count for path, count in lines(texts).items() if count > REFUSED} == {}


def test_no_file_is_longer_than_wanted_or_than_it_was(texts: Mapping[Path, str]) -> None:
    assert {path: count for path, count in lines(texts).items() if count > LONG.get(path, WANTED)} == {}


def test_the_list_of_long_files_only_shrinks(texts: Mapping[Path, str]) -> None:
    counted = lines(texts)
    assert [path for path in LONG if counted.get(path, 0) <= WANTED] == []

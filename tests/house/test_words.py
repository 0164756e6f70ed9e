"""Names say what a thing is; an incident, an entry or an order is never called an event."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

BANNED = frozenset(["util", "helper", "common", "manager", "service", "handler", "processor", "misc", "event"])
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
PEOPLE_READ = {".md", ".html", ".po", ".txt", ".toml", ".typ"}
EVENT = re.compile(r"\bevents?\b", re.IGNORECASE)

# A name that another program prescribes, and which. This list only shrinks.
PRESCRIBED: Mapping[str, str] = {}
# A text in which the word is another program's, and whose.
ANOTHERS_WORD: Mapping[str, str] = {}


def banned_in(name: str) -> list[str]:
    """Return the banned words that `name` is made of, also in the plural."""
    words = [word.lower() for word in WORD.findall(name)]
    return [word for word in words if word in BANNED or word.removesuffix("s") in BANNED]


def names_in(path: Path, tree: ast.Module) -> Iterator[str]:
    yield from path.parts[:-1]
    yield path.stem
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("file_utils", ["utils"]),
        ("EventStore", ["event"]),
        ("MISPEvent", ["event"]),
        ("serviceDesk", ["service"]),
        ("eventual", []),
        ("Handle", []),
        ("in_common_use", ["common"]),
    ],
)
def test_names_are_split_into_words(name: str, expected: list[str]) -> None:
    assert banned_in(name) == expected


def test_no_name_has_a_banned_word(trees: Mapping[Path, ast.Module]) -> None:
    found = {
        f"{path}: {name}"
        for path, tree in trees.items()
        for name in names_in(path, tree)
        if banned_in(name) and name not in PRESCRIBED and not name.startswith("test_")
    }
    assert found == set()


def test_no_file_or_folder_has_a_banned_word(tracked: tuple[Path, ...]) -> None:
    assert [str(path) for path in tracked if any(banned_in(part) for part in (*path.parts[:-1], path.stem))] == []


def test_no_text_for_people_says_event(texts: Mapping[Path, str]) -> None:
    found = [
        f"{path}:{number}: {line.strip()}"
        for path, text in texts.items()
        if path.suffix in PEOPLE_READ and str(path) not in ANOTHERS_WORD
        for number, line in enumerate(text.splitlines(), 1)
        if EVENT.search(line)
    ]
    assert found == []

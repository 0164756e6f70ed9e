"""A silenced check says why; nothing catches everything below the interface."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

SILENCED = re.compile(r"#\s*(noqa|type:\s*ignore|pragma:|pyright:|nosec)", re.IGNORECASE)
REASONED = re.compile(
    r"# (?:noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)*|type: ignore\[[a-z-]+(?:, ?[a-z-]+)*\]|pragma: no cover)"
    r"(?: - |  ?# )\S.{5,}"
)
INTERFACE = [Path("src/cleannet", place) for place in ("cli", "hub/web", "hub/api", "hub/jobs")]


def comments(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def unexplained(text: str) -> list[int]:
    """Return the lines of `text` that silence a check without naming it and saying why.

    A reason also holds for the lines right below it that silence the same check.
    """
    found = []
    holds = {}
    for line, comment in comments(text):
        if REASONED.search(comment):
            holds[line] = comment
        elif SILENCED.search(comment):
            if holds.get(line - 1, "").startswith(f"{comment} - "):
                holds[line] = holds[line - 1]
            else:
                found.append(line)
    return found


@pytest.mark.parametrize(
    ("comment", "explained"),
    [
        ("x = 1  # noqa", False),
        ("x = 1  # noqa: E741", False),
        ("x = 1  # noqa: E741 - the law's own numeral", True),
        ("x = 1  # type: ignore", False),
        ("x = 1  # type: ignore[misc]", False),
        ("x = 1  # type: ignore[misc]  # the stubs lack it", True),
        ("x = '# noqa'", True),
        ("y = 1  # noqa: E402 - set up first\nx = 1  # noqa: E402", True),
        ("y = 1  # noqa: E741 - set up first\nx = 1  # noqa: E402", False),
        ("y = 1  # noqa: E402 - set up first\n\nx = 1  # noqa: E402", False),
        ("x = 1  # plain words", True),
    ],
)
def test_an_excuse_needs_a_code_and_a_reason(comment: str, explained: bool) -> None:
    assert unexplained(comment) == ([] if explained else [len(comment.splitlines())])


def test_every_silenced_check_says_why(texts: Mapping[Path, str]) -> None:
    found = [
        f"{path}:{line}"
        for path, text in texts.items()
        if path.suffix == ".py" and "migrations" not in path.parts
        for line in unexplained(text)
    ]
    assert found == []


def catches_everything(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught: Sequence[ast.expr | None] = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            caught = node.args
        else:
            continue
        if any(kind is None or getattr(kind, "id", "") in ("Exception", "BaseException") for kind in caught):
            yield node.lineno


def test_nothing_catches_everything_below_the_interface(trees: Mapping[Path, ast.Module]) -> None:
    found = [
        f"{path}:{line}"
        for path, tree in trees.items()
        if path.parts[0] == "src" and not any(path.is_relative_to(place) for place in INTERFACE)
        for line in catches_everything(tree)
    ]
    assert found == []


def test_no_test_is_skipped_by_itself(trees: Mapping[Path, ast.Module]) -> None:
    """Only tests/conftest.py ends a test as not run, and names what is missing."""
    shortcuts = {"pytest.skip", "pytest.importorskip", "pytest.xfail", "pytest.mark.skip", "pytest.mark.skipif"}
    found = [
        f"{path}:{node.lineno}: {ast.unparse(node)}"
        for path, tree in trees.items()
        if path.parts[0] == "tests" and path != Path("tests/conftest.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in shortcuts
    ]
    assert found == []

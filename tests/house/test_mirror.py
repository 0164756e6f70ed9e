"""Each source file has its test file, and each test file its source file."""

import ast
from collections.abc import Mapping
from pathlib import Path

SOURCES = Path("src/cleannet")

# A source file without a test file of its own, and why. This list only shrinks.
WITHOUT_TEST: Mapping[str, str] = {}

# Test folders that look at more than one source file.
ACROSS = {"bench", "browser", "engine", "flow", "house", "policies"}


def says_nothing_to_test(path: Path, tree: ast.Module) -> bool:
    """Say whether a package's file only has imports and __all__, or an app's file only names the app."""
    for node in tree.body:
        match node:
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                continue
            case ast.Assign(targets=[ast.Name(id="__all__")]) if path.name == "__init__.py":
                continue
            case ast.ClassDef(body=body) if path.name == "apps.py":
                if all(isinstance(line, ast.Assign | ast.Expr) for line in body):
                    continue
        return False
    return path.name in ("__init__.py", "apps.py")


def sources_to_test(trees: Mapping[Path, ast.Module]) -> dict[Path, Path]:
    """Return the test file that each source file must have."""
    found = {}
    for path, tree in trees.items():
        if not path.is_relative_to(SOURCES) or "migrations" in path.parts:
            continue
        if says_nothing_to_test(path, tree):
            continue
        inside = path.relative_to(SOURCES)
        stem = inside.parent.name if path.name == "__init__.py" else path.stem.strip("_")
        found[path] = Path("tests") / inside.parent / f"test_{stem}.py"
    return found


def test_every_source_file_has_its_test_file(trees: Mapping[Path, ast.Module]) -> None:
    expected = sources_to_test(trees)
    missing = [f"{s}: no {t}" for s, t in expected.items() if t not in trees and str(s) not in WITHOUT_TEST]
    assert missing == []


def test_the_exemptions_are_still_needed(trees: Mapping[Path, ast.Module]) -> None:
    expected = sources_to_test(trees)
    assert [name for name in WITHOUT_TEST if Path(name) not in expected or expected[Path(name)] in trees] == []


def test_every_test_file_has_its_source_file(trees: Mapping[Path, ast.Module]) -> None:
    expected = set(sources_to_test(trees).values())
    tests = [p for p in trees if p.parts[0] == "tests" and p.name.startswith("test_") and p.parts[1] not in ACROSS]
    assert [str(path) for path in tests if path not in expected] == []


def test_test_folders_are_no_packages(tracked: tuple[Path, ...]) -> None:
    assert [str(path) for path in tracked if path.parts[0] == "tests" and path.name == "__init__.py"] == []

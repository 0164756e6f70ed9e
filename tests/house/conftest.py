"""What the house checks look at."""

import ast
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

MADE = {"__pycache__", ".venv", "dist", "demo", "var"}


def _walk(root: Path) -> list[Path]:
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in MADE and (not name.startswith(".") or name == ".ci")]
        found += [Path(folder, name).relative_to(root) for name in names]
    return found


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the project's folder."""
    return Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def tracked(root: Path) -> tuple[Path, ...]:
    """Return the project's own files, relative to `root`: what git tracks, or (no git) what is not made."""
    found = _walk(root)
    if shutil.which("git") and (root / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
        found = [Path(name) for name in listed.split("\0") if name]
    return tuple(sorted(path for path in found if (root / path).is_file()))


@pytest.fixture(scope="session")
def trees(root: Path, tracked: tuple[Path, ...]) -> Mapping[Path, ast.Module]:
    """Return the syntax tree of every Python file of the project, by path relative to `root`."""
    return {path: ast.parse((root / path).read_text(), str(path)) for path in tracked if path.suffix == ".py"}


@pytest.fixture(scope="session")
def texts(root: Path, tracked: tuple[Path, ...]) -> Mapping[Path, str]:
    """Return the text of every file of the project that is text, by path relative to `root`."""
    found = {}
    for path in tracked:
        data = (root / path).read_bytes()
        if b"\0" not in data:
            found[path] = data.decode()
    return found

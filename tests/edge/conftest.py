import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cleannet.edge import commands

Run = Callable[..., int]


@pytest.fixture
def edge(tmp_path: Path) -> Run:
    """Return a function that runs `cleannet edge …` with a state folder of its own and gives the exit status."""

    def run(*arguments: object) -> int:
        parser = argparse.ArgumentParser()
        commands.register(parser.add_subparsers())
        words = [str(argument) for argument in arguments]
        if words[0] != "key":
            words += ["--state", str(tmp_path / "state")]
        options = parser.parse_args(["edge", *words])
        status: int = options.run(options)
        return status

    return run


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Return a function that writes a file below the test's folder and gives its path."""

    def write(name: str, text: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def tally_of(edge: Run, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Return a function that runs `detect` and gives the written tally."""

    def run(*arguments: object) -> dict[str, Any]:
        out = tmp_path / "T.json"
        assert edge("detect", *arguments, "--out", out) == 0
        document: dict[str, Any] = json.loads(out.read_bytes())
        return document

    return run

"""constraints.txt pins everything that is installed, by name and version only."""

import re
import tomllib
from importlib.metadata import distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# What is there before anything is installed, and what is a matter of taste.
NOT_PINNED = {"cleannet", "pip", "setuptools", "uv"}


@pytest.fixture(scope="module")
def pins(root: Path) -> dict[str, str]:
    lines = [line for line in (root / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []
    return {canonicalize_name(name): pinned for name, pinned in (line.split("==") for line in lines)}


def test_every_requirement_is_pinned_to_a_version_it_admits(root: Path, pins: dict[str, str]) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    texts = [*project["dependencies"], *(text for extra in project["optional-dependencies"].values() for text in extra)]
    wanted = [requirement for requirement in map(Requirement, texts) if requirement.name != "cleannet"]
    wrong = [str(r) for r in wanted if not r.specifier.contains(pins.get(canonicalize_name(r.name), "0"))]
    assert wrong == []


def test_what_is_installed_is_what_is_pinned(pins: dict[str, str]) -> None:
    installed = {canonicalize_name(found.name) for found in distributions()} - NOT_PINNED
    assert {name: version(name) for name in installed if version(name) != pins.get(name)} == {}, "run script/pin"

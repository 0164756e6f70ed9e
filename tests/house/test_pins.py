"""constraints.txt pins everything that is required and nothing else, by name and version only."""

import re
import tomllib
from collections.abc import Collection
from importlib.metadata import distribution, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# Extras that pin their packages themselves, as not every machine has them.
APART = {"bench", "tlsh"}


@pytest.fixture(scope="module")
def pins(root: Path) -> dict[str, str]:
    lines = [line for line in (root / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []
    return {canonicalize_name(name): pinned for name, pinned in (line.split("==") for line in lines)}


@pytest.fixture(scope="module")
def wanted(root: Path) -> list[Requirement]:
    """Return what the project asks for itself, to be built and with every extra that script/setup always installs."""
    made = tomllib.loads((root / "pyproject.toml").read_text())
    project, build = made["project"], made["build-system"]["requires"]
    extras = (text for name, extra in project["optional-dependencies"].items() if name not in APART for text in extra)
    found = map(Requirement, [*project["dependencies"], *extras, *build])
    return [requirement for requirement in found if requirement.name != "cleannet"]


@pytest.fixture(scope="module")
def required(wanted: list[Requirement]) -> set[str]:
    """Return the names of all that is asked for, by the project or by what it asks for."""
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = list(wanted)
    while waiting:
        asked = waiting.pop()
        one = (canonicalize_name(asked.name), frozenset(asked.extras))
        if one not in seen:
            seen.add(one)
            further = map(Requirement, distribution(asked.name).requires or ())
            waiting += [found for found in further if _applies(found, asked.extras)]
    return {name for name, _ in seen}


def _applies(requirement: Requirement, extras: Collection[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def test_every_requirement_is_pinned_to_a_version_it_admits(wanted: list[Requirement], pins: dict[str, str]) -> None:
    wrong = [str(r) for r in wanted if not r.specifier.contains(pins.get(canonicalize_name(r.name), "0"))]
    assert wrong == []


def test_what_is_required_is_installed_as_it_is_pinned(required: set[str], pins: dict[str, str]) -> None:
    assert {name: version(name) for name in required if version(name) != pins.get(name)} == {}, "run script/pin"


def test_every_pin_is_required_by_something(required: set[str], pins: dict[str, str]) -> None:
    assert set(pins) - required == set(), "uninstall it, then run script/pin"

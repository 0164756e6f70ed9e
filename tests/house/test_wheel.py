"""The wheel holds everything the product needs, and no tests."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=root,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("cleannet-*.whl")
    return built


def test_the_wheel_holds_every_tracked_file_of_the_package_and_nothing_else(
    wheel: Path, tracked: tuple[Path, ...]
) -> None:
    wanted = {str(path.relative_to("src")) for path in tracked if path.is_relative_to("src")}
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    assert wanted - held == set()
    assert {name for name in held if not name.startswith(("cleannet/", "cleannet-"))} == set()
    assert {"cleannet/py.typed", "cleannet/policies/mobile_malware_2011.toml"} <= held


def test_the_wheel_names_its_licence_and_its_programs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        told = {Path(name).name: archive.read(name).decode() for name in archive.namelist() if ".dist-info/" in name}
    assert "License-Expression: Apache-2.0" in told["METADATA"]
    assert "Apache License" in told["LICENSE"]
    assert "cleannet = cleannet.cli:main" in told["entry_points.txt"]
    assert "[cleannet.programs]" in told["entry_points.txt"]

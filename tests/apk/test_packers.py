import tomllib
from pathlib import Path

import pytest

from cleannet.apk import packers
from cleannet.apk.assessment import Packer
from cleannet.apk.packers import told_by

KNOWN = tomllib.loads((Path(packers.__file__).parent / "rules" / "packers.toml").read_text())["packer"]


def some(pattern: str) -> str:
    return pattern.replace("*", "x")


@pytest.mark.parametrize(("name", "pattern"), [(one["name"], pattern) for one in KNOWN for pattern in one["entries"]])
def test_every_packer_is_told_by_each_of_its_files(name: str, pattern: str) -> None:
    place = f"lib/arm64-v8a/{some(pattern)}"
    assert told_by(["classes.dex", place], "") == (Packer(name, place),)


@pytest.mark.parametrize(
    ("name", "pattern"), [(one["name"], pattern) for one in KNOWN for pattern in one["applications"]]
)
def test_every_packer_is_told_by_each_of_its_classes(name: str, pattern: str) -> None:
    assert told_by([], some(pattern)) == (Packer(name, f"application class {some(pattern)}"),)


def test_an_ordinary_package_is_not_packed() -> None:
    assert told_by(["classes.dex", "lib/arm64-v8a/libapp.so", "assets/libexec.so.txt"], "com.example.App") == ()

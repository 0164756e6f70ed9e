import argparse
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points, version

import pytest

from cleannet.cli.main import DONE, GROUP, REFUSED, WRONG_USE, main

MODULE = import_module(main.__module__)  # the package shows the function under the module's name


class Program:
    """Stand in for an entry point: loading gives the function, or raises the error."""

    def __init__(self, name: str, loaded: object) -> None:
        self.name = name
        self.loaded = loaded

    def load(self) -> object:
        if isinstance(self.loaded, Exception):
            raise self.loaded
        return self.loaded


def answering(name: str, status: int) -> object:
    def register(programs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
        programs.add_parser(name).set_defaults(run=lambda options: status)

    return register


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def install(**programs: object) -> None:
        found = [Program(name, loaded) for name, loaded in programs.items()]
        monkeypatch.setattr(MODULE, "entry_points", lambda group: found if group == "cleannet.programs" else [])

    return install


@pytest.mark.parametrize("status", [DONE, REFUSED, WRONG_USE])
def test_the_status_of_the_command_is_the_exit_status(installed: Callable[..., None], status: int) -> None:
    installed(first=answering("first", 7), second=answering("second", status))
    assert main(["second"]) == status


@pytest.mark.parametrize("arguments", [[], ["unknown"], ["first", "--unknown"]])
def test_wrong_use_is_status_2(installed: Callable[..., None], arguments: list[str]) -> None:
    installed(first=answering("first", DONE))
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == WRONG_USE


def test_a_program_whose_package_is_missing_says_which(
    installed: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    installed(hub=ModuleNotFoundError("No module named 'django'", name="django"), edge=answering("edge", DONE))
    assert main(["hub", "serve"]) == WRONG_USE
    assert capsys.readouterr().err == ("cleannet hub: the Python package “django” is missing; install cleannet[hub].\n")
    assert main(["edge"]) == DONE


def test_a_missing_module_of_our_own_is_a_bug_and_is_seen(installed: Callable[..., None]) -> None:
    installed(hub=ModuleNotFoundError("No module named 'cleannet.gone'", name="cleannet.gone"))
    with pytest.raises(ModuleNotFoundError, match=r"cleannet\.gone"):
        main(["hub"])


def test_a_reader_that_went_away_is_no_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "from cleannet.cli import main; raise SystemExit(main())", "docs", "glossary"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as printing:
        assert printing.stdout is not None
        assert printing.stderr is not None
        printing.stdout.close()
        assert printing.stderr.read() == b""
    assert printing.returncode == DONE


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"cleannet {version('cleannet')}\n"


def test_every_program_is_a_register_function_of_its_own_name() -> None:
    points = list(entry_points(group=GROUP))
    assert points
    parser = argparse.ArgumentParser()
    programs = parser.add_subparsers()
    for point in points:
        point.load()(programs)
        assert point.name in programs.choices

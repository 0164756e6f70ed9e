import os
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from cleannet.hub import checks
from cleannet.hub.ledger import triggers

pytestmark = pytest.mark.django_db


@pytest.fixture
def environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CLEANNET_")}


def test_a_hub_as_it_should_be_has_no_problem(environ: dict[str, str], data_folder: Path) -> None:
    data_folder.chmod(0o700)
    assert checks.problems(environ) == []


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"CLEANNET_WROKERS": "2"}, "The variable CLEANNET_WROKERS is set, but no setting has that name."),
        ({"CLEANNET_DEBUG": "yes", "CLEANNET_BIND": "0.0.0.0:80", "CLEANNET_HTTPS": "yes"}, "CLEANNET_DEBUG is on"),
        ({"CLEANNET_BIND": "0.0.0.0:80"}, "CLEANNET_HTTPS is off"),
    ],
)
def test_settings_are_judged(
    environ: dict[str, str], data_folder: Path, variables: dict[str, str], sentence: str
) -> None:
    data_folder.chmod(0o700)
    (problem,) = checks.problems(environ | variables)
    assert problem.startswith(sentence)


def test_folder_and_keys_are_judged(environ: dict[str, str], data_folder: Path, settings: Settings) -> None:
    data_folder.chmod(0o755)
    (data_folder / "keys" / "secret_key").unlink()
    (data_folder / "keys" / "master-1.key").unlink()
    problems = checks.problems(environ)
    assert [problem.split(" ")[0:4] for problem in problems] == [
        ["The", "data", "folder", str(data_folder)],
        ["There", "is", "no", "secret"],
        ["There", "is", "no", "master"],
    ]
    settings.CLEANNET_DATA = data_folder / "nowhere"
    assert checks.problems(environ) == [
        f"The data folder {data_folder / 'nowhere'} is missing; run `cleannet hub setup`."
    ]


def test_missing_triggers_are_named(environ: dict[str, str], data_folder: Path) -> None:
    data_folder.chmod(0o700)
    triggers.remove(connection)
    problems = checks.problems(environ)
    assert len(problems) == len(triggers.expected(connection.vendor))
    assert all("ledger can be changed unseen" in problem for problem in problems)

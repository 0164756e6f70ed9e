import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from cleannet.hub import checks
from cleannet.hub.ledger import triggers
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions as parties

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, tzinfo=UTC)


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
        (
            {"CLEANNET_PROXY_HEADER": "X-Forwarded-Proto"},
            "CLEANNET_PROXIES is empty although CLEANNET_PROXY_HEADER is set",
        ),
        ({"CLEANNET_ADDRESS_FILES": "/nowhere/a.xdb"}, "CLEANNET_ADDRESS_FILES cannot be used"),
        ({"CLEANNET_VERIFY_MINUTES": "10", "CLEANNET_ROLE": "miit"}, "CLEANNET_VERIFY_MINUTES is set, but only CNCERT"),
        ({"CLEANNET_PROBE_EGRESS": "甲=default"}, "CLEANNET_PROBE_CONTACT is empty although CLEANNET_PROBE_EGRESS is"),
        ({"CLEANNET_DNS_PRIMARY": "192.0.2.1:53"}, "CLEANNET_DNS_KEY is empty although CLEANNET_DNS_PRIMARY is set"),
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


def test_the_party_that_runs_the_hub_is_a_registered_one_in_its_role(
    environ: dict[str, str], data_folder: Path, settings: Settings
) -> None:
    data_folder.chmod(0o700)
    parties.register(code="op1", zh="甲", en="A", role="operator", actor=Actor("cncert", "cncert"), now=NOW)
    assert checks.problems(environ) == ["CLEANNET_PARTY is “cncert”, but no party of that code is registered."]
    settings.CLEANNET_PARTY = "op1"
    (problem,) = checks.problems(environ)
    assert problem.startswith("CLEANNET_ROLE is “cncert”, but the party op1 is registered with the role operator")
    settings.CLEANNET_ROLE = "operator"
    assert checks.problems(environ) == []


def test_a_resolver_belongs_to_an_operator_that_is_registered(
    environ: dict[str, str], data_folder: Path, settings: Settings
) -> None:
    data_folder.chmod(0o700)
    settings.CLEANNET_DNS_RESOLVERS = "op1/甲=192.0.2.1:53,cncert/乙=192.0.2.2:53,丙=192.0.2.3:53"
    assert checks.problems(environ) == []
    for code, role in (("cncert", "cncert"), ("op2", "operator")):
        parties.register(code=code, zh=code, en=code, role=role, actor=Actor("cncert", "cncert"), now=NOW)
    assert checks.problems(environ) == [
        f"CLEANNET_DNS_RESOLVERS or CLEANNET_PROBE_EGRESS gives a vantage to {code}, but no operator of that code is "
        "registered."
        for code in ("cncert", "op1")
    ]
    settings.CLEANNET_DNS_RESOLVERS = "op2/甲=192.0.2.1:53"
    assert checks.problems(environ) == []


def test_a_missing_font_is_named(environ: dict[str, str], data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data_folder.chmod(0o700)
    monkeypatch.setattr(checks.pdf, "font_folders", lambda: (data_folder,))
    (problem,) = checks.problems(environ)
    assert problem.startswith("No font for Chinese was found. Install")


def test_every_bad_setting_is_a_sentence_and_all_come_at_once(own_hub: Any) -> None:
    bad = {"LOG_LEVEL": "LOUD", "LANGUAGE": "xx", "CODE": "a|b", "ROLE": "king", "DNS_KEY": "?", "DNS_PRIMARY": "ns"}
    own_hub.environ |= {f"CLEANNET_{name}": text for name, text in bad.items()}
    checked = own_hub.cleannet("hub", "check")
    assert checked.returncode == 1
    lines = (checked.stdout + checked.stderr).splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(f"CLEANNET_{name}" for name in bad)

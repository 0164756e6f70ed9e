from pathlib import Path
from typing import Any

import pytest

from cleannet.hub import environment
from cleannet.hub.environment import SETTINGS, BadSetting, read, unknown


def test_nothing_needs_to_be_set() -> None:
    values = read({})
    assert values["BIND"] == "127.0.0.1:8000"
    assert values["DEBUG"] is False
    assert values["SECRET_KEY"] == ""


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("CLEANNET_DEBUG", "yes", True),
        ("CLEANNET_DEBUG", "TRUE", True),
        ("CLEANNET_DEBUG", "off", False),
        ("CLEANNET_DEBUG", "", False),
        ("CLEANNET_WORKERS", "3", 3),
        ("CLEANNET_CODE", " cn ", "cn"),
    ],
)
def test_values_are_read_by_type(name: str, text: str, value: object) -> None:
    assert read({name: text})[name.removeprefix("CLEANNET_")] == value


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"CLEANNET_DEBUG": "maybe"}, "CLEANNET_DEBUG is “maybe”; write yes or no"),
        ({"CLEANNET_WORKERS": "0"}, "CLEANNET_WORKERS is “0”; write a whole number from 1 up"),
        ({"CLEANNET_WORKERS": "２"}, "whole number"),
        ({"CLEANNET_WORKERS": "-1"}, "whole number"),
        ({"CLEANNET_SECRET_KEY_FILE": "/nowhere/x"}, "CLEANNET_SECRET_KEY_FILE names /nowhere/x"),
        ({"CLEANNET_SECRET_KEY": "a", "CLEANNET_SECRET_KEY_FILE": "b"}, "keep one"),
        ({"CLEANNET_DNS_RESOLVERS": "192.0.2.1:53"}, "CLEANNET_DNS_RESOLVERS is “192.0.2.1:53”; write party/name"),
        (
            {"CLEANNET_DNS_ROOTS": "op1/a=192.0.2.1:53"},
            "CLEANNET_DNS_ROOTS is “op1/a=192.0.2.1:53”; write name=address",
        ),
        ({"CLEANNET_DNS_PRIMARY": "ns.example"}, "CLEANNET_DNS_PRIMARY is “ns.example”; write address:port"),
        ({"CLEANNET_DNS_KEY": "not base64!"}, "CLEANNET_DNS_KEY is not as it should be; write base64"),
        ({"CLEANNET_DNS_ZONE": "a..b"}, "CLEANNET_DNS_ZONE is “a..b”; write a domain name"),
        ({"CLEANNET_ROLE": "king"}, "CLEANNET_ROLE is “king”; write a role of the glossary"),
        ({"CLEANNET_PARTY": "A B"}, "CLEANNET_PARTY is “A B”; write a party's code"),
        ({"CLEANNET_CODE": "a|b"}, r"CLEANNET_CODE is “a\|b”; write letters, digits and hyphens"),
        ({"CLEANNET_LANGUAGE": "xx"}, "CLEANNET_LANGUAGE is “xx”; write one of zh-hans, en"),
        ({"CLEANNET_LOG_LEVEL": "LOUD"}, "CLEANNET_LOG_LEVEL is “LOUD”; write one of DEBUG"),
        (
            {"CLEANNET_DATABASE_URL": "mysql://x:secret@y/z"},
            "CLEANNET_DATABASE_URL is not as it should be; write postgr",
        ),
    ],
)
def test_wrong_values_are_named(environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadSetting, match=sentence):
        read(environ)


def test_all_errors_come_at_once() -> None:
    with pytest.raises(BadSetting) as error:
        read({"CLEANNET_DEBUG": "maybe", "CLEANNET_WORKERS": "many"})
    assert len(str(error.value).splitlines()) == 2


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("s3cret\n", encoding="utf-8")
    assert read({"CLEANNET_SECRET_KEY_FILE": str(file)})["SECRET_KEY"] == "s3cret"


def test_a_secret_is_never_printed() -> None:
    with pytest.raises(BadSetting) as error:
        read({setting.variable: "hush!" for setting in SETTINGS if setting.secret and setting.name != "SECRET_KEY"})
    assert "hush" not in str(error.value)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_setting_accepts_its_own_default(setting: environment.Setting) -> None:
    assert setting.accepts(str(setting.default)) == "" or not isinstance(setting.default, str)


def test_a_variable_of_the_edge_is_not_misspelt() -> None:
    assert unknown({"CLEANNET_EDGE_STATE": "/var/lib/edge", "CLEANNET_EGDE_STATE": "x"}) == ("CLEANNET_EGDE_STATE",)


def test_misspelt_variables_are_found() -> None:
    assert unknown({"CLEANNET_DTAA": "x", "CLEANNET_DATA_FILE": "y", "PATH": "z"}) == ("CLEANNET_DTAA",)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://me:p%40ss@db.example:5433/hub",
            {"NAME": "hub", "USER": "me", "PASSWORD": "p@ss", "HOST": "db.example", "PORT": 5433, "OPTIONS": {}},
        ),
        (
            "postgres:///hub?host=/run/postgresql&sslmode=require",
            {"NAME": "hub", "HOST": "/run/postgresql", "PORT": "", "OPTIONS": {"sslmode": "require"}},
        ),
    ],
)
def test_a_database_url_is_taken_apart(url: str, expected: dict[str, Any]) -> None:
    described = environment.database(url, Path("/data"))
    assert described["ENGINE"] == "django.db.backends.postgresql"
    assert expected.items() <= described.items()


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://host/", "postgresql://host:port/x", "hub.sqlite3"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(BadSetting, match="postgresql://user:password@host:port/name"):
        environment.database(url, Path("/data"))


def test_without_a_url_it_is_a_safe_sqlite_file() -> None:
    described = environment.database("", Path("/data"))
    options: Any = described["OPTIONS"]
    assert described["NAME"] == Path("/data/hub.sqlite3")
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in options["init_command"]
    assert "journal_mode=WAL" in options["init_command"]
    assert options["timeout"] == 20


def test_the_table_has_a_row_for_every_setting() -> None:
    rows = environment.table().splitlines()[2:]
    assert len(rows) == len(SETTINGS)
    for setting, row in zip(SETTINGS, rows, strict=True):
        assert row.startswith(f"| `{setting.variable}`")
        assert setting.why in row


def test_names_are_unique_and_reasons_are_sentences() -> None:
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
    assert all(setting.why.endswith(".") and setting.why[0].isupper() for setting in SETTINGS)

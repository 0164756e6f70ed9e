import json
from pathlib import Path

import pytest

from cleannet.cli.main import main
from cleannet.core.policy import shipped_files

M = "mobile_malware_2011"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        status = main(["policy", *arguments])
    except SystemExit as left:
        status = int(left.code or 0)
    told = capsys.readouterr()
    return status, told.out, told.err


@pytest.mark.parametrize(
    ("arguments", "grade"),
    [
        (["--infected", "10000", "--loss", "0"], "IV"),
        (["--infected", "10001", "--loss", "0"], "III"),
        (["--infected", "0", "--loss", "1000000"], "IV"),
        (["--infected", "0", "--loss", "1000000.01"], "III"),
        (["--infected", "50001"], "II"),
        (["--loss", "10000001"], "I"),
        (["--infected", "0", "--loss", "0"], "IV"),
    ],
)
def test_grade_answers_as_json(capsys: pytest.CaptureFixture[str], arguments: list[str], grade: str) -> None:
    status, out, _ = run(capsys, "grade", "--policy", M, *arguments, "--json")
    assert status == 0
    assert json.loads(out) == {"policy": M, "grade": grade, "article": "八"}


def test_a_grade_reads_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "grade", "--policy", M, "--infected", "10001")
    assert out == f"III 较大 Significant · {M} 八\n"


def test_infections_are_not_applicable_under_the_law_of_2025(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "grade", "--policy", "incident_reporting_2025", "--infected", "100001", "--json")
    assert status == 1
    assert json.loads(out)["grade"] is None
    assert "Not applicable" in err


@pytest.mark.parametrize(
    ("fact", "grade"),
    [("people_leaked=1000000", "III"), ("people_leaked=999999", "IV"), ("direct_loss_yuan=20000000", "II")],
)
def test_a_person_states_the_facts_of_2025(capsys: pytest.CaptureFixture[str], fact: str, grade: str) -> None:
    status, out, _ = run(capsys, "grade", "--policy", "incident_reporting_2025", "--fact", fact, "--json")
    assert (status, json.loads(out)["grade"]) == (0, grade)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grade", "--policy", M], "at least one figure"),
        (["grade", "--policy", M, "--infected", "-1"], "cannot be below 0"),
        (["grade", "--policy", M, "--loss", "1.005"], "two decimals"),
        (["grade", "--policy", M, "--loss", "much"], "not an amount"),
        (["grade", "--policy", M, "--loss", "nan"], "not an amount"),
        (["grade", "--policy", M, "--fact", "x"], "NAME=N"),
        (["grade", "--policy", "no_law", "--infected", "1"], "There is no law"),
        (["grade", "--policy", "absent.toml", "--infected", "1"], "absent.toml"),
        (["due", "--policy", M, "--entry", "no.kind", "--role", "miit", "--at", "2026-01-01"], "no kind of entry"),
        (["due", "--policy", M, "--entry", "sample.found", "--role", "king", "--at", "2026-01-01"], "no role"),
        (["due", "--policy", M, "--entry", "sample.found", "--role", "operator", "--at", "soon"], "not an ISO 8601"),
        (["due", "--policy", M, "--entry", "notice.received", "--role", "operator", "--at", "2026-01-01"], "--grade"),
        (["check", "absent.toml"], "absent.toml"),
    ],
)
def test_wrong_use_is_told(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    status, _, err = run(capsys, *arguments)
    assert status == (1 if arguments[0] == "check" else 2)
    assert said in err


def test_due_lists_what_an_entry_opens(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--entry", "incident.graded", "--role", "operator", "--grade", "II", "--at", "2026-11-22T02:00:00Z"]
    status, out, _ = run(capsys, "due", "--policy", M, *arguments, "--json")
    assert status == 0
    assert json.loads(out) == [
        {
            "policy": M,
            "article": "十(二)",
            "owes": "operator",
            "expects": "incident.reported",
            "due": "2026-11-22T12:00:00+08:00",
            "to": ["miit"],
            "cc": ["bureau:relevant", "cncert"],
            "form": "annex3",
            "provisional": False,
        }
    ]


def test_a_time_without_a_zone_is_beijings_and_no_limit_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--entry", "notice.received", "--role", "operator", "--grade", "III", "--at", "2026-11-22 10:00"]
    _, out, _ = run(capsys, "due", "--policy", M, *arguments, "--json")
    assert {duty["expects"]: duty["due"] for duty in json.loads(out)} == {
        "disposal.done": None,
        "user.warned": None,
        "disposal.fed_back": "2026-11-22T14:00:00+08:00",
    }


def test_the_calendars_entries_list_the_duties_of_the_role(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(
        capsys, "due", "--policy", M, "--entry", "month.ended", "--role", "cncert", "--at", "2026-11-01", "--json"
    )
    assert [(duty["article"], duty["owes"]) for duty in json.loads(out)] == [("十(三)", "cncert")]


def test_a_role_that_never_makes_the_entry_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "due", "--policy", M, "--entry", "sample.found", "--role", "idc", "--at", "2026-01-01")
    assert status == 1
    assert "never made by idc" in err


def test_an_overlay_shortens_the_limit(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "special.toml"
    path.write_text(
        'format = 1\nid = "special"\ntitle = {zh = "特殊时期", en = "Special period"}\ndocument = "x"\n'
        f'in_force = {{from = 2026-11-22, to = 2026-11-23}}\noverlays = "{M}"\n'
        '[[change]]\nduty = "10.2.urgent"\narticle = "十六"\nlimit = "1h"\n',
        encoding="utf-8",
    )
    arguments = ["--entry", "incident.graded", "--role", "operator", "--grade", "II", "--at", "2026-11-22 10:00"]
    _, out, _ = run(capsys, "due", "--policy", M, *arguments, "--overlay", str(path))
    assert "十六" in out
    assert "due 2026-11-22 11:00:00" in out


def test_check_tells_every_error_with_file_and_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / f"{M}.toml"
    text = (
        shipped_files()[f"{M}.toml"]
        .replace('limit = "3wd"', 'limit = "soon"')
        .replace('limit = "5wd"', 'limit = "late"')
    )
    path.write_text(text, encoding="utf-8")
    status, _, err = run(capsys, "check", str(path))
    assert status == 1
    assert err.count(f"{M}.toml:") == 3


def test_check_runs_the_cases_beside_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / f"{M}.toml").write_text(shipped_files()[f"{M}.toml"], encoding="utf-8")
    cases = tmp_path / f"{M}.cases.toml"
    cases.write_text('[[grade]]\ninfected_24h = 10_001\nis = "III"\n', encoding="utf-8")
    assert run(capsys, "check", str(tmp_path / f"{M}.toml"))[0] == 0
    cases.write_text('[[grade]]\ninfected_24h = 10_001\nis = "IV"\n', encoding="utf-8")
    status, _, err = run(capsys, "check", str(tmp_path / f"{M}.toml"))
    assert (status, "comes to III, not IV" in err) == (1, True)
    cases.write_text("[[grade]]\ninfected_24h =", encoding="utf-8")
    assert run(capsys, "check", str(tmp_path / f"{M}.toml"))[0] == 1


def test_the_shipped_laws_are_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "check", "--json")
    assert status == 0
    assert all(item["cases"] > 50 for item in json.loads(out))

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
        (["grade", "--policy", M, "--loss", "Infinity"], "not an amount"),
        (["grade", "--policy", M, "--loss", "1e4000000"], "not an amount"),
        (["grade", "--policy", M, "--fact", "x"], "NAME=N"),
        (["grade", "--policy", M, "--fact", "infected=1"], "grades on infected_24h, loss_yuan"),
        (["grade", "--policy", M, "--fact", "loss_yuan=1", "--loss", "1"], "given twice"),
        (["grade", "--policy", "no_law", "--infected", "1"], "There is no law"),
        (["grade", "--policy", "absent.toml", "--infected", "1"], "absent.toml"),
        (["due", "--policy", M, "--entry", "no.kind", "--role", "miit", "--at", "2026-01-01"], "no kind of entry"),
        (["due", "--policy", M, "--entry", "sample.found", "--role", "king", "--at", "2026-01-01"], "no role"),
        (["due", "--policy", M, "--entry", "sample.found", "--role", "operator", "--at", "soon"], "not an ISO 8601"),
        (["due", "--policy", M, "--entry", "notice.received", "--role", "operator", "--at", "2026-01-01"], "--grade"),
        (
            ["due", "--policy", M, "--entry", "sample.found", "--role", "operator", "--at", "9999-12-31T23:00"],
            "outside the years 1900 to 8999",
        ),
        (
            ["due", "--policy", M, "--entry", "sample.found", "--role", "operator", "--at", "0001-01-01T00:00"],
            "outside the years 1900 to 8999",
        ),
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


OVERLAY = (
    'format = 1\nid = "special"\ntitle = {zh = "特殊时期", en = "Special period"}\ndocument = "x"\n'
    f'in_force = {{from = 2026-11-22, to = 2026-11-23}}\noverlays = "{M}"\n'
    '[[change]]\nduty = "10.2.urgent"\narticle = "十六"\nlimit = "1h"\n'
)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("10.2.urgent", "10.2.urgnet", "special.toml:8: [[change]]: “mobile_malware_2011” has no duty “10.2.urgnet”"),
        (f'overlays = "{M}"', 'overlays = "incident_reporting_2025"', "special.toml:6: there is no law"),
        (f'overlays = "{M}"\n', "", "only an overlay changes duties"),
        (OVERLAY[OVERLAY.index("overlays") :], "", "is a law of its own"),
    ],
)
def test_an_overlay_that_does_not_fit_is_wrong_use(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, before: str, after: str, said: str
) -> None:
    path = tmp_path / "special.toml"
    path.write_text(OVERLAY.replace(before, after), encoding="utf-8")
    arguments = ["--entry", "incident.graded", "--role", "operator", "--grade", "II", "--at", "2026-11-22 10:00"]
    status, out, err = run(capsys, "due", "--policy", M, *arguments, "--overlay", str(path))
    assert (status, out) == (2, "")
    assert said in err


def test_check_holds_an_overlay_against_the_law_below(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path, law = tmp_path / "special.toml", tmp_path / "own.toml"
    path.write_text(OVERLAY, encoding="utf-8")
    assert run(capsys, "check", str(path))[0] == 0
    path.write_text(OVERLAY.replace(f'overlays = "{M}"', 'overlays = "own"'), encoding="utf-8")
    status, _, err = run(capsys, "check", str(path))
    assert (status, "special.toml:6: there is no law “own”" in err) == (1, True)
    law.write_text(shipped_files()[f"{M}.toml"].replace(f'id = "{M}"', 'id = "own"'), encoding="utf-8")
    assert run(capsys, "check", str(path), str(law))[0] == 0


def test_a_medium_opens_the_paper_that_follows(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--entry", "incident.reported", "--role", "operator", "--grade", "II", "--at", "2026-11-22 10:00"]
    _, out, _ = run(capsys, "due", "--policy", M, *arguments, "--medium", "phone", "--json")
    assert [(duty["article"], duty["expects"], duty["cc"]) for duty in json.loads(out)] == [
        ("十五", "paper.supplied", ["bureau:relevant", "cncert"])
    ]
    _, out, _ = run(capsys, "due", "--policy", M, *arguments, "--json")
    assert json.loads(out) == []


def test_what_depends_on_a_law_to_be_confirmed_says_so_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--entry", "sample.found", "--role", "operator", "--at", "2026-11-22 10:00"]
    assert run(capsys, "due", "--policy", M, *arguments)[1].startswith("九(一) 待核: operator owes sample.reported")


def test_a_figure_the_law_does_not_grade_on_is_named_beside_the_grade(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--infected", "100001", "--fact", "people_leaked=1000000", "--json"]
    status, out, err = run(capsys, "grade", "--policy", "incident_reporting_2025", *arguments)
    assert (status, json.loads(out)["grade"]) == (0, "III")
    assert "Not applicable here: infected_24h" in err


def test_an_overlay_shortens_the_limit(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "special.toml"
    path.write_text(OVERLAY, encoding="utf-8")
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
    assert all(item["cases"] >= 4 * item["duties"] or item["cases"] > 50 for item in json.loads(out))

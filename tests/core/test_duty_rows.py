import pytest

from cleannet.core.duty_rows import duty_rows
from cleannet.core.policy_file import shipped
from cleannet.core.toml_table import Problem, Table

ROW = {
    "id": "x",
    "article": "十九",
    "text": {"zh": "补报", "en": "Supplement"},
    "when": "incident.reported",
    "by": "operator",
    "owes": "actor",
    "start": "happened_at",
    "limit": "none",
    "expects": "report.supplemented",
    "per": "case+party",
}


def problems(**changes: object) -> list[str]:
    found: list[Problem] = []
    list(duty_rows([Table({**ROW, **changes}, "[[duty]] x", lambda key: 1, found)], ("annex3",)))
    return [problem.message for problem in found]


def test_a_row_that_says_what_it_must_is_read() -> None:
    assert problems() == []
    found: list[Problem] = []
    given = {**ROW, "if_missing": True, "through": ["paper", "system"], "form": "annex9"}
    (rule,) = duty_rows([Table(given, "[[duty]] x", lambda key: 1, found)], None)
    assert (rule.if_missing, rule.through, rule.form, found) == (True, ("paper", "system"), "annex9", [])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"grade": "I"}, "go together"),
        ({"grade": "I", "grade_of": "notice"}, "carries the grade “own”"),
        ({"grade": "I", "grade_of": "own", "by": "cncert"}, "carries the grade “cncert”"),
        ({"grade": "I", "grade_of": "own", "when": "notice.received"}, "carries the grade “notice”"),
        ({"through": ["phone"]}, "“phone” is not known in through"),
        ({"if_missing": "yes"}, "has the wrong kind of value"),
        ({"form": "annex9"}, "is not in this file"),
        ({"unverified": True}, "says why in “note”"),
        ({"start": "month"}, "what the calendar makes"),
        ({"when": "month.ended"}, "leave “by” out"),
    ],
)
def test_what_no_row_can_mean_is_refused(changes: dict[str, object], said: str) -> None:
    assert any(said in message for message in problems(**changes))


def test_whose_grade_decides_is_said_as_the_entry_has_it() -> None:
    for by, grade_of in (("cncert", "cncert"), ("operator", "own")):
        assert problems(grade="I", grade_of=grade_of, by=by) == []
    assert {rule.grade_of for law in shipped().values() for rule in law.duties} == {"", "own", "cncert", "notice"}


def test_an_id_stands_once() -> None:
    found: list[Problem] = []
    tables = [Table(ROW, "[[duty]] x", lambda key: 1, found) for _ in range(2)]
    assert len(list(duty_rows(tables, ()))) == 2
    assert [problem.message for problem in found] == ["[[duty]] x: this id stands twice in the file"]

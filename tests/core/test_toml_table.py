from cleannet.core.toml_table import Problem, Table, lines

TEXT = '''top = 1
note = """
[[duty]]
fake = 2
"""
[grading]
unit = "name"

[[duty]]
id = "a"
[[duty]]
id = "b"

[[form]]
id = "f"
[[form.field]]
key = "x"
[[form.field]]
key = "y"
[[form]]
[[form.field]]
key = "z"
'''


def test_every_key_has_its_line_and_text_in_quotes_is_no_key() -> None:
    found = dict(lines(TEXT))
    assert found["/top"] == 1
    assert "/fake" not in found
    assert found["grading/unit"] == 7
    assert (found["duty[0]/id"], found["duty[1]/id"]) == (10, 12)
    assert (found["form[0].field[1]/key"], found["form[1].field[0]/key"]) == (19, 22)


def test_a_table_tells_all_that_is_wrong_at_once() -> None:
    problems: list[Problem] = []
    table = Table(
        {"name": 3, "odd": 1, "limit": "2 h"}, "[[row]]", lambda key: {"name": 4, "limit": 5}.get(key, 1), problems
    )
    table.text("name")
    table.text("article")
    table.limit("limit")
    table.done()
    assert [(problem.line, "[[row]]" in problem.message) for problem in problems] == [
        (4, True),
        (1, True),
        (5, True),
        (1, True),
    ]
    assert "“odd” is unknown" in problems[-1].message


def test_a_truth_is_no_number() -> None:
    problems: list[Problem] = []
    Table({"count": True}, "row", lambda key: 1, problems).take("count", int)
    assert len(problems) == 1

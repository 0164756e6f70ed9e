import pytest

from cleannet.cli import docs
from cleannet.cli.main import main
from cleannet.core.policy_file import shipped
from cleannet.hub import environment


def test_every_group_of_terms_has_its_heading() -> None:
    assert [name for name, _ in docs.groups() if name not in docs.HEADINGS] == []
    assert {"GRADES", "ROLES", "ENTRY_KINDS"} <= {name for name, _ in docs.groups()}


def test_every_term_is_a_row_with_key_chinese_and_english() -> None:
    rows = [line for line in docs.glossary() if line.startswith("| `")]
    assert len(rows) == sum(len(group) for _, group in docs.groups())
    assert "| `I` | 特别重大 | Especially grave |" in rows
    assert "| `notice.issued` | 通报 | Notice issued | 国家互联网应急中心、工业和信息化部 |" in rows
    assert "| `month.began` | 月初 | Month began | 日历 |" in rows


def test_every_command_is_a_row_with_its_help() -> None:
    rows = [line for line in docs.commands() if line.startswith("| `")]
    assert "| `cleannet policy grade` | grade figures under a law |" in rows
    assert [row for row in rows if row.endswith("|  |")] == []


def test_every_law_has_its_page_in_both_languages() -> None:
    lines = list(docs.policies())
    for policy in shipped().values():
        assert sum(line.startswith(f"`{policy.id}`") for line in lines) == 2


def test_every_setting_is_a_row() -> None:
    rows = [line for line in docs.settings() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == [setting.variable for setting in environment.SETTINGS]


@pytest.mark.parametrize("page", docs.PAGES)
def test_the_command_prints_the_page(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", page]) == 0
    make, _ = docs.PAGES[page]
    assert capsys.readouterr().out.splitlines() == list(make())

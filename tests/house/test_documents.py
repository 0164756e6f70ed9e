"""The documents say what is so: links lead somewhere, made pages are fresh and leave out nothing."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from cleannet.cli.docs import PAGES
from cleannet.cli.main import build_parser

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
RELEASE = re.compile(r"^## ([0-9.]+)", re.MULTILINE)


def pages(texts: Mapping[Path, str]) -> dict[Path, str]:
    return {path: FENCED.sub("", text) for path, text in texts.items() if path.suffix == ".md"}


def anchor(heading: str) -> str:
    """Return the name a heading is linked by: lower case, no punctuation, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def test_every_link_leads_somewhere(root: Path, texts: Mapping[Path, str]) -> None:
    found = pages(texts)
    broken = []
    for page, text in found.items():
        for target in LINK.findall(text):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, section = target.partition("#")
            file = (root / page.parent / name).resolve() if name else root / page
            headings = HEADING.findall(file.read_text()) if file.suffix == ".md" and file.is_file() else []
            if not file.exists() or (section and section not in map(anchor, headings)):
                broken.append(f"{page}: {target}")
    assert broken == []


@pytest.mark.parametrize("page", PAGES)
def test_a_made_page_is_what_its_command_prints(root: Path, page: str) -> None:
    make, _ = PAGES[page]
    assert (root / "docs" / f"{page}.md").read_text().splitlines() == list(make()), "run script/docs"


def test_every_program_is_installed_so_that_its_commands_are_in_the_documents() -> None:
    _, absent = build_parser()
    assert absent == {}


def test_the_changelog_begins_with_this_version(root: Path, texts: Mapping[Path, str]) -> None:
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    assert RELEASE.findall(texts[Path("CHANGELOG.md")])[:1] == [version]


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md"])
def test_the_first_pages_name_the_two_commands(texts: Mapping[Path, str], page: str) -> None:
    assert "script/run" in texts[Path(page)]
    assert "script/test" in texts[Path(page)]


def test_every_script_is_in_contributing(tracked: tuple[Path, ...], texts: Mapping[Path, str]) -> None:
    scripts = [str(path) for path in tracked if path.parts[0] == "script"]
    assert [name for name in scripts if name not in texts[Path("CONTRIBUTING.md")]] == []


def test_every_decision_record_is_numbered_and_listed(tracked: tuple[Path, ...], texts: Mapping[Path, str]) -> None:
    records = [path.name for path in tracked if path.parts[:2] == ("docs", "adr")]
    assert [int(name.split("-")[0]) for name in records] == list(range(1, len(records) + 1))
    assert [name for name in records if f"adr/{name}" not in texts[Path("docs/architecture.md")]] == []

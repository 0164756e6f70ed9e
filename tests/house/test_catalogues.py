"""Every text for people is in Chinese too, and what was compiled is what was translated."""

import gettext
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

PLACES = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")
CODE = {".py", ".html", ".txt"}


def catalogue_of(path: Path) -> Catalog:
    with path.open("rb") as opened:
        return read_po(opened)


def texts(message: Message) -> list[tuple[str, str]]:
    """Return each text of a message with its translation; a plural has one pair for each Chinese form."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string or ""))]
    translated = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return [(message.id[-1], str(text or "")) for text in translated]


def wrong(catalogue: Catalog) -> Iterator[str]:
    """Yield a sentence for each message that is not translated, not settled, or drops a place for a value."""
    for message in catalogue:
        if not message.id:
            continue
        for source, translated in texts(message):
            if not translated:
                yield f"“{source}” is not translated"
            elif message.fuzzy:
                yield f"“{source}” is marked fuzzy"
            elif sorted(PLACES.findall(source)) != sorted(PLACES.findall(translated)):
                yield f"“{source}” and “{translated}” differ in the places for values"


def missing(source: Path, folder: Path) -> set[str]:
    """Return the texts marked for translation under `source` that are in none of its catalogues."""
    copy = folder / "copy"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("locale", "__pycache__"))
    (copy / "locale").mkdir()
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--locale", "zh_Hans", "--no-location"],
        cwd=copy,
        check=True,
        capture_output=True,
    )
    found = copy / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    if not found.exists():
        return set()
    known = {_first(message) for path in source.rglob("*.po") for message in catalogue_of(path)}
    return {_first(message) for message in catalogue_of(found) if message.id} - known


def _first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def test_every_message_is_translated(root: Path, tracked: tuple[Path, ...]) -> None:
    catalogues = [path for path in tracked if path.suffix == ".po"]
    assert {str(path): list(wrong(catalogue_of(root / path))) for path in catalogues} == {
        str(path): [] for path in catalogues
    }


def test_every_compiled_catalogue_is_that_of_its_text(root: Path, tracked: tuple[Path, ...]) -> None:
    for path in tracked:
        if path.suffix != ".po":
            continue
        written = {message.id: message.string for message in catalogue_of(root / path) if message.id}
        with (root / path).with_suffix(".mo").open("rb") as compiled:
            read = gettext.GNUTranslations(compiled)
        stale = [key for key, value in written.items() if isinstance(key, str) and read.gettext(key) != value]
        assert stale == [], f"{path}: compile it again with django-admin compilemessages"


@pytest.mark.needs("xgettext")
def test_every_text_marked_for_translation_is_in_the_catalogue(root: Path, tmp_path: Path) -> None:
    assert missing(root / "src" / "cleannet", tmp_path) == set()


@pytest.mark.needs("xgettext")
def test_a_text_without_its_translation_is_found(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "locale" / "zh_Hans" / "LC_MESSAGES").mkdir(parents=True)
    (source / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po").write_text('msgid "Known"\nmsgstr "已知"\n')
    (source / "page.html").write_text('{% load i18n %}{% translate "Known" %} {% translate "Forgotten" %}')
    assert missing(source, tmp_path) == {"Forgotten"}


@pytest.mark.parametrize(
    ("po", "sentence"),
    [
        ('msgid "Grade"\nmsgstr "等级"\n', None),
        ('msgid "Grade"\nmsgstr ""\n', "“Grade” is not translated"),
        ('#, fuzzy\nmsgid "Grade"\nmsgstr "级"\n', "“Grade” is marked fuzzy"),
        ('msgid "%(n)s left"\nmsgstr "剩余"\n', "“%(n)s left” and “剩余” differ in the places for values"),
        ('msgid "one"\nmsgid_plural "%d ones"\nmsgstr[0] "%d 个"\n', None),
    ],
)
def test_a_fault_in_a_catalogue_is_named(tmp_path: Path, po: str, sentence: str | None) -> None:
    file = tmp_path / "django.po"
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
    file.write_text(head + po)
    assert list(wrong(catalogue_of(file))) == ([sentence] if sentence else [])

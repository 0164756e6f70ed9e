"""Every refusal raised anywhere is worded, every wording is reachable, and each is in Chinese."""

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import translation

from cleannet.core.refusal import Refusal
from cleannet.hub.wording import WORDS, told

CODE = re.compile(r"[a-z]+\.[a-z_]+")
SOURCES = Path(__file__).parents[2] / "src" / "cleannet"


def refusing(of: type[Refusal] = Refusal) -> set[str]:
    """Return the names of every kind of refusal."""
    return {of.__name__}.union(*(refusing(one) for one in of.__subclasses__()))


def codes() -> set[str]:
    """Return the code of every refusal made anywhere in the source: the texts in its first argument."""
    kinds, found = refusing(), set[str]()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in kinds:
                inner = ast.walk(node.args[0]) if node.args else iter(())
                texts = {one.value for one in inner if isinstance(one, ast.Constant) and isinstance(one.value, str)}
                found |= {text for text in texts if CODE.fullmatch(text)}
    return found


def test_every_code_raised_is_worded() -> None:
    assert codes() - set(WORDS) == set()


@pytest.mark.parametrize("code", sorted(WORDS))
def test_every_wording_is_whole_in_both_languages(code: str) -> None:
    status, what, remedy = WORDS[code]
    assert 400 <= status < 500
    with translation.override("zh-hans"):
        assert translation.gettext(what) != what
        assert translation.gettext(remedy) != remedy


def test_a_moment_is_told_in_beijing_time() -> None:
    at = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
    with translation.override("en"):
        assert told(Refusal("entry.in_future", at=at)).what == "The time 2026-11-23 02:00:00 lies in the future."


def test_a_code_nobody_worded_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        told(Refusal("no.such_code"))

from pathlib import Path

import pytest

from cleannet.edge.files import LogFile
from cleannet.edge.json_lines import NO_OBJECT, is_json, objects, parsed, text_of
from cleannet.edge.rows import TOO_LONG, Source


def test_what_is_no_object_is_broken_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b'{"a": 1.50}\n\n[1]\n{"a":\n' + b"x" * (3 << 20) + b'\n{"b": "c"}\n' + b"[" * 100_000)
    source = Source("x.json", 0)
    assert list(objects(LogFile(path), source)) == [(1, {"a": "1.50"}), (6, {"b": "c"})]
    assert [(row.line, row.reason) for row in source.shown] == [
        (3, NO_OBJECT),
        (4, NO_OBJECT),
        (5, TOO_LONG),
        (7, NO_OBJECT),
    ]


@pytest.mark.parametrize(("start", "json"), [(b' {"a"', True), (b"#fields", False), (b"", False)])
def test_is_json(start: bytes, json: bool) -> None:
    assert is_json(start) is json


@pytest.mark.parametrize(("value", "text"), [("a", "a"), (5, "5"), (True, ""), (None, ""), ([], "")])
def test_text_of(value: object, text: str) -> None:
    assert text_of(value) == text


def test_bytes_that_are_no_text_are_no_object() -> None:
    assert parsed(b"\xff\xfe{") is None

import contextlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from cleannet.formats import sheet
from cleannet.formats.sheet import NotASheet

HEADINGS = ("案卷", "说明")
# What a cell of the format can hold, without spaces around, which reading strips.
CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff_")
TEXT = st.text(CHARACTERS, max_size=20).map(str.strip)


def book(rows: list[list[object]]) -> bytes:
    made, out = Workbook(), io.BytesIO()
    for row in rows:
        made.worksheets[0].append(row)
    made.save(out)
    return out.getvalue()


@given(st.lists(st.tuples(TEXT, TEXT), max_size=5))
def test_what_was_written_is_read_back(rows: list[tuple[str, str]]) -> None:
    read = sheet.read(sheet.write("表", HEADINGS, rows, (10, 10)), HEADINGS)
    assert [row for _number, row in read] == [row for row in rows if any(row)]


def test_columns_may_stand_anywhere_and_rows_keep_their_numbers() -> None:
    day, moment = date(2026, 1, 2), datetime(2026, 1, 2, 3)
    content = book([["other", "说明", "案卷"], ["x", "why", "C1"], [], ["y", 7, day], ["z", None, moment]])
    assert sheet.read(content, HEADINGS) == [
        (2, ("C1", "why")),
        (4, ("2026-01-02 00:00:00", "7")),
        (5, ("2026-01-02 03:00:00", "")),
    ]


def test_no_text_becomes_a_formula() -> None:
    content = sheet.write("t", HEADINGS, [("=1+1", "@x")], (1, 1))
    assert load_workbook(io.BytesIO(content)).worksheets[0]["A2"].data_type == "s"
    assert sheet.read(content, HEADINGS) == [(2, ("=1+1", "@x"))]


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("xl/worksheets/sheet1.xml", b"0" * (sheet.MOST_UNPACKED + 1))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (lambda: b"", "it is no spreadsheet"),
        (lambda: b"x" * (sheet.MOST_BYTES + 1), "at most 5,242,880 are read"),
        (bomb, "unpacked it would have"),
        (lambda: book([["案卷"]]), "its first row lacks the headings 说明"),
        (lambda: book([]), "lacks the headings 案卷、说明"),
        (lambda: book([list(HEADINGS), *([["C", "x"]] * (sheet.MOST_ROWS + 1))]), "more than 5,000 rows"),
    ],
    ids=["empty", "large", "bomb", "heading", "nothing", "long"],
)
def test_what_is_not_the_table_is_said(content: Callable[[], bytes], why: str) -> None:
    with pytest.raises(NotASheet, match=why):
        sheet.read(content(), HEADINGS)


@given(st.integers(0, 4000), st.binary(min_size=1, max_size=8))
def test_a_damaged_workbook_is_read_or_said_to_be_none(at: int, damage: bytes) -> None:
    content = bytearray(book([list(HEADINGS), ["C1", "x"]]))
    content[at : at + len(damage)] = damage
    with contextlib.suppress(NotASheet):
        sheet.read(bytes(content), HEADINGS)


@pytest.mark.parametrize("text", ["a\x0bb", "a\x00b", "a\ufffeb", "a\ud800b"])
def test_what_a_workbook_cannot_hold_is_replaced(text: str) -> None:
    made = sheet.write("t", HEADINGS, [["C1\n", text]], [10, 10])
    assert sheet.read(made, HEADINGS) == [(2, ("C1", "a\ufffdb"))]


def test_as_a_program_it_answers_in_json() -> None:
    def run(content: bytes) -> object:
        command = [sys.executable, "-m", "cleannet.formats.sheet", json.dumps(HEADINGS)]
        return json.loads(subprocess.run(command, input=content, capture_output=True, check=True).stdout)

    assert run(book([list(HEADINGS), ["C1", "x"]])) == {"rows": [[2, ["C1", "x"]]]}
    assert run(b"") == {"why": "it is no spreadsheet (.xlsx)"}

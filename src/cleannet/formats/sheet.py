"""Spreadsheets (.xlsx): one table under one row of headings, written, and read back by the names of its headings.

Run as a program it reads a sheet from its standard input for who keeps it in a jail, and writes JSON.
"""

import io
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_BYTES, MOST_UNPACKED = 5 * 2**20, 64 * 2**20
MOST_ROWS = 5000
_SHADE = "E8ECEF"
# What XML cannot hold.
UNWRITABLE = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What openpyxl and what it reads with raise for a broken workbook.
_BROKEN = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    AttributeError,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    KeyError,
    ValueError,
    IndexError,
    TypeError,
    SyntaxError,
)


class NotASheet(ValueError):
    """Say in a sentence why bytes are not the table that was asked for."""


def write(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int]) -> bytes:
    """Return a workbook of one sheet: the headings, then the rows, all as text; `widths` in characters.

    What it cannot hold is written as U+FFFD.
    """
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in (headings, *rows):
        sheet.append([UNWRITABLE.sub("\ufffd", text) for text in row])
    for cell in (cell for row in sheet.iter_rows() for cell in row):
        # Text stays text: what begins with “=” is no formula of whoever opens it.
        cell.data_type = "s"
        cell.alignment = Alignment(vertical="top", wrap_text=True)
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor=_SHADE)
    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "A2"
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def read(content: bytes, headings: Sequence[str]) -> list[tuple[int, tuple[str, ...]]]:
    """Return the rows of the first sheet, each with its number there and its texts in the order of `headings`.

    Empty rows are left out, other columns passed over. Raises NotASheet for what is no workbook, is too large, has too
    many rows or lacks a heading.
    """
    _fits(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        found = book.worksheets[0].iter_rows(values_only=True)
        first = [_text(value) for value in next(found, ())]
        lacking = [one for one in headings if one not in first]
        if lacking:
            raise NotASheet(f"its first row lacks the headings {'、'.join(lacking)}; start from the sheet of the hub")
        places = [first.index(one) for one in headings]
        rows = []
        for number, values in enumerate(found, 2):
            texts = [_text(value) for value in values]
            row = tuple(texts[place] if place < len(texts) else "" for place in places)
            if any(row):
                rows.append((number, row))
            if len(rows) > MOST_ROWS:
                raise NotASheet(f"it has more than {MOST_ROWS:,} rows; split it")
    except NotASheet:
        raise
    except _BROKEN as error:
        raise NotASheet(f"it cannot be read as a spreadsheet (.xlsx): {type(error).__name__}") from error
    return rows


def _fits(content: bytes) -> None:
    if len(content) > MOST_BYTES:
        raise NotASheet(f"it has {len(content):,} bytes; at most {MOST_BYTES:,} are read")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(member.file_size for member in packed.infolist())
    except zipfile.BadZipFile as error:
        raise NotASheet("it is no spreadsheet (.xlsx)") from error
    if unpacked > MOST_UNPACKED:
        raise NotASheet(f"unpacked it would have {unpacked:,} bytes; at most {MOST_UNPACKED:,} are read")


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return str(value).strip()


def main() -> None:
    """Read a sheet from standard input by the headings given as JSON; write {"rows"} or {"why"} as JSON."""
    answer: dict[str, Any]
    try:
        answer = {"rows": read(sys.stdin.buffer.read(MOST_BYTES + 1), json.loads(sys.argv[1]))}
    except NotASheet as error:
        answer = {"why": str(error)}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()

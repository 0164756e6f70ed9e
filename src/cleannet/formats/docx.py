"""An official form as an editable Word document: the same table as the PDF, the same bytes for the same input."""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import _Cell, _Row

from cleannet.core.form import Filled, placed, rows

FONT = "宋体"
_GRID = (3, 3, 3, 3, 2, 3)  # widths in cm of the six columns that rows of one, two and three fields share
_SPANS = {1: ((0, 1), (2, 5)), 2: ((0, 0), (1, 2), (3, 3), (4, 5)), 3: tuple((n, n) for n in range(6))}
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def digests() -> dict[str, str]:
    """Return what makes the bytes: the digest of this layout and the version of python-docx."""
    return {"layout": hashlib.sha256(Path(__file__).read_bytes()).hexdigest(), "docx": version("python-docx")}


def render(filled: Filled, issued_at: datetime) -> bytes:
    """Return the form as .docx; `issued_at` is aware and becomes the document's own date."""
    document = Document()
    _set_up(document, landscape=bool(placed(filled.form, "column")))
    _line(document, filled.form.title.zh, Pt(16), WD_ALIGN_PARAGRAPH.CENTER)
    listed = bool(placed(filled.form, "column"))
    for field in placed(filled.form, "above"):
        if field.key == "unit" and not listed:
            _line(document, f"（{field.text.zh}：{filled.shown(field)}）", Pt(10.5), WD_ALIGN_PARAGRAPH.CENTER)
        else:
            _line(document, f"{field.text.zh}：{filled.shown(field)}", Pt(10.5))
    if listed:
        _list(document, filled)
    else:
        _table(document, filled)
    if filled.note:
        _line(document, filled.note, Pt(9))
    document.core_properties.created = document.core_properties.modified = issued_at.astimezone(UTC).replace(
        tzinfo=None
    )
    document.core_properties.title = filled.form.title.zh
    document.core_properties.author = ""
    raw = io.BytesIO()
    document.save(raw)
    return _stable(raw.getvalue())


def read(content: bytes) -> list[list[str]]:
    """Return the texts above the table, one a row, then those of every table row, merged cells once."""
    document = Document(io.BytesIO(content))
    found = [[paragraph.text] for paragraph in document.paragraphs if paragraph.text]
    for table in document.tables:
        for row in table.rows:
            found.append([cell.text for cell in dict.fromkeys(row.cells)])
    return found


def _set_up(document: WordDocument, landscape: bool) -> None:
    section = document.sections[0]
    width, height = Cm(21), Cm(29.7)
    section.page_width, section.page_height = (height, width) if landscape else (width, height)
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.left_margin = section.right_margin = Cm(2)
    style = document.styles["Normal"]
    style.font.name = FONT
    style.font.size = Pt(10.5)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONT)


def _line(document: WordDocument, text: str, size: Pt, alignment: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.LEFT) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = alignment
    paragraph.add_run(text).font.size = size


def _table(document: WordDocument, filled: Filled) -> None:
    table = document.add_table(rows=0, cols=len(_GRID), style="Table Grid")
    table.autofit = False
    for row in rows(filled.form):
        made = table.add_row()
        texts = [text for field in row for text in (field.text.zh, filled.shown(field))]
        _span(made, _SPANS[len(row)])
        _write([_Cell(cell, table) for cell in made._tr.tc_lst], texts, labels=True)


def _span(row: _Row, spans: Sequence[tuple[int, int]]) -> None:
    """Join the cells of a new, empty row; python-docx's own merge moves contents and costs half a page's time."""
    cells = row._tr.tc_lst
    for first, last in spans:
        cells[first].grid_span = last - first + 1
        cells[first].width = Cm(sum(_GRID[first : last + 1]))
        for joined in cells[first + 1 : last + 1]:
            row._tr.remove(joined)


def _list(document: WordDocument, filled: Filled) -> None:
    columns = placed(filled.form, "column")
    table = document.add_table(rows=0, cols=len(columns), style="Table Grid")
    table.autofit = False
    widths = [25.7 / len(columns)] * len(columns)
    for texts in (
        [field.text.zh for field in columns],
        *([filled.shown(field, line) for field in columns] for line in filled.lines),
    ):
        cells = table.add_row().cells
        _write(cells, texts, labels=False)
        _widths(cells, widths)


def _write(cells: Iterable[_Cell], texts: Sequence[str], labels: bool) -> None:
    for place, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        cell.text = text
        if labels and place % 2 == 0:
            cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER


def _widths(cells: Sequence[_Cell], widths: Sequence[float]) -> None:
    for cell, width in zip(cells, widths, strict=True):
        cell.width = Cm(width)


def _stable(content: bytes) -> bytes:
    """Return the same document with its parts in order and without the moment of packing."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist(), key=lambda part: (part != "[Content_Types].xml", part)):
            info = zipfile.ZipInfo(name, _ZIP_EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, source.read(name))
    return packed.getvalue()

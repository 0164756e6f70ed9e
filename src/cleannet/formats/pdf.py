"""An official form as PDF, by typst: the table the annex prints, the same bytes for the same input."""

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import version
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path

import typst
from fontTools.ttLib import TTCollection, TTFont

from cleannet.core.clock import BEIJING
from cleannet.core.form import Filled, placed, rows
from cleannet.core.refusal import Refusal

_TEMPLATE = "form.typ"


@dataclass(frozen=True, slots=True)
class Font:
    """Name one font: its family, its file, and for a collection its place in it; `digest` is the file's SHA-256."""

    family: str
    path: Path
    digest: str
    characters: frozenset[int]


class FontMissing(Exception):
    """Say that no font for Chinese is installed."""


class GlyphMissing(Refusal):
    """Say which characters of which field the font cannot print; typst would leave them out without a word."""

    def __init__(self, family: str, missing: dict[str, str]) -> None:
        self.missing = missing
        told = "; ".join(f"{field}: {characters}" for field, characters in missing.items())
        super().__init__("form.glyph_missing", font=family, missing=told)


FAMILIES = ("Noto Sans CJK SC", "WenQuanYi Micro Hei", "Source Han Sans SC")


def font_folders() -> tuple[Path, ...]:
    """Return where fonts may be: the system's folders, then the package mplfonts where it is installed."""
    package = find_spec("mplfonts")
    shipped = [Path(package.origin).parent / "fonts"] if package and package.origin else []
    return (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), *shipped)


@cache
def find_font(folders: tuple[Path, ...]) -> Font:
    """Return the first font of `FAMILIES` in the folders; raise FontMissing when there is none."""
    candidates = [
        path
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in (".ttf", ".otf", ".ttc")
        and any(word in path.name for word in ("NotoSansCJK", "wqy-microhei", "SourceHanSans"))
        and "Bold" not in path.name
    ]
    for family in FAMILIES:
        for path in candidates:
            content = path.read_bytes()
            for face in _faces(path.suffix.lower(), content):
                if family in (face["name"].getDebugName(16), face["name"].getDebugName(1)):
                    return Font(family, path, hashlib.sha256(content).hexdigest(), frozenset(face.getBestCmap()))
    raise FontMissing(
        "No font for Chinese was found. Install Debian's fonts-noto-cjk or fonts-wqy-microhei, or cleannet[fonts]."
    )


def template() -> str:
    """Return the text of the template; its SHA-256 belongs to every issued paper."""
    return files("cleannet.formats").joinpath(_TEMPLATE).read_text(encoding="utf-8")


def digests(font: Font) -> dict[str, str]:
    """Return what makes the bytes: the digests of template and font and the version of typst."""
    return {
        "template": hashlib.sha256(template().encode()).hexdigest(),
        "font": font.digest,
        "typst": version("typst"),
    }


def render(filled: Filled, font: Font, issued_at: datetime) -> bytes:
    """Return the form as PDF, dated `issued_at` (aware). Raises GlyphMissing for a character the font lacks."""
    data: dict[str, object] = {
        "family": font.family,
        "title": filled.form.title.zh,
        "note": filled.note,
        "date": issued_at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
        "above": [[field.key, field.text.zh, filled.shown(field)] for field in placed(filled.form, "above")],
        "rows": [[[field.text.zh, filled.shown(field)] for field in row] for row in rows(filled.form)],
        "columns": [field.text.zh for field in placed(filled.form, "column")],
        "lines": [[filled.shown(field, line) for field in placed(filled.form, "column")] for line in filled.lines],
    }
    _check_glyphs(data, font)
    with as_file(files("cleannet.formats").joinpath(_TEMPLATE)) as path:
        return typst.compile(
            str(path),
            font_paths=[str(font.path.parent)],
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        )


def _faces(suffix: str, content: bytes) -> Iterator[TTFont]:
    if suffix == ".ttc":
        yield from TTCollection(io.BytesIO(content), lazy=True).fonts
    else:
        yield TTFont(io.BytesIO(content), lazy=True)


def _check_glyphs(data: dict[str, object], font: Font) -> None:
    missing: dict[str, str] = {}
    for name, text in _texts(data):
        absent = "".join(sorted({sign for sign in text if sign not in "\n\t" and ord(sign) not in font.characters}))
        if absent:
            missing[name] = absent
    if missing:
        raise GlyphMissing(font.family, missing)


def _texts(value: object, name: str = "title") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, str(key))
    elif isinstance(value, list):
        label = next((item for item in value if isinstance(item, str) and item), name)
        for item in value:
            yield from _texts(item, label)

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from cleannet.core.form import fill
from cleannet.core.policy_file import shipped
from cleannet.formats import pdf

FORMS = shipped()["mobile_malware_2011"].forms
AT = datetime(2026, 11, 22, 2, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def font() -> pdf.Font:
    return pdf.find_font(pdf.font_folders())


def text_of(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    return re.sub(r"[\s\u200b]", "", "".join(page.extract_text() for page in pages))


@pytest.mark.parametrize("form", list(FORMS))
def test_every_field_and_value_is_printed(form: str, font: pdf.Font) -> None:
    values = {field.key: f"值{field.key}" for field in FORMS[form].fields if field.place != "column"}
    line = {field.key: f"列{field.key}" for field in FORMS[form].fields if field.place == "column"}
    text = text_of(pdf.render(fill(FORMS[form], values, [line]), font, AT))
    for field in FORMS[form].fields:
        assert field.text.zh in text
    for value in (*values.values(), *line.values()):
        assert value in text


def test_an_empty_field_prints_to_be_checked(font: pdf.Font) -> None:
    assert "潜在危害待查" in text_of(pdf.render(fill(FORMS["annex3"], {}), font, AT))


def test_what_looks_like_markup_is_printed_as_it_is(font: pdf.Font) -> None:
    text = text_of(pdf.render(fill(FORMS["annex3"], {"remarks": "#panic() *a* $x$ <b> \\ @y"}), font, AT))
    assert "#panic()*a*$x$<b>\\@y" in text


def test_a_long_address_stays_in_its_cell(font: pdf.Font) -> None:
    address = "a-very-long-address-of-a-duty-officer-at-night@mobile-operator-of-the-province.example"
    content = pdf.render(fill(FORMS["annex3"], {"mail": address}), font, AT)
    assert address in text_of(content)
    assert len(PdfReader(io.BytesIO(content)).pages) == 1


def test_the_same_input_gives_the_same_bytes(font: pdf.Font) -> None:
    filled = fill(FORMS["annex4"], {"task_number": "T-1"})
    assert pdf.render(filled, font, AT) == pdf.render(filled, font, AT)


def test_a_missing_glyph_is_an_error_that_names_the_field(font: pdf.Font) -> None:
    with pytest.raises(pdf.GlyphMissing, match="主要行为特征") as refused:
        pdf.render(fill(FORMS["annex3"], {"behaviour": "窃取𓂀"}), font, AT)
    assert refused.value.missing == {"主要行为特征": "𓂀"}


def test_without_a_font_nothing_is_printed(tmp_path: Path) -> None:
    with pytest.raises(pdf.FontMissing, match="fonts-noto-cjk"):
        pdf.find_font((tmp_path,))


def test_what_makes_the_bytes_is_named(font: pdf.Font) -> None:
    assert set(pdf.digests(font)) == {"template", "font", "typst"}


def test_a_note_stands_under_the_form(font: pdf.Font) -> None:
    noted = fill(FORMS["annex3"], {}, note="注：所依据文件的效力待核。")
    assert "注：所依据文件的效力待核。" in text_of(pdf.render(noted, font, AT))


def test_a_thousand_names_are_printed_each(font: pdf.Font) -> None:
    hosts = [f"c{number}.evil-emial.example.org" for number in range(1_000)]
    text = text_of(pdf.render(fill(FORMS["annex4"], {"control_servers": "\n".join(hosts)}), font, AT))
    assert [host for host in hosts if host not in text] == []

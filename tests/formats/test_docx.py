import re
from datetime import UTC, datetime

import pytest

from cleannet.core.form import fill
from cleannet.core.policy_file import shipped
from cleannet.formats import docx

FORMS = shipped()["mobile_malware_2011"].forms
AT = datetime(2026, 11, 22, 2, 5, tzinfo=UTC)


def test_the_table_is_the_annexes_own() -> None:
    filled = fill(FORMS["annex3"], {"unit": "甲", "program": "a.privacy.emial.d", "author": "张三", "remarks": "<b>&"})
    read = docx.read(docx.render(filled, AT))
    assert read[0] == ["较大以上移动互联网恶意程序事件报送表"]
    assert read[1] == ["（报送单位：甲）"]
    assert read[4] == ["填报人", "张三", "联系电话", "待查", "E-Mail", "待查"]
    assert read[5] == ["发生时间", "待查", "报送时间", "待查"]
    assert read[6] == ["恶意程序名称", "a.privacy.emial.d"]
    assert read[-1] == ["备注", "<b>&"]


@pytest.mark.parametrize("form", list(FORMS))
def test_every_field_is_printed_in_order(form: str) -> None:
    line = {field.key: f"值{number}" for number, field in enumerate(FORMS[form].fields) if field.place == "column"}
    cells = [cell for row in docx.read(docx.render(fill(FORMS[form], {}, [line]), AT)) for cell in row]
    labels = [re.split("：", cell.strip("（）"), maxsplit=1)[0] if "：" in cell else cell for cell in cells]
    printed = [field.text.zh for field in FORMS[form].fields]
    assert [label for label in labels if label in printed] == printed
    assert set(line.values()) <= set(cells)


def test_the_same_input_gives_the_same_bytes() -> None:
    filled = fill(FORMS["annex5"], {"author": "李四"})
    assert docx.render(filled, AT) == docx.render(filled, AT)
    assert docx.render(filled, AT) != docx.render(fill(FORMS["annex5"], {"author": "李五"}), AT)

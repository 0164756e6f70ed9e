import pytest

from cleannet.edge.provinces import province_code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("44", "44"),
        (" 440100 ", "44"),
        ("广东", "44"),
        ("广东省", "44"),
        ("北京市", "11"),
        ("内蒙古自治区", "15"),
        ("新疆维吾尔自治区", "65"),
        ("香港特别行政区", "81"),
        ("99", ""),
        ("13800138000", ""),
        ("441", ""),
        ("44abcd", ""),
        ("某地", ""),
        ("", ""),
    ],
)
def test_province_code(written: str, code: str) -> None:
    assert province_code(written) == code

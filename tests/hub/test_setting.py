import pytest

from cleannet.hub import accepted
from cleannet.hub.setting import BadSetting, Setting


@pytest.mark.parametrize(
    ("default", "kind", "text", "expected"),
    [("a", "text", "b", "b"), (1, "number", "7", 7), (False, "yes/no", "on", True)],
)
def test_a_setting_is_read_by_the_type_of_its_default(
    default: str | int | bool, kind: str, text: str, expected: str | int | bool
) -> None:
    setting = Setting("X", default, "a test")
    assert (setting.variable, setting.type) == ("CLEANNET_X", kind)
    assert setting.read({}) == default
    assert setting.read({"CLEANNET_X": text}) == expected


def test_what_is_not_accepted_names_the_variable_and_hides_a_secret() -> None:
    given = {"CLEANNET_X": "not base64!"}
    with pytest.raises(BadSetting, match="CLEANNET_X is “not base64!”"):
        Setting("X", "", "a test", accepted.base64_text).read(given)
    with pytest.raises(BadSetting, match="CLEANNET_X is not as it should be"):
        Setting("X", "", "a test", accepted.base64_text, secret=True).read(given)

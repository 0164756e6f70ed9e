from cleannet.hub.interface_words import INTERFACE_WORDS
from cleannet.hub.wording import WORDS


def test_they_are_worded_with_all_others_and_are_the_interfaces_alone() -> None:
    assert {code: WORDS[code] for code in INTERFACE_WORDS} == INTERFACE_WORDS
    assert {code.split(".")[0] for code in INTERFACE_WORDS} == {"api", "web"}
    assert not [code for code in WORDS if code.split(".")[0] in ("api", "web") and code not in INTERFACE_WORDS]

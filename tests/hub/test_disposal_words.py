from cleannet.hub.disposal_words import DISPOSAL_WORDS
from cleannet.hub.wording import WORDS


def test_all_are_among_the_words_and_about_disposal() -> None:
    assert DISPOSAL_WORDS.items() <= WORDS.items()
    assert {code.split(".")[0] for code in DISPOSAL_WORDS} == {"appeal", "order", "feedback"}

from cleannet.hub.life_words import LIFE_WORDS
from cleannet.hub.wording import WORDS


def test_all_are_among_the_words_and_about_an_order() -> None:
    assert LIFE_WORDS.items() <= WORDS.items()
    assert {code.split(".")[0] for code in LIFE_WORDS} == {"order"}

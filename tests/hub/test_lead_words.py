from cleannet.hub.lead_words import LEAD_WORDS
from cleannet.hub.wording import WORDS


def test_all_are_among_the_words_and_about_a_lead_a_circular_or_what_was_seen() -> None:
    assert LEAD_WORDS.items() <= WORDS.items()
    assert {code.split(".")[0] for code in LEAD_WORDS} == {"lead", "circular", "incident"}

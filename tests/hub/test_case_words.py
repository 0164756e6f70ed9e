from django.utils import translation

from cleannet.core.refusal import Refusal
from cleannet.hub.case_words import CASE_WORDS
from cleannet.hub.wording import WORDS, told


def test_all_are_among_the_words_and_about_a_case() -> None:
    assert CASE_WORDS.items() <= WORDS.items()
    assert {code.split(".")[0] for code in CASE_WORDS} == {"incident", "paper", "form", "grading"}


def test_a_refusal_is_worded_in_both_languages() -> None:
    refusal = Refusal("incident.not_open", case="C1")
    with translation.override("en"):
        english = told(refusal)
    with translation.override("zh-hans"):
        chinese = told(refusal)
    assert (english.status, english.what) == (409, "The case C1 is not open any more.")
    assert "C1" in chinese.what
    assert chinese.what != english.what

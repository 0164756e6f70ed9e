import pytest

from cleannet.core import terms
from cleannet.core.policy_file import shipped
from cleannet.core.terms import Grade, Term

VOCABULARIES = [
    terms.GRADES,
    terms.ROLES,
    terms.RECIPIENTS,
    terms.RESOURCES,
    terms.BEHAVIOURS,
    terms.COUNTED,
    terms.MEDIA,
    terms.VERDICTS,
    terms.LEADS,
    terms.ENTRY_KINDS,
]


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_every_term_has_its_key_and_both_languages(vocabulary: dict[str, Term]) -> None:
    for key, term in vocabulary.items():
        assert term.key == key
        assert term.zh.strip()
        assert term.en.strip()


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_no_two_terms_of_one_vocabulary_read_the_same(vocabulary: dict[str, Term]) -> None:
    assert len({term.zh for term in vocabulary.values()}) == len(vocabulary)
    assert len({term.en for term in vocabulary.values()}) == len(vocabulary)


def test_every_kind_of_entry_is_made_by_known_roles() -> None:
    for kind in terms.ENTRY_KINDS.values():
        assert kind.by <= set(terms.ROLES)


def test_grades_compare_by_gravity() -> None:
    assert [grade.gravity for grade in Grade] == [4, 3, 2, 1]
    assert Grade("I").term.zh == "特别重大"


def test_every_fact_a_shipped_law_grades_on_is_named() -> None:
    assert {fact for law in shipped().values() for fact in law.facts()} <= terms.FACTS.keys()


def test_the_behaviours_stand_in_their_official_order() -> None:
    assert " ".join(terms.BEHAVIOURS) == "payment privacy remote spread expense system fraud rogue"

import pytest

from cleannet.core import order_terms, terms
from cleannet.core.term import Term


@pytest.mark.parametrize("name", ["APPEAL_STATES", "ORDER_STATES", "BATCH_STATES", "EFFECTS", "PLACES"])
def test_terms_are_read_from_the_one_place(name: str) -> None:
    found = getattr(terms, name)
    assert found is getattr(order_terms, name)
    assert all(isinstance(term, Term) and term.zh and term.en for term in found.values())

from cleannet.core.term import Term, keyed


def test_terms_are_found_by_their_keys_in_the_order_given_and_cannot_be_changed() -> None:
    found = keyed([Term("b", "乙", "B"), Term("a", "甲", "A")])
    assert list(found) == ["b", "a"]
    assert found["a"].zh == "甲"
    assert not hasattr(found, "__setitem__")

from cleannet.core import allow, route_terms, terms
from cleannet.formats import route_table


def test_they_are_read_as_all_other_terms() -> None:
    for name in ("LISTINGS", "REACHES", "ROUTES", "ROUTE_TABLES", "UNROUTED"):
        assert getattr(terms, name) is getattr(route_terms, name)


def test_every_reach_and_every_table_has_its_term() -> None:
    assert set(route_terms.REACHES) == {allow.NAME, allow.ADDRESS, allow.ONLY_URL, allow.NOTHING, "network"}
    assert set(route_terms.LISTINGS) == set(allow.LIST_KINDS)
    assert set(route_terms.ROUTE_TABLES) == set(route_table.KINDS.values())

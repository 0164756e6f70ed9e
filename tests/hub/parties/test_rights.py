import pytest

from cleannet.core.terms import RIGHTS, ROLES
from cleannet.hub.parties.rights import HELD_BY, allowed


def test_only_known_roles_hold_known_rights() -> None:
    assert set(HELD_BY) <= set(ROLES)
    assert all(rights <= set(RIGHTS) for rights in HELD_BY.values())


@pytest.mark.parametrize(
    ("role", "wanted", "held"),
    [
        ("operator", {"report", "order"}, {"report"}),
        ("bureau", {"read", "verify"}, {"read"}),
        ("cncert", {"verify"}, {"verify"}),
        ("network", {"read"}, set()),
        ("nobody", {"read"}, set()),
    ],
)
def test_a_role_holds_only_what_is_its_own(role: str, wanted: set[str], held: set[str]) -> None:
    assert allowed(role, wanted) == held

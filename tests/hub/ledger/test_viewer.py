import pytest

from cleannet.core.terms import ROLES
from cleannet.hub.ledger.viewer import Viewer


@pytest.mark.parametrize("role", sorted(ROLES))
def test_only_miit_and_cncert_see_everything(role: str) -> None:
    assert Viewer("p", role).sees_all == (role in {"miit", "cncert"})


def test_rights_are_asked_by_name() -> None:
    viewer = Viewer("p", "operator", rights=frozenset({"report"}))
    assert viewer.may("report")
    assert not viewer.may("notice")
    assert not Viewer("p", "miit").may("report")


@pytest.mark.parametrize(
    ("party", "role", "sees"),
    [("op1", "operator", True), ("op2", "operator", False), ("js", "bureau", False), ("m", "miit", True)],
)
def test_figures_are_a_partys_own(party: str, role: str, sees: bool) -> None:
    assert Viewer(party, role, "32").sees_figures_of("op1") is sees

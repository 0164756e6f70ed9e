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

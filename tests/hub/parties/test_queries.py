import pytest
from django.contrib.auth.models import AnonymousUser, User
from tests.hub.world import LAW, NOW, World, viewer

from cleannet.hub.parties import queries
from cleannet.hub.parties.queries import NoParty

pytestmark = pytest.mark.django_db


def test_the_names_of_the_law_are_filled_from_the_register() -> None:
    World().populate()
    participants = queries.standing(
        now=NOW, seat="32", provinces=["32"], relevant=["rr"], disposer="op2", reporter="op1"
    )["participants"]
    assert participants.of("operator") == ("op1", "op2")
    assert participants.of("network") == ("op1",)
    assert participants.of("bureau:relevant") == ("js",)
    assert participants.of("party:relevant") == ("rr",)
    assert participants.of("disposer") == ("op2",)
    assert participants.of("reporter") == ("op1",)
    assert participants.of("cac:provincial") == ("cac-js",)
    assert participants.of("police") == ()


def test_nobody_is_nobody() -> None:
    World().populate()
    stranger = User.objects.create_user("stranger", password="an odd one 9")
    assert queries.viewer_of(AnonymousUser()) is None
    assert queries.viewer_of(stranger) is None
    with pytest.raises(NoParty):
        queries.party("nobody")
    with pytest.raises(NoParty):
        queries.law("0" * 64)


def test_who_sees_which_parties() -> None:
    World().populate()
    assert {party.code for party in queries.parties(viewer("op1"))} == {"op1", "miit", "cncert", "js", "zj"}
    assert {party.code for party in queries.parties(viewer("js"))} >= {"op2", "rr"}


def test_the_laws_of_the_hub_are_those_adopted() -> None:
    World().populate()
    assert [law.id for law in queries.laws(now=NOW)] == [LAW]
    assert queries.laws(now=NOW.replace(year=2025)) == []
    assert set(queries.names(["op1", "nobody"])) == {"op1"}
    assert queries.person(viewer("op1")) is None
    assert queries.actor_of(viewer("op1")).party == "op1"


def test_provinces_without_a_bureau_are_lacking() -> None:
    World().populate()
    found = queries.standing(now=NOW, provinces=["32", "44", "?", ""], added=["33"])["participants"]
    assert (found.of("bureau:relevant"), found.of("bureau:added")) == (("js",), ("zj",))
    assert found.lacking == {"bureau:relevant": ["44", "?"], "bureau:local": ["44", "?"], "bureau:added": []}
    assert queries.unserved([]) == []

import pytest
from tests.hub.world import PROGRAM, World, viewer

from cleannet.hub.programs import queries
from cleannet.hub.programs.queries import NoProgram

pytestmark = pytest.mark.django_db


def test_resources_say_what_they_are_and_how_far_a_disposal_may_reach() -> None:
    World().populate()
    found = queries.resources(viewer("op1"), PROGRAM)
    assert [(one.kind, one.host, one.reach, one.held) for one in found] == [
        ("control", "c2.evil-emial.example.com", "name", False),
        ("distribution", "dl.evil-emial.example.net", "name", False),
    ]


def test_programs_are_known_by_their_code() -> None:
    World().populate()
    assert queries.known([PROGRAM, "nobody"]) == {PROGRAM}
    assert [program.code for program in queries.programs(viewer("op1"))] == [PROGRAM]
    with pytest.raises(NoProgram):
        queries.program(viewer("op1"), "nobody")

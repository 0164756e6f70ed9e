import pytest
from tests.hub.world import NOW, PROGRAM, World, viewer

from cleannet.core.allow import AllowLists, Listed
from cleannet.hub.programs import actions as programs
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


def test_what_is_known_at_or_below_a_host_of_any_program_withdrawn_or_not() -> None:
    World().populate()
    programs.add_program(code="other", now=NOW)
    for text in ("http://example.com/x", "a.example.com", "an-example.com", "198.51.100.7", "198.51.100.0/24", "/path"):
        programs.add_indicator(program="other", text=text, role="domain", source="t", allow=AllowLists(), now=NOW)
    programs.withdraw_indicator(program="other", text="a.example.com", reason="over", now=NOW)
    found = [
        (one.resource.text, one.withdrawn)
        for one in queries.known_at(viewer("op1"), ["example.com"]).get("example.com", [])
    ]
    assert found == [("example.com/x", False), ("a.example.com", True), ("c2.evil-emial.example.com", False)]
    assert [
        one.resource.text for one in queries.known_at(viewer("op1"), ["198.51.100.0/24"]).get("198.51.100.0/24", [])
    ] == [
        "198.51.100.0/24",
        "198.51.100.7",
    ]
    assert [one.resource.text for one in queries.known_at(viewer("op1"), ["198.51.100.7"]).get("198.51.100.7", [])] == [
        "198.51.100.7"
    ]


def test_what_allow_lists_name_is_around_itself_and_below() -> None:
    listed = [
        Listed("example.com", "popular", "top", 1),
        Listed("a.example.com", "ordinary", "own", 2),
        Listed("b.a.example.com", "ordinary", "own", 3),
        Listed("other.example.com", "ordinary", "own", 4),
        Listed("198.51.0.0/16", "cloud", "clouds", 5),
        Listed("198.51.100.7", "cdn", "cdns", 6),
    ]
    programs.keep_allow_lists(lists={one.list for one in listed}, listed=listed)
    around = {
        host: [one.line for one in queries.allowed_around(viewer("op1"), [host]).get(host, [])]
        for host in ("a.example.com", "com", "198.51.100.0/24", "198.51.100.7", "198.52.0.1")
    }
    assert around == {
        "a.example.com": [2, 1, 3],
        "com": [1, 2, 3, 4],
        "198.51.100.0/24": [5, 6],
        "198.51.100.7": [6, 5],
        "198.52.0.1": [],
    }


def test_resources_of_several_programs_are_told_apart() -> None:
    World().populate()
    found = queries.resources_of([PROGRAM, "none"])
    assert (len(found[PROGRAM]), found["none"]) == (2, [])

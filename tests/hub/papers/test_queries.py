import pytest
from tests.hub.world import LAW, NOW, World, viewer

from cleannet.core.policy_file import shipped
from cleannet.hub.papers import actions, queries
from cleannet.hub.papers.queries import NoPaper

pytestmark = pytest.mark.django_db


def issued() -> queries.Paper:
    World().populate()
    prepared = actions.prepare(policy=shipped()[LAW], form="annex5", values={"author": "李"}, at=NOW)
    return actions.issue(prepared=prepared, number="N", case="C", party="op1", recipients=["cncert"], entry="e")


def test_rendering_again_gives_the_same_bytes() -> None:
    assert queries.rendered_again(issued()) == {"docx": True, "pdf": True}


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("font", {"docx": True, "pdf": None}),
        ("typst", {"docx": True, "pdf": None}),
        ("layout", {"docx": None, "pdf": True}),
        ("docx", {"docx": None, "pdf": True}),
    ],
)
def test_made_by_another_part_nothing_can_be_said(part: str, said: dict[str, bool | None]) -> None:
    paper = issued()
    paper.made_with = {**paper.made_with, part: "another"}
    assert queries.rendered_again(paper) == said


@pytest.mark.parametrize("code", ["op2", "rr", "zj"])
def test_a_stranger_sees_no_paper(code: str) -> None:
    paper = issued()
    with pytest.raises(NoPaper):
        queries.paper(viewer(code), paper.pk)
    assert queries.paper(viewer("op1"), paper.pk) == paper


def test_a_paper_has_two_kinds_of_file() -> None:
    paper = issued()
    assert queries.content(paper, "docx")[:2] == b"PK"
    with pytest.raises(NoPaper):
        queries.content(paper, "exe")

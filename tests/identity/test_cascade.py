from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.identity.test_similarity import NEARBY, ONE

from cleannet.identity.cascade import Figures, Library, Sample, replay

DAY = timedelta(days=1)
START = datetime(2026, 1, 1, tzinfo=UTC)
FAR = "T1" + "0F" * 35


def sample(
    name: str, day: int, *, tlsh: str = "", package: str = "", certificate: str = "", family: str = "F"
) -> Sample:
    return Sample(name, tlsh, package, certificate, START + day * DAY, family, "privacy")


@pytest.mark.parametrize(
    ("asked", "neighbour", "key", "distance"),
    [
        (sample("same", 9, tlsh=FAR, package="other"), "same", "sha256", None),
        (sample("new", 9, tlsh=NEARBY, package="p.one"), "near", "tlsh", 1),
        (sample("new", 9, tlsh=FAR, package="p.one", certificate="c"), "package", "package", None),
        (sample("new", 9, package="p.none", certificate="c"), "certificate", "certificate", None),
        (sample("new", 9, package="p.none", certificate="public"), None, "", None),
        (sample("new", 9), None, "", None),
    ],
)
def test_the_first_key_that_answers_decides(
    asked: Sample, neighbour: str | None, key: str, distance: int | None
) -> None:
    library = Library(
        [
            sample("same", 1),
            sample("older", 1, tlsh=ONE),
            sample("near", 2, tlsh=ONE),
            sample("package", 3, package="p.one"),
            sample("certificate", 4, certificate="c"),
            sample("anybody", 5, certificate="public"),
        ],
        {"public"},
    )
    found = library.identify(asked, len(library.samples))
    assert (found and (found.neighbour.sha256, found.key, found.distance)) == (
        (neighbour, key, distance) if neighbour else None
    )


def test_only_what_was_seen_before_answers_and_of_equals_the_newest() -> None:
    library = Library([sample(f"s{day}", day, package="p") for day in (3, 1, 2)])
    asked = sample("new", 9, package="p")
    assert [library.before(START + day * DAY) for day in (1, 2, 9)] == [0, 1, 3]
    answers = [library.identify(asked, until) for until in range(4)]
    assert [answer and answer.neighbour.sha256 for answer in answers] == [None, "s1", "s2", "s3"]


def test_of_those_that_came_at_once_the_file_does_not_decide() -> None:
    both = [sample("a", 1, package="p"), sample("b", 1, package="p", family="G")]
    answers = [Library(order).identify(sample("new", 9, package="p"), 2) for order in (both, both[::-1])]
    assert answers[0] == answers[1]


def test_a_set_is_replayed_in_time_order() -> None:
    samples = [
        sample("a", 0, package="p"),
        sample("b", 0, package="p"),
        sample("c", 1, package="p"),
        sample("d", 8, package="p", family="G"),
        sample("e", 9, package="q"),
        sample("f", 9, package="p", family=""),
    ]
    # a and b came at once, and of d the newest before it says F.
    assert replay(samples, lambda one: one.family) == Figures(5, 2, 1)
    assert replay(samples, lambda one: one.family, DAY) == Figures(5, 2, 1)
    assert replay(samples, lambda one: one.family, 8 * DAY) == Figures(5, 1, 0)
    assert replay(samples, lambda one: one.family, 9 * DAY) == Figures(5, 0, 0)
    assert replay(samples, lambda one: one.kind) == Figures(6, 3, 3)
    figures = Figures(5, 2, 1)
    assert (figures.coverage, figures.precision) == (0.4, 0.5)
    assert (Figures(0, 0, 0).coverage, Figures(0, 0, 0).precision) == (0.0, 0.0)


def test_certificates_of_anybody_answer_nothing_in_a_replay() -> None:
    samples = [sample("a", 0, certificate="public"), sample("b", 1, certificate="public")]
    assert replay(samples, lambda one: one.family, public={"public"}) == Figures(2, 0, 0)
    own = [replace(one, certificate="own") for one in samples]
    assert replay(own, lambda one: one.family, public={"public"}) == Figures(2, 1, 1)

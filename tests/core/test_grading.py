import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.core.grading import Graded, NotApplicable, grade, regraded
from cleannet.core.policy_file import shipped
from cleannet.core.terms import Grade

LAW = shipped()["mobile_malware_2011"]
FIGURES = st.integers(0, 200_000)
LOSSES = st.integers(0, 2 * 10**9)


@pytest.mark.parametrize(
    ("infected", "fen", "expected"),
    [
        (10_000, 0, "IV"),
        (10_001, 0, "III"),
        (0, 100_000_000, "IV"),
        (0, 100_000_001, "III"),
        (50_001, 100_000_001, "II"),
        (100_000, 1_000_000_001, "I"),
    ],
)
def test_strictly_more_passes(infected: int, fen: int, expected: str) -> None:
    graded = grade(LAW, {"infected_24h": infected, "loss_fen": fen})
    assert (graded.grade, graded.article) == (Grade(expected), "八")


def test_the_proof_names_what_was_passed() -> None:
    graded = grade(LAW, {"infected_24h": 60_000, "loss_fen": 10**9 + 1})
    assert [(threshold.fact, threshold.figure) for threshold in graded.passed] == [("loss_fen", 10**9)]


def test_a_law_that_grades_on_other_facts_is_not_applicable() -> None:
    with pytest.raises(NotApplicable) as refused:
        grade(shipped()["incident_reporting_2025"], {"infected_24h": 1_000_000})
    assert refused.value.code == "grading.not_applicable"
    assert "people_leaked" in str(refused.value.facts["graded_on"])


@given(FIGURES, LOSSES, FIGURES, LOSSES)
def test_grading_is_monotone_in_both_figures(infected: int, loss: int, more: int, dearer: int) -> None:
    low = grade(LAW, {"infected_24h": infected, "loss_fen": loss})
    high = grade(LAW, {"infected_24h": infected + more, "loss_fen": loss + dearer})
    assert high.grade.gravity >= low.grade.gravity


@given(FIGURES, LOSSES)
def test_grading_agrees_with_the_article_read_aloud(infected: int, loss: int) -> None:
    if loss > 10_000_000_00 or infected > 100_000:
        expected = "I"
    elif loss > 5_000_000_00 or infected > 50_000:
        expected = "II"
    elif loss > 1_000_000_00 or infected > 10_000:
        expected = "III"
    else:
        expected = "IV"
    assert grade(LAW, {"infected_24h": infected, "loss_fen": loss}).grade == expected


@pytest.mark.parametrize(
    ("before", "now", "enter"), [(None, "IV", True), ("IV", "III", True), ("II", "II", False), ("I", "III", False)]
)
def test_a_lower_figure_is_a_correction_not_a_grade(before: str | None, now: str, enter: bool) -> None:
    earlier = Graded(LAW.id, Grade(before), "八") if before else None
    assert regraded(earlier, Graded(LAW.id, Grade(now), "八")) is enter

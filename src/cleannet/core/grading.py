"""分级: the grade a law gives to facts, with the article that gives it."""

from collections.abc import Mapping
from dataclasses import dataclass

from cleannet.core.policy import Policy, Threshold
from cleannet.core.refusal import Refusal
from cleannet.core.terms import Grade


@dataclass(frozen=True, slots=True)
class Graded:
    """Hold a grade, the article that gives it, and the thresholds that were passed (none for what is left)."""

    policy: str
    grade: Grade
    article: str
    passed: tuple[Threshold, ...] = ()


class NotApplicable(Refusal):
    """Say that a law does not grade on the facts given."""


def grade(policy: Policy, facts: Mapping[str, int]) -> Graded:
    """Return the gravest grade whose threshold any fact passes.

    Facts are whole numbers by name, as the law names them; money in fen (`loss_fen`). A fact the law does not know has
    no say. Raises NotApplicable when the law grades on none of the facts given.
    """
    known = {fact: figure for fact, figure in facts.items() if fact in policy.facts()}
    if not known:
        raise NotApplicable(
            "grading.not_applicable", policy=policy.id, given=sorted(facts), graded_on=sorted(policy.facts())
        )
    for rule in policy.grading:
        passed = tuple(
            threshold
            for threshold in rule.thresholds
            if threshold.fact in known and threshold.passed_by(known[threshold.fact])
        )
        if passed or not rule.thresholds:
            return Graded(policy.id, rule.grade, rule.article, passed)
    raise NotApplicable("grading.no_grade", policy=policy.id, given=sorted(known))


def regraded(before: Graded | None, now: Graded) -> bool:
    """Return whether `now` is to be entered: the first grade, or a graver one. A lower figure is a correction."""
    return before is None or now.grade.gravity > before.grade.gravity

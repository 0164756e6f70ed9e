"""Grade what a run found and say what is owed until when, by the law's own engine, while the hub is away."""

from dataclasses import dataclass
from datetime import datetime

from cleannet.core.clock import shipped_calendar
from cleannet.core.duty import Duty, arising
from cleannet.core.entry import Facts, Participants
from cleannet.core.grading import grade
from cleannet.core.policy import Policy
from cleannet.core.terms import RECIPIENTS, ROLES, Grade
from cleannet.formats.tally import NUMBERS, Tally

INFECTED, LOSS = "infected_24h", "loss_fen"
_THIS = "operator"
_EVERYBODY = Participants({name: (name,) for name in (*ROLES, *RECIPIENTS)})


@dataclass(frozen=True, slots=True)
class Owed:
    """Say that a program reached a grade, by which article, and what this operator owes for it."""

    program: str
    grade: Grade
    article: str
    duties: tuple[Duty, ...]


def owed(tally: Tally, policy: Policy, found_at: datetime) -> tuple[Owed, ...]:
    """Return what is owed for each program that passed a threshold; a run over addresses grades by loss only."""
    graded = []
    for program in tally.programs:
        facts = {LOSS: program.loss_fen}
        if tally.subscribers == NUMBERS:
            facts[INFECTED] = program.infected.maximum
        result = grade(policy, facts)
        if result.passed:
            graded.append(Owed(program.program, result.grade, result.article, _duties(policy, result.grade, found_at)))
    return tuple(graded)


def _duties(policy: Policy, reached: Grade, found_at: datetime) -> tuple[Duty, ...]:
    entry = Facts(
        kind="incident.graded",
        role=_THIS,
        party=_THIS,
        happened_at=found_at,
        found_at=found_at,
        refs={"case": "unnumbered"},
        grades={policy.id: reached},
    )
    duties = arising(policy, entry, _EVERYBODY, shipped_calendar())
    return tuple(duty for duty in duties if duty.owes == _THIS)

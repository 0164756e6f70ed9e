from datetime import timedelta
from typing import Any

import pytest
from tests.hub.world import LAW, NOW, PROGRAM, World, viewer

from cleannet.core.refusal import Refusal
from cleannet.hub.incidents import observations
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.queries import Entry
from cleannet.hub.programs import actions as programs

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def observe(code: str = "cncert", **changes: Any) -> Entry:
    given = {"program": PROGRAM, "operator": "op2", "infected": 60_000, "began_at": NOW - 24 * HOUR, "ended_at": NOW}
    given |= {"source": " 骨干网监测 ", "now": NOW, **changes}
    return observations.observe(viewer=viewer(code), **given)


@pytest.mark.parametrize(
    ("infected", "grade"), [(0, {}), (10_000, {}), (10_001, {LAW: "III"}), (50_001, {LAW: "II"}), (100_001, {LAW: "I"})]
)
def test_what_was_seen_is_entered_with_the_grade_whose_threshold_it_passes(
    infected: int, grade: dict[str, str]
) -> None:
    World().populate()
    entry = observe(infected=infected)
    assert entry.grades == grade
    assert entry.facts == {
        "program": PROGRAM,
        "operator": "op2",
        "began_at": (NOW - 24 * HOUR).isoformat(),
        "figures": {"infected_24h": infected},
    }
    assert (entry.happened_at, entry.case, entry.text) == (NOW, "", "骨干网监测")
    assert ledger.open_duties(viewer("cncert")).filter(opened_by=entry).count() == 0


def test_it_is_on_the_open_case_of_its_program_and_neither_operator_nor_bureau_reads_it() -> None:
    (case,) = World().populate().tally("op1", 60_000, NOW).cases
    entry = observe()
    assert entry.case == case
    seers = [
        code for code in ("miit", "cncert", "op1", "op2", "js") if observations.observations(viewer(code)).exists()
    ]
    assert seers == ["miit", "cncert"]
    assert ledger.entries(viewer("js")).filter(id=entry.id).count() == 0


def test_a_branch_is_its_group_and_an_alias_its_unit() -> None:
    World().populate().branch_out()
    programs.add_program(code="alias", now=NOW)
    programs.merge(alias="alias", into=PROGRAM)
    facts = observe(program="alias", operator="op1-js").facts
    assert (facts["program"], facts["operator"]) == (PROGRAM, "op1")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"program": "none"}, "program.unknown"),
        ({"operator": "nobody"}, "party.unknown"),
        ({"operator": "rr"}, "incident.no_operator"),
        ({"source": " "}, "incident.source_missing"),
        ({"began_at": NOW - 24 * HOUR - timedelta(microseconds=1)}, "incident.not_within_a_day"),
        ({"began_at": NOW}, "incident.not_within_a_day"),
        ({"began_at": NOW, "ended_at": NOW + HOUR}, "entry.in_future"),
        ({"code": "op1"}, "entry.not_your_role"),
        ({"code": "miit"}, "entry.not_your_role"),
    ],
)
def test_what_cannot_be_stated_is_refused_and_leaves_nothing(change: dict[str, Any], code: str) -> None:
    World().populate()
    before = ledger.entries(viewer("cncert")).count()
    with pytest.raises(Refusal) as refused:
        observe(**change)
    assert refused.value.code == code
    assert ledger.entries(viewer("cncert")).count() == before

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from cleannet.core.clock import BEIJING, shipped_calendar
from cleannet.core.entry import Facts
from cleannet.core.leads import Lead, leads
from cleannet.core.policy_file import shipped
from cleannet.core.replay import Docket, Participants
from cleannet.core.terms import LEADS, Grade

LAW = shipped()["mobile_malware_2011"]
REPORTING = shipped()["incident_reporting_2025"]
AT = datetime(2026, 11, 22, 10, tzinfo=BEIJING)
HOUR = timedelta(hours=1)
ROLES = {"miit": ["miit"], "cncert": ["cncert"], "bureau:relevant": ["js"], "disposer": ["op1"]}
FIGURES = {"infected_24h": 60_000, "loss_fen": 700_050}


@dataclass(frozen=True)
class Act:
    """An entry as a ledger row has it: what the law sees, a number and its facts."""

    entry: Facts
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.entry, name)

    @property
    def id(self) -> str:
        return f"{self.kind} {self.party} {self.happened_at.astimezone(BEIJING):%H:%M}"


@dataclass(frozen=True)
class Row:
    """A duty as a ledger row has it."""

    duty: Any
    opened_by: Act
    met_by: Act | None = None
    void_by: Act | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.duty, name)


def act(kind: str, party: str, hours: float = 0, *, facts: Mapping[str, Any] | None = None, **changes: Any) -> Act:
    given: dict[str, Any] = {
        "kind": kind,
        "role": party if party in ("cncert", "miit") else "operator",
        "party": party,
        "happened_at": AT + hours * HOUR,
        "found_at": AT + hours * HOUR,
        "received_at": AT + hours * HOUR,
        "refs": {"case": "C1"},
        "grades": {LAW.id: Grade.II},
    }
    return Act(Facts(**{**given, **changes}), facts or {})


def graded(party: str = "op1", hours: float = 0, **changes: Any) -> Act:
    return act("incident.graded", party, hours, **{"facts": {"figures": FIGURES}, **changes})


def reported(hours: float, **changes: Any) -> Act:
    return act("incident.reported", "op1", hours, **{"recipients": ("miit", "js", "cncert"), **changes})


def seen(hours: float = 0, operator: str = "op2", **changes: Any) -> Act:
    """CNCERT saw numbers at an operator in the hour before."""
    facts = {"program": "p", "operator": operator, "began_at": (AT + (hours - 1) * HOUR).isoformat(), "figures": {}}
    facts["figures"] = {"infected_24h": changes.pop("infected", 60_000)}
    return act("incident.observed", "cncert", hours, **{"facts": facts, "refs": {}, **changes})


def opened(hours: float = -2, case: str = "C1", program: str = "p") -> Act:
    return act("incident.opened", "op1", hours, refs={"case": case}, facts={"program": program})


def fed_back(done: bool = True, hours: float = 0) -> Act:
    items = [{"order": "O1", "done": done, "reason": ""}, {"order": "O2", "done": True, "reason": ""}]
    refs = {"case": "C1", "notice": "N1", "feedback": "F1"}
    return act("disposal.fed_back", "op1", hours, facts={"items": items}, refs=refs, recipients=("cncert",))


def verified(verdict: str, feedback: str = "F1") -> Act:
    refs = {"case": "C1", "notice": "N1", "feedback": feedback}
    verdicts = {"O1": verdict, "O2": "gone"}
    return act("disposal.verified", "cncert", 2, facts={"verdicts": verdicts}, refs=refs)


def found(*acts: Act, now: float = 24) -> list[Lead]:
    """Play acts in order, as the ledger does, and return the leads as of `now` hours after the first."""
    docket = Docket([LAW], Participants(ROLES), shipped_calendar())
    opened: dict[str, Act] = {}
    for one in acts:
        docket.enter(one.entry)
        opened |= {key: one for key in docket.standing if key not in opened}
    by_moment = {one.happened_at: one for one in acts}
    rows = [
        Row(standing.duty, opened[key], by_moment.get(standing.met_at), by_moment.get(standing.void_at))  # type: ignore[arg-type] - none is no moment of an act
        for key, standing in docket.standing.items()
    ]
    return list(leads([LAW, REPORTING], rows, [one for one in acts], AT + now * HOUR))


def told(found: list[Lead]) -> list[tuple[str, str, str]]:
    return [(lead.kind, lead.party, lead.article) for lead in found]


@pytest.mark.parametrize(
    ("acts", "now", "expected"),
    [
        # On time, exactly at the end, not yet due.
        ([graded(), reported(1)], 24, []),
        ([graded(), reported(2)], 24, []),
        ([graded()], 2, []),
        # 迟报
        ([graded(), reported(2.5)], 24, [("late", "op1", "十(二)")]),
        # A report that missed a recipient: outstanding, but nothing concealed.
        ([graded(), reported(1, recipients=("miit",))], 24, [("late", "op1", "十(二)")]),
        # A claim by phone that nobody confirmed is a report all the same.
        ([graded(), reported(1, medium="phone", urgent=True)], 24, [("late", "op1", "十(二)")]),
        # Annulled in time; annulled too late stays late.
        ([graded(), act("incident.annulled", "cncert", 1)], 24, []),
        ([graded(), act("incident.annulled", "cncert", 3)], 24, [("late", "op1", "十(二)")]),
        # 瞒报: its own figures passed, nothing came.
        ([graded()], 24, [("concealed", "op1", "十(二)")]),
        # Somebody else's report, another case's report, or one before it was graded is none.
        ([graded(), act("incident.reported", "op2", 1)], 24, [("concealed", "op1", "十(二)")]),
        ([graded(), reported(1, refs={"case": "C2"})], 24, [("concealed", "op1", "十(二)")]),
        ([reported(0), graded(hours=1)], 24, [("concealed", "op1", "十(二)")]),
        # Graded without figures of its own: late only.
        ([graded(facts={})], 24, [("late", "op1", "十(二)")]),
        # What has no limit is never late.
        ([graded(grades={LAW.id: Grade.IV})], 9999, []),
    ],
)
def test_late_and_possibly_concealed(acts: list[Act], now: float, expected: list[tuple[str, str, str]]) -> None:
    assert told(found(*acts, now=now)) == expected


def test_a_late_feedback_is_late_though_it_is_no_report_of_an_incident() -> None:
    received = act("notice.received", "op1", refs={"case": "C1", "notice": "N1"})
    (lead,) = found(received)
    assert (lead.kind, lead.party, lead.article, lead.case) == ("late", "op1", "十一(四)", "C1")


def test_a_lead_names_its_evidence_and_says_the_moments() -> None:
    (lead,) = found(graded(), reported(2.5))
    assert lead.evidence[1:] == ("incident.graded op1 10:00", "incident.reported op1 12:30")
    assert lead.evidence[0].startswith("mobile_malware_2011|10.2.urgent")
    assert lead.said.zh == "时限2026-11-22 12:00:00，于2026-11-22 12:30:00作出"
    assert lead.said.en == "Due 2026-11-22 12:00:00, done 2026-11-22 12:30:00"
    assert lead.policy == LAW.id


def ordinary(party: str, hours: float = 0, case: str = "C1") -> Act:
    """A count below every threshold: graded, and nothing more is owed within a limit."""
    return graded(party, hours, grades={LAW.id: Grade.IV}, refs={"case": case})


OMITTED = [("omitted", "op2", "十(二)")]


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        # There is no case at all, or one that op2 has no part in.
        ([seen()], OMITTED),
        ([opened(), ordinary("op1"), seen()], OMITTED),
        # No threshold was passed.
        ([seen(grades={})], []),
        # Once for an operator, a program and a law in a month, however often it was seen.
        ([seen(), seen(1)], OMITTED),
        ([seen(), seen(operator="op3")], [*OMITTED, ("omitted", "op3", "十(二)")]),
        # It counted it or reported it, whichever came first.
        ([opened(), ordinary("op2"), seen(1)], []),
        ([opened(), seen(), ordinary("op2", 1)], []),
        ([opened(), seen(), act("incident.reported", "op2", 1, grades={LAW.id: Grade.IV})], []),
        # Of another program, or in a case that was over before: not this incident.
        ([opened(program="q"), ordinary("op2"), seen()], OMITTED),
        ([opened(-9), ordinary("op2", -8), act("incident.closed", "cncert", -1.5), seen()], OMITTED),
        ([opened(-9), ordinary("op2", -8), act("incident.closed", "cncert", -1), seen()], []),
        (
            [
                opened(-9),
                ordinary("op2", -8),
                act("incident.closed", "cncert", -3),
                act("incident.reopened", "cncert", -2),
                seen(),
            ],
            [],
        ),
        # There was no incident; an annulment of long ago says nothing of this one.
        ([opened(), seen(), act("incident.annulled", "cncert", 1)], []),
        ([opened(-9), act("incident.annulled", "cncert", -1.5), seen()], OMITTED),
        # Nobody but the operators is asked to report by that article.
        ([seen(grades={REPORTING.id: Grade.III})], [("omitted", "op2", "")]),
    ],
)
def test_omitted(acts: list[Act], expected: list[tuple[str, str, str]]) -> None:
    assert told(found(*acts)) == expected


def test_an_omitted_lead_says_the_most_that_was_seen_and_rests_on_all_of_it() -> None:
    rows = [seen(grades={LAW.id: Grade.III}, infected=20_000), seen(1)]
    (lead,) = found(*rows)
    assert lead.evidence == tuple(row.id for row in rows)
    assert lead.said.zh == (
        "CNCERT监测到p：24小时内受感染号码60,000（2026-11-22 10:00:00 – 2026-11-22 11:00:00），该单位未报送也未上报统计"
    )
    assert (lead.at, lead.about) == (AT, "p")


def test_what_was_seen_in_another_month_is_another_lead() -> None:
    numbers = [lead.number for lead in found(seen(), seen(24 * 10), now=24 * 30)]
    assert [number[:7] for number in numbers] == ["2026-11", "2026-12"]


def test_a_lead_keeps_its_number_while_what_it_says_changes_and_no_two_share_one() -> None:
    waiting, late = found(graded()), found(graded(), reported(2.5))
    late_all_along = found(graded(facts={}))
    assert [lead.kind for lead in (*waiting, *late, *late_all_along)] == ["concealed", "late", "late"]
    assert late_all_along[0].number == late[0].number != waiting[0].number
    assert late[0].number.startswith("2026-11-")
    assert late_all_along[0].said != late[0].said
    rows = found(graded(), graded("op3"), seen(), seen(operator="op4"), fed_back(), verified("still_there"))
    assert len({lead.number for lead in rows}) == len(rows) == 5


def test_a_feedback_verified_twice_as_still_there_is_one_lead() -> None:
    again = verified("still_there")
    later = act("disposal.verified", "cncert", 3, facts=again.facts, refs=again.refs)
    assert told(found(fed_back(), again, later)) == [("false", "op1", "十一(四)")]


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        (FIGURES, ""),
        ({}, ""),
        ({"infected_24h": 60_001}, ""),
        ({"people_leaked": 1}, ""),
        ({"infected_24h": 59_999}, "报送24小时内受感染号码59,999，自行统计24小时内受感染号码60,000"),
        ({"infected_24h": 60_000, "loss_fen": 700_049}, "报送通信费用损失7,000.49元，自行统计通信费用损失7,000.50元"),
    ],
)
def test_possibly_false_where_a_report_states_less_than_was_counted(stated: Mapping[str, int], said: str) -> None:
    own = graded()
    report = reported(1, facts={"figures": stated})
    made = found(own, report)
    assert [(lead.kind, lead.party, lead.article, lead.said.zh) for lead in made] == (
        [("false", "op1", "十(二)", said)] if said else []
    )
    assert all(lead.evidence == (report.id, own.id) for lead in made)


def test_what_another_law_was_told_contradicts_nothing_but_the_same_fact() -> None:
    other = graded(hours=0.5, role="network", grades={REPORTING.id: Grade.III}, facts={"figures": {"people_leaked": 9}})
    (lead,) = found(graded(), other, reported(1, facts={"figures": {"infected_24h": 5, "people_leaked": 9}}))
    assert lead.said.en == "stated infected numbers in 24 h 5, counted infected numbers in 24 h 60,000"


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ([fed_back(), verified("still_there")], [("false", "op1", "十一(四)")]),
        ([fed_back(), verified("gone")], []),
        ([fed_back(), verified("unknown")], []),
        ([fed_back(done=False), verified("still_there")], []),
        ([fed_back(), verified("still_there", feedback="F2")], []),
        ([fed_back()], []),
    ],
)
def test_possibly_false_where_what_was_fed_back_as_done_is_still_there(
    acts: list[Act], expected: list[tuple[str, str, str]]
) -> None:
    assert told(found(*acts)) == expected


def test_a_duty_nobody_is_known_to_owe_points_to_nobody() -> None:
    own = graded()
    docket = Docket([LAW], Participants(ROLES), shipped_calendar())
    docket.enter(own.entry)
    (standing,) = docket.standing.values()
    assert leads([LAW], [Row(replace(standing.duty, owes=""), own)], [own], AT + 24 * HOUR) == ()


def test_every_kind_of_lead_is_a_term() -> None:
    late = reported(2.5, facts={"figures": {"loss_fen": 1}})
    made = found(graded(), late, graded("op3", 3), seen(4), now=24)
    assert {lead.kind for lead in made} == set(LEADS)

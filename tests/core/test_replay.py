from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.core.clock import BEIJING, shipped_calendar
from cleannet.core.entry import Facts
from cleannet.core.policy_file import shipped
from cleannet.core.replay import replay, state
from cleannet.core.terms import Grade

LAW = shipped()["mobile_malware_2011"]
AT = datetime(2026, 11, 22, 10, tzinfo=BEIJING)
SECOND = timedelta(seconds=1)
ROLES = {"miit": ["miit"], "cncert": ["cncert"], "bureau:relevant": ["js"]}


@pytest.mark.parametrize(
    ("due", "met", "void", "at", "expected"),
    [
        (AT, None, None, AT, "open"),
        (AT, None, None, AT + SECOND, "lapsed"),
        (AT, AT, None, AT + SECOND, "met"),
        (AT, AT + SECOND, None, AT + SECOND, "late"),
        (AT, None, AT, AT + SECOND, "void"),
        (AT, None, AT + SECOND, AT + SECOND, "void_late"),
        (None, None, None, AT, "open"),
        (None, AT, None, AT, "met"),
        (None, None, AT, AT, "void"),
    ],
)
def test_how_a_duty_stands(
    due: datetime | None, met: datetime | None, void: datetime | None, at: datetime, expected: str
) -> None:
    assert state(due, met, void, at) == expected


ENTRIES = st.lists(
    st.builds(
        lambda kind, party, grade, minutes, case: Facts(
            kind=kind,
            role="cncert" if party == "cncert" else "operator",
            party=party,
            happened_at=AT + timedelta(minutes=minutes),
            found_at=AT + timedelta(minutes=minutes),
            refs={"case": case},
            grades={LAW.id: Grade(grade)},
            recipients=("miit", "js", "cncert"),
        ),
        st.sampled_from(["incident.graded", "incident.reported", "incident.annulled"]),
        st.sampled_from(["op1", "op2", "cncert"]),
        st.sampled_from(["I", "II", "III", "IV"]),
        st.integers(0, 600),
        st.sampled_from(["C1", "C2"]),
    ),
    max_size=25,
)


@given(ENTRIES)
def test_replaying_the_same_entries_gives_the_same_duties(entries: list[Facts]) -> None:
    first = replay([LAW], entries, ROLES, shipped_calendar())
    again = replay([LAW], entries, ROLES, shipped_calendar())
    assert first == again


@given(ENTRIES, st.integers(0, 25))
def test_more_entries_never_take_a_duty_back(entries: list[Facts], cut: int) -> None:
    before = replay([LAW], entries[:cut], ROLES, shipped_calendar())
    after = {one.duty.key: one for one in replay([LAW], entries, ROLES, shipped_calendar())}
    for one in before:
        later = after[one.duty.key]
        assert later.duty == one.duty
        assert one.met_at in (None, later.met_at)
        assert one.void_at in (None, later.void_at)

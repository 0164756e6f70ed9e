from dataclasses import replace
from datetime import timedelta

import pytest
from tests.core.graded import AT, GRADED, LAW, REPORTING, ROLES, opened

from cleannet.core.clock import shipped_calendar
from cleannet.core.duty import arising
from cleannet.core.ending import meets, voids
from cleannet.core.entry import Delegation, Facts, Participants
from cleannet.core.terms import Grade


def report(**changes: object) -> Facts:
    given: dict[str, object] = {
        "kind": "incident.reported",
        "role": "operator",
        "party": "op1",
        "happened_at": AT + timedelta(hours=1),
        "refs": {"case": "C1"},
        "grades": {LAW.id: Grade.II},
        "recipients": ("miit", "js", "zj", "cncert"),
    }
    return Facts(**{**given, **changes})  # type: ignore[arg-type] - a table of changes to any field


@pytest.mark.parametrize(
    ("changes", "met"),
    [
        ({}, True),
        ({"recipients": ("miit", "js", "zj", "cncert", "gd")}, True),
        ({"recipients": ("miit", "js", "cncert")}, False),
        ({"recipients": ("js", "zj", "cncert")}, False),
        ({"kind": "paper.issued"}, False),
        ({"party": "op2"}, False),
        ({"party": "op2", "on_behalf_of": "op1"}, False),
        ({"on_behalf_of": "op2"}, False),
        ({"refs": {"case": "C2"}}, False),
        ({"refs": {}}, False),
        ({"grades": {}}, False),
        ({"grades": {LAW.id: Grade.III}}, False),
        ({"grades": {LAW.id: Grade.I}}, True),
        ({"grades": {"incident_reporting_2025": Grade.I}}, False),
        ({"medium": "phone", "urgent": True}, False),
        ({"medium": "phone", "urgent": True, "confirmed_by": ("miit", "js", "zj", "cncert")}, True),
        ({"medium": "mail", "urgent": True, "confirmed_by": ("miit", "js", "zj", "cncert")}, True),
        ({"medium": "mail", "confirmed_by": ("miit", "js", "zj", "cncert")}, False),
        ({"medium": "paper"}, True),
        ({"form": "annex3"}, True),
        ({"form": "annex5"}, False),
    ],
)
def test_a_duty_is_met_only_by_the_same_act_of_the_right_party_to_every_recipient(
    changes: dict[str, object], met: bool
) -> None:
    (duty,) = opened()
    assert meets(report(**changes), duty) is met


@pytest.mark.parametrize(
    ("through", "medium", "met"),
    [
        ((), "system", True),
        ((), "sheet", True),
        (("sheet",), "sheet", True),
        (("sheet",), "system", False),
        (("paper", "system"), "paper", True),
        (("paper", "system"), "sheet", False),
        # A first notice is what the law lets go before the writing.
        (("paper",), "phone", True),
    ],
)
def test_an_act_counts_through_the_media_the_law_names(through: tuple[str, ...], medium: str, met: bool) -> None:
    (duty,) = opened()
    act = report(medium=medium, urgent=True, confirmed_by=("miit", "js", "zj", "cncert"))
    assert meets(act, replace(duty, through=through)) is met


def test_what_nobody_fills_is_unrouted_and_whoever_is_known_is_enough() -> None:
    (duty,) = opened(roles={**ROLES, "bureau:relevant": ()})
    assert duty.unrouted == ("bureau:relevant",)
    assert meets(report(recipients=("miit", "cncert")), duty)
    assert not meets(report(recipients=("miit",)), duty)


def test_while_nobody_it_is_owed_to_is_known_nothing_meets_it() -> None:
    (duty,) = opened(roles={**ROLES, "miit": ()})
    assert (duty.to, duty.unrouted) == ((), ("miit",))
    assert not meets(report(), duty)


def test_who_owes_may_be_unknown_too() -> None:
    graded = replace(GRADED, role="cncert", party="cncert")
    duty = arising(LAW, graded, Participants({"cncert": ("cncert",)}), shipped_calendar())[-1]
    assert (duty.rule, duty.owes, duty.unrouted) == ("10.3.notice", "", ("miit",))
    notice = report(kind="notice.issued", role="miit", party="", recipients=("op1",))
    assert not meets(notice, duty)
    assert not meets(notice, replace(duty, unrouted=()))
    assert meets(replace(notice, party="miit"), replace(duty, owes="miit", unrouted=()))


@pytest.mark.parametrize(("seconds", "met"), [(-1, False), (0, True), (1, True)])
def test_what_was_done_before_the_duty_began_does_not_meet_it(seconds: int, met: bool) -> None:
    (duty,) = opened()
    assert meets(report(happened_at=AT + timedelta(seconds=seconds)), duty) is met


def test_two_laws_stand_side_by_side_on_one_case() -> None:
    own = [(LAW, GRADED), (REPORTING, replace(GRADED, role="network", grades={REPORTING.id: Grade.III}))]
    found = [duty for law, entry in own for duty in arising(law, entry, Participants(ROLES), shipped_calendar())]
    assert [(duty.policy, duty.due) for duty in found] == [
        (LAW.id, AT + timedelta(hours=2)),
        (REPORTING.id, AT + timedelta(hours=4)),
    ]
    both = report(
        grades={LAW.id: Grade.II, REPORTING.id: Grade.III}, recipients=("miit", "js", "zj", "cncert", "cac-js")
    )
    assert all(meets(both, duty) for duty in found)
    assert [meets(report(), duty) for duty in found] == [True, False]


def test_a_delegation_is_for_its_rule_its_parties_and_its_case() -> None:
    duty = opened(replace(GRADED, role="cncert", party="cncert"))[-1]
    notice = Facts(
        kind="notice.issued",
        role="cncert",
        party="cncert",
        happened_at=AT,
        refs={"case": "C1", "notice": "N1"},
        grades={LAW.id: Grade.II},
        recipients=("op1",),
        on_behalf_of="miit",
    )
    good = Delegation(LAW.id, "10.3.notice", "miit", "cncert")
    assert meets(notice, duty, [good])
    assert meets(notice, duty, [replace(good, case="C1")])
    assert not meets(notice, replace(duty, delegate=""), [good])
    assert not meets(replace(notice, role="bureau"), duty, [good])
    for wrong in (
        Delegation(LAW.id, "10.3.notice", "miit", "cncert", "C2"),
        Delegation(LAW.id, "10.3.urgent", "miit", "cncert"),
        Delegation(LAW.id, "10.3.notice", "miit", "js"),
        Delegation(LAW.id, "10.3.notice", "cncert", "cncert"),
        Delegation(REPORTING.id, "10.3.notice", "miit", "cncert"),
    ):
        assert not meets(notice, duty, [wrong])


@pytest.mark.parametrize(("case", "ended"), [("C1", True), ("C2", False)])
def test_annulment_ends_the_duties_of_its_case(case: str, ended: bool) -> None:
    (duty,) = opened()
    annulled = Facts(kind="incident.annulled", role="cncert", party="cncert", happened_at=AT, refs={"case": case})
    assert voids(annulled, duty) is ended
    assert not voids(report(), duty)


@pytest.mark.parametrize(
    ("kind", "expects", "scope", "ended"),
    [
        ("incident.annulled", "incident.reported", {"case": "C1"}, True),
        ("incident.annulled", "incident.reported", {"case": "C2"}, False),
        ("incident.annulled", "complaint.settled", {"case": "C1", "complaint": "K1"}, False),
        ("incident.annulled", "crime.referred", {"case": "C1", "crime": "V1"}, False),
        ("incident.closed", "report.supplemented", {"case": "C1"}, True),
        ("incident.closed", "paper.supplied", {"case": "C1"}, False),
        ("incident.reported", "report.supplemented", {"case": "C1"}, False),
    ],
)
def test_the_end_of_a_case_ends_what_does_not_outlive_it(
    kind: str, expects: str, scope: dict[str, str], ended: bool
) -> None:
    entry = Facts(kind=kind, role="miit", party="miit", happened_at=AT, refs={"case": "C1"})
    assert voids(entry, replace(opened()[0], expects=expects, scope=scope)) is ended

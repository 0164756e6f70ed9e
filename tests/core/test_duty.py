from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from cleannet.core.clock import BEIJING, shipped_calendar
from cleannet.core.duty import Duty, arising, meets, voids
from cleannet.core.entry import Delegation, Facts, Participants
from cleannet.core.policy_file import shipped
from cleannet.core.terms import Grade

LAW = shipped()["mobile_malware_2011"]
REPORTING = shipped()["incident_reporting_2025"]
AT = datetime(2026, 11, 22, 10, tzinfo=BEIJING)
ROLES: Mapping[str, tuple[str, ...]] = {
    "miit": ("miit",),
    "cncert": ("cncert",),
    "operator": ("op1",),
    "bureau:relevant": ("js", "zj"),
    "network": ("op1",),
    "cac:provincial": ("cac-js",),
}
GRADED = Facts(
    kind="incident.graded",
    role="operator",
    party="op1",
    happened_at=AT,
    found_at=AT,
    refs={"case": "C1"},
    grades={LAW.id: Grade.II},
)


def opened(entry: Facts = GRADED, roles: Mapping[str, tuple[str, ...]] = ROLES) -> list[Duty]:
    return list(arising(LAW, entry, Participants(roles), shipped_calendar()))


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


def test_a_duty_names_everything_the_article_says() -> None:
    (duty,) = opened()
    assert (duty.article, duty.owes, duty.expects, duty.form) == ("十(二)", "op1", "incident.reported", "annex3")
    assert (duty.to, duty.cc) == (("miit",), ("js", "zj", "cncert"))
    assert duty.due == AT + timedelta(hours=2)
    assert duty.digest == LAW.digest


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
    ],
)
def test_a_duty_is_met_only_by_the_same_act_of_the_right_party_to_every_recipient(
    changes: dict[str, object], met: bool
) -> None:
    (duty,) = opened()
    assert meets(report(**changes), duty) is met


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


def test_an_entry_that_lacks_the_moment_a_limit_counts_from_is_refused() -> None:
    entry = Facts(kind="sample.found", role="operator", party="op1", happened_at=AT)
    with pytest.raises(ValueError, match="counts from found_at"):
        opened(entry)


def test_an_entry_that_does_not_say_what_it_is_about_is_refused() -> None:
    with pytest.raises(ValueError, match="needs to say which case it is about"):
        opened(replace(GRADED, refs={}))
    entry = Facts(kind="sample.found", role="operator", party="op1", happened_at=AT, found_at=AT, refs={"sample": ""})
    with pytest.raises(ValueError, match="needs to say which sample it is about"):
        opened(entry)


@pytest.mark.parametrize(("seconds", "met"), [(-1, False), (0, True), (1, True)])
def test_what_was_done_before_the_duty_began_does_not_meet_it(seconds: int, met: bool) -> None:
    (duty,) = opened()
    assert meets(report(happened_at=AT + timedelta(seconds=seconds)), duty) is met


def test_what_depends_on_a_law_to_be_confirmed_is_to_be_confirmed() -> None:
    assert LAW.unverified
    assert not REPORTING.unverified
    assert all(duty.unverified for duty in opened())
    entry = replace(GRADED, grades={REPORTING.id: Grade.III})
    assert [duty.unverified for duty in arising(REPORTING, entry, Participants(ROLES), shipped_calendar())] == [False]


def test_a_law_not_yet_in_force_opens_nothing() -> None:
    early = AT.replace(year=2011)
    assert opened(Facts(kind="sample.found", role="operator", party="op1", happened_at=early, found_at=early)) == []


def test_two_laws_stand_side_by_side_on_one_case() -> None:
    entry = Facts(
        kind="incident.graded",
        role="operator",
        party="op1",
        happened_at=AT,
        found_at=AT,
        refs={"case": "C1"},
        grades={LAW.id: Grade.II, REPORTING.id: Grade.III},
    )
    participants = Participants(ROLES)
    found = [duty for law in (LAW, REPORTING) for duty in arising(law, entry, participants, shipped_calendar())]
    assert [(duty.policy, duty.due) for duty in found] == [
        (LAW.id, AT + timedelta(hours=2)),
        (REPORTING.id, AT + timedelta(hours=4)),
    ]
    both = report(
        grades={LAW.id: Grade.II, REPORTING.id: Grade.III}, recipients=("miit", "js", "zj", "cncert", "cac-js")
    )
    assert all(meets(both, duty) for duty in found)
    assert [meets(report(), duty) for duty in found] == [True, False]


def test_cncerts_own_samples_open_nothing() -> None:
    entry = Facts(
        kind="sample.received",
        role="cncert",
        party="cncert",
        happened_at=AT,
        received_at=AT,
        refs={"sample": "S", "reporter": "op1"},
    )
    assert opened(entry) == []
    (duty,) = opened(entry, {**ROLES, "reporter": ("op1",)})
    assert duty.to == ("op1", "js", "zj")


def test_each_reporters_sample_has_its_own_duty() -> None:
    def received(reporter: str) -> Duty:
        entry = Facts(
            kind="sample.received",
            role="cncert",
            party="cncert",
            happened_at=AT,
            received_at=AT,
            refs={"sample": "S", "reporter": reporter},
        )
        return opened(entry, {**ROLES, "reporter": (reporter,)})[0]

    assert received("op1").key != received("op2").key


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

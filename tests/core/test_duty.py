from dataclasses import replace
from datetime import timedelta

import pytest
from tests.core.graded import AT, GRADED, LAW, REPORTING, ROLES, opened

from cleannet.core.clock import shipped_calendar
from cleannet.core.duty import Duty, arising
from cleannet.core.ending import meets
from cleannet.core.entry import Facts, Participants
from cleannet.core.terms import Grade

REPORT = Facts(
    kind="incident.reported",
    role="operator",
    party="op1",
    happened_at=AT,
    refs={"case": "C1"},
    grades={LAW.id: Grade.II},
    recipients=("miit", "js", "zj", "cncert"),
    form="annex3",
)


def test_a_duty_names_everything_the_article_says() -> None:
    (duty,) = opened()
    assert (duty.article, duty.owes, duty.expects, duty.form) == ("十(二)", "op1", "incident.reported", "annex3")
    assert (duty.to, duty.cc) == (("miit",), ("js", "zj", "cncert"))
    assert duty.due == AT + timedelta(hours=2)
    assert duty.digest == LAW.digest


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


def test_what_depends_on_a_law_to_be_confirmed_is_to_be_confirmed() -> None:
    assert LAW.unverified
    assert not REPORTING.unverified
    assert all(duty.unverified for duty in opened())
    entry = replace(GRADED, role="network", grades={REPORTING.id: Grade.III})
    assert [duty.unverified for duty in arising(REPORTING, entry, Participants(ROLES), shipped_calendar())] == [False]


def test_a_law_not_yet_in_force_opens_nothing() -> None:
    early = AT.replace(year=2011)
    assert opened(Facts(kind="sample.found", role="operator", party="op1", happened_at=early, found_at=early)) == []


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


@pytest.mark.parametrize(("role", "rules"), [("network", ["4.network"]), ("cii", ["4.cii"]), ("operator", [])])
def test_who_acts_owes_as_what_it_acts_and_not_for_another_role_it_has(role: str, rules: list[str]) -> None:
    entry = replace(GRADED, role=role, grades={REPORTING.id: Grade.III})
    everything = Participants({"cii": ("op1",), "central": ("op1",), "network": ("op1",)})
    assert [duty.rule for duty in arising(REPORTING, entry, everything, shipped_calendar())] == rules


def test_an_addressee_owes_for_every_role_it_has() -> None:
    received = Facts(
        kind="notice.received",
        role="operator",
        party="op1",
        happened_at=AT,
        received_at=AT,
        refs={"case": "C1", "notice": "N1"},
        grades={LAW.id: Grade.IV},
    )
    assert [duty.rule for duty in opened(received)] == ["11.1.disposal"]
    both = opened(received, {**ROLES, "registrar": ("op1",)})
    assert [(duty.rule, duty.role) for duty in both] == [("11.1.disposal", "operator"), ("11.2.domains", "registrar")]


def test_an_empty_field_opens_a_supplement_without_a_limit_and_a_full_form_opens_none() -> None:
    assert opened(REPORT) == []
    (duty,) = opened(replace(REPORT, missing=("terminals",)))
    assert (duty.rule, duty.expects, duty.due, duty.unverified) == ("19.supplement", "report.supplemented", None, True)
    assert (duty.owes, duty.to, duty.cc) == ("op1", ("miit",), ("js", "zj", "cncert"))


def test_a_part_that_nobody_stands_for_is_unrouted_and_the_known_are_enough() -> None:
    known = Participants({**ROLES, "bureau:relevant": ("js",)}, (), {"bureau:relevant": ("44",)})
    (duty,) = arising(LAW, GRADED, known, shipped_calendar())
    assert (duty.cc, duty.unrouted) == (("js", "cncert"), ("bureau:relevant 44",))
    assert meets(replace(REPORT, recipients=("miit", "js", "cncert")), duty)
    assert not meets(replace(REPORT, recipients=("miit", "cncert")), duty)


def test_one_who_owes_and_is_lacking_is_named_with_the_part() -> None:
    handled = Facts(kind="partner.handled", role="operator", party="op1", happened_at=AT, refs={"partner": "p"})
    lacking = {"bureau:local": ("44",)}
    (duty,) = [one for one in arising(LAW, handled, Participants({}, (), lacking), shipped_calendar()) if not one.owes]
    assert duty.unrouted == ("bureau:local 44",)

from datetime import datetime, timedelta

import pytest
from tests.hub.world import LAW, NOW, World, viewer

from cleannet.hub.incidents import notices, queries, receipts, reports
from cleannet.hub.incidents.first import First
from cleannet.hub.incidents.grading import IncidentRefused
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.papers import queries as papers
from cleannet.hub.parties import actions as parties

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
CALL = First("phone", "请立即处置", NOW + 2 * MINUTE)


@pytest.fixture
def case(db: None) -> str:
    world = World().populate()
    (number,) = world.tally("op1", 60_000, NOW).cases
    reports.report(viewer=viewer("cncert"), case=number, now=NOW + MINUTE)
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p"), now=NOW)
    return number


def called(case: str) -> str:
    notice = notices.notify(
        viewer=viewer("cncert"), case=case, addressees=["op1", "rr"], now=NOW + 3 * MINUTE, first=CALL
    )
    return notice.number


def claim(case: str, kind: str) -> str:
    return next(row.id for row in ledger.entries(viewer("cncert"), case=case, kind=kind))


def running(party: str, rule: str) -> list[datetime | None]:
    return [duty.due for duty in ledger.own_duties(viewer(party)) if duty.rule == rule]


def test_a_phoned_notice_starts_the_clock_of_who_confirms_it_at_the_call(case: str) -> None:
    called(case)
    assert running("op1", "11.4.urgent") == []
    assert not papers.papers(viewer("cncert"), case=case).filter(form="annex4").exists()
    receipts.confirm(viewer=viewer("op1"), entry=claim(case, "notice.issued"), now=NOW + 20 * MINUTE)
    assert running("op1", "11.4.urgent") == [CALL.at + timedelta(hours=2)]
    assert running("rr", "11.4.urgent") == []


def test_the_notice_is_met_once_everybody_confirmed_the_call_and_its_paper_stays_owed(case: str) -> None:
    called(case)
    entry = claim(case, "notice.issued")
    for code in ("op1", "rr"):
        assert receipts.confirm(viewer=viewer(code), entry=entry, now=NOW + 20 * MINUTE) is False
    assert [duty.rule for duty in ledger.own_duties(viewer("miit")) if duty.case == case] == ["10.3.notice"]
    assert receipts.confirm(viewer=viewer("js"), entry=entry, now=NOW + 21 * MINUTE) is True
    assert [duty.rule for duty in ledger.own_duties(viewer("miit")) if duty.case == case] == []
    assert [duty.rule for duty in ledger.own_duties(viewer("cncert")) if duty.expects == "paper.supplied"] == [
        "15.paper.notice"
    ]


def test_the_paper_after_the_call_is_annex_4_and_meets_what_is_owed_once(case: str) -> None:
    number = called(case)
    paper = notices.supply(viewer=viewer("cncert"), notice=number, now=NOW + 9 * MINUTE, changes={"harm": "大"})
    assert (paper.form, paper.number, set(paper.recipients)) == ("annex4", number, {"op1", "rr", "js"})
    assert not [duty for duty in ledger.own_duties(viewer("cncert")) if duty.expects == "paper.supplied"]
    with pytest.raises(IncidentRefused, match="nothing_owed"):
        notices.supply(viewer=viewer("cncert"), notice=number, now=NOW + 10 * MINUTE)


def test_the_earliest_receipt_counts_in_whatever_order_they_are_recorded(case: str) -> None:
    number = called(case)
    notices.supply(viewer=viewer("cncert"), notice=number, now=NOW + 9 * MINUTE)
    assert running("op1", "11.4.urgent") == [NOW + 9 * MINUTE + timedelta(hours=2)]
    receipts.confirm(viewer=viewer("op1"), entry=claim(case, "notice.issued"), now=NOW + 20 * MINUTE)
    assert running("op1", "11.4.urgent") == [CALL.at + timedelta(hours=2)]
    assert running("rr", "11.4.urgent") == [NOW + 9 * MINUTE + timedelta(hours=2)]
    notice = queries.notice(viewer("cncert"), number)
    receipts.notice_received(
        notice, "op1", "operator", medium="system", received_at=NOW + 30 * MINUTE, now=NOW + 30 * MINUTE
    )
    assert running("op1", "11.4.urgent") == [CALL.at + timedelta(hours=2)]


def test_a_party_without_a_system_confirms_by_the_hand_of_the_issuer(case: str) -> None:
    parties.register(
        code="far", zh="远", en="Far", role="registry", remote=True, actor=Actor("cncert", "cncert"), now=NOW
    )
    notice = notices.notify(viewer=viewer("cncert"), case=case, addressees=["far"], now=NOW + 3 * MINUTE, first=CALL)
    receipts.confirm(viewer=viewer("js"), entry=claim(case, "notice.issued"), now=NOW + 4 * MINUTE)
    receipts.record(
        viewer=viewer("cncert"),
        notice=notice.number,
        party="far",
        medium="phone",
        received_at=CALL.at,
        now=NOW + 5 * MINUTE,
    )
    assert not [duty for duty in ledger.own_duties(viewer("miit")) if duty.rule == "10.3.notice"]


def test_nobody_confirms_what_he_was_not_told_or_what_is_no_call(case: str) -> None:
    called(case)
    with pytest.raises(IncidentRefused, match="not_told"):
        receipts.confirm(viewer=viewer("miit"), entry=claim(case, "notice.issued"), now=NOW + 20 * MINUTE)
    with pytest.raises(IncidentRefused, match="not_a_first_report"):
        receipts.confirm(viewer=viewer("miit"), entry=claim(case, "incident.graded"), now=NOW + 20 * MINUTE)


def test_whoever_of_those_told_has_no_system_confirms_by_the_hand_of_another_than_who_told_it() -> None:
    world = World().populate()
    parties.register(
        code="gd", zh="粤", en="GD", role="bureau", province="44", remote=True, actor=Actor("cncert", "cncert"), now=NOW
    )
    (case,) = world.tally("op1", 60_000, NOW, province="44").cases
    reports.report_first(viewer=viewer("op1"), case=case, first=CALL, now=NOW + 3 * MINUTE)
    ((entry, party),) = receipts.awaiting_remote(viewer("cncert"), case)
    assert party == "gd"
    assert receipts.awaiting_remote(viewer("op1"), case) == receipts.awaiting_remote(viewer("js"), case) == []
    for code in ("op1", "js"):
        with pytest.raises(IncidentRefused, match="not_told"):
            receipts.confirm(viewer=viewer(code), entry=entry.id, party="gd", now=NOW + 4 * MINUTE)
    receipts.confirm(viewer=viewer("cncert"), entry=entry.id, party="gd", now=NOW + 4 * MINUTE)
    assert receipts.awaiting_remote(viewer("cncert"), case) == []

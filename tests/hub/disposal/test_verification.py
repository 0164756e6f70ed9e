from datetime import timedelta

import pytest
from pytest_django import Settings
from tests.hub.disposal.conftest import HOST, Answering, fed, look, met
from tests.hub.world import NOW, viewer

from cleannet.hub.disposal import actions, feedback, queries, verification
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.feedback import Done
from cleannet.hub.disposal.queries import NoOrder, Order
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import notices, receipts
from cleannet.hub.incidents.first import First
from cleannet.hub.incidents.queries import Notice
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import queries as papers
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties.rights import HELD_BY

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("192.0.2.80", "still_there"),
        ("2001:db8::80", "still_there"),
        ("NXDOMAIN", "gone"),
        ("NODATA", "gone"),
        ("SERVFAIL", "unknown"),
        ("REFUSED", "unknown"),
        ("silence", "unknown"),
    ],
)
def test_looking_tells_gone_from_still_there_and_from_unknown(
    order: Order, resolver: Answering, said: str, verdict: str
) -> None:
    made = fed(order)
    resolver.say = lambda name: said
    look(order.case, NOW + 4 * MINUTE)
    assert queries.verdict(order, since=made.fed_back_at) == verdict
    if verdict == "unknown":
        with pytest.raises(OrderRefused, match="unknown_yet"):
            verification.verify(viewer=viewer("cncert"), feedback=made.number, now=NOW + 5 * MINUTE)
        assert "11.5.significant" not in met(order.case)
        return
    assert verification.verify(viewer=viewer("cncert"), feedback=made.number, now=NOW + 5 * MINUTE) == {HOST: verdict}
    assert "11.5.significant" in met(order.case)
    versions = papers.papers(viewer("op1"), case=order.case).filter(number=made.number).order_by("version")
    assert "verification" not in papers.values(versions[0])
    assert "甲" in papers.values(versions[1])["verification"]


def test_a_name_that_is_gone_while_a_name_below_it_is_there_is_still_there(order: Order, resolver: Answering) -> None:
    made = fed(order)
    resolver.say = lambda name: "NXDOMAIN" if name == f"{HOST}." else "192.0.2.80"
    look(order.case, NOW + 4 * MINUTE)
    assert queries.verdict(order, since=made.fed_back_at) == "still_there"


def test_what_was_seen_before_the_feedback_verifies_nothing(order: Order, resolver: Answering) -> None:
    made = fed(order)
    resolver.say = lambda name: "NXDOMAIN"
    look(order.case, NOW)
    with pytest.raises(OrderRefused, match="unknown_yet"):
        verification.verify(viewer=viewer("cncert"), feedback=made.number, now=NOW + 5 * MINUTE)


def test_nobody_verifies_what_he_fed_back_and_nobody_twice(order: Order, resolver: Answering) -> None:
    made = fed(order)
    resolver.say = lambda name: "NXDOMAIN"
    look(order.case, NOW + 4 * MINUTE)
    for person in ("p-op1",):
        with pytest.raises(OrderRefused, match="two_persons"):
            verification.verify(viewer=viewer("cncert", person), feedback=made.number, now=NOW + 5 * MINUTE)
    verification.verify(viewer=viewer("cncert"), feedback=made.number, now=NOW + 5 * MINUTE)
    with pytest.raises(OrderRefused, match="verified_already"):
        verification.verify(viewer=viewer("cncert"), feedback=made.number, now=NOW + 6 * MINUTE)


def test_without_feedback_or_a_vantage_there_is_nothing_to_see(order: Order) -> None:
    with pytest.raises(OrderRefused, match="nothing_to_look_at"):
        look(order.case, NOW)
    fed(order)
    with pytest.raises(OrderRefused, match="no_vantage"):
        look(order.case, NOW)
    with pytest.raises(NoOrder):
        queries.feedback(viewer("cncert"), "nothing")


def test_each_operator_is_judged_by_its_own_resolvers_and_a_registrar_by_the_authoritative_side(
    case: str, resolver: Answering, settings: Settings
) -> None:
    settings.CLEANNET_DNS_RESOLVERS = f"op1/甲=127.0.0.1:{resolver.port},op2/乙=127.0.0.1:1"
    settings.CLEANNET_DNS_ROOTS = ""
    resolver.say = lambda name: "NXDOMAIN"
    wanted = [Wanted(party, "control", HOST) for party in ("op1", "op2", "rr")]
    made = actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + MINUTE)
    for order in made:
        told = None if order.party == "rr" else 5
        feedback.feed_back(
            viewer=viewer(order.party),
            notice=order.notice,
            items=[Done(order.number, True)],
            users_told=told,
            disposed_at=NOW + 2 * MINUTE,
            now=NOW + 3 * MINUTE,
        )
    assert look(case, NOW + 4 * MINUTE) == 3
    said = {order.party: queries.verdict(order, since=NOW) for order in made}
    assert said == {"op1": "gone", "op2": "unknown", "rr": "unknown"}
    (unset,) = queries.sightings(next(order for order in made if order.party == "rr"))
    assert (unset.kind, unset.evidence["not_set"]) == ("authority", "CLEANNET_DNS_ROOTS")
    settings.CLEANNET_DNS_ROOTS = f"root=127.0.0.1:{resolver.port}"
    resolver.say = lambda name: "192.0.2.80"
    look(case, NOW + 5 * MINUTE)
    said = {order.party: queries.verdict(order, since=NOW) for order in made}
    assert said == {"op1": "still_there", "op2": "unknown", "rr": "still_there"}


def seen(order: Order, resolver: Answering, said: str, minute: int) -> None:
    resolver.say = lambda name: said
    look(order.case, NOW + minute * MINUTE)


def test_what_is_not_certain_is_answered_with_a_reason_and_answered_again_later(
    order: Order, resolver: Answering
) -> None:
    made = fed(order)
    seen(order, resolver, "SERVFAIL", 4)
    given = {"viewer": viewer("cncert"), "feedback": made.number}
    said = verification.verify(now=NOW + 5 * MINUTE, reason="权威服务器无应答", **given)
    assert said == {HOST: "unknown"}
    assert "11.5.significant" in met(order.case)
    order.refresh_from_db()
    assert order.status == "done"
    seen(order, resolver, "NXDOMAIN", 6)
    assert verification.verify(now=NOW + 7 * MINUTE, **given) == {HOST: "gone"}
    order.refresh_from_db()
    assert order.status == "verified"
    with pytest.raises(OrderRefused, match="verified_already"):
        verification.verify(now=NOW + 8 * MINUTE, **given)


def test_what_was_said_not_to_be_done_stays_open_after_its_verification(order: Order, resolver: Answering) -> None:
    first = fed(order, done=False, reason="系统割接", told=None)
    seen(order, resolver, "192.0.2.80", 4)
    verification.verify(viewer=viewer("cncert"), feedback=first.number, now=NOW + 5 * MINUTE)
    order.refresh_from_db()
    assert order.status == "not_done"
    second = fed(order, now=NOW + 6 * MINUTE)
    seen(order, resolver, "NXDOMAIN", 7)
    verification.verify(viewer=viewer("cncert"), feedback=second.number, now=NOW + 8 * MINUTE)
    order.refresh_from_db()
    assert order.status == "verified"
    assert {"11.1.disposal", "11.1.users"} <= met(order.case)
    open_now = {duty.rule for duty in ledger.open_duties(viewer("cncert"), case=order.case) if duty.owes == "op1"}
    assert open_now == {"10.2.significant"}


def test_what_is_done_after_it_was_issued_again_settles_the_first_notice_too(order: Order, resolver: Answering) -> None:
    first = fed(order, told=None)
    seen(order, resolver, "192.0.2.80", 4)
    verification.verify(viewer=viewer("cncert"), feedback=first.number, now=NOW + 5 * MINUTE)
    (again,) = actions.issue_again(viewer=viewer("cncert"), case=order.case, now=NOW + 6 * MINUTE)
    second = fed(again, told=7, now=NOW + 8 * MINUTE)
    seen(again, resolver, "NXDOMAIN", 9)
    verification.verify(viewer=viewer("cncert"), feedback=second.number, now=NOW + 10 * MINUTE)
    left = {duty.rule for duty in ledger.open_duties(viewer("cncert"), case=order.case) if duty.scope.get("notice")}
    assert left == set()


def test_the_answer_reaches_the_administration_of_the_party_that_disposed(
    case: str, resolver: Answering, settings: Settings
) -> None:
    settings.CLEANNET_DNS_ROOTS = f"root=127.0.0.1:{resolver.port}"
    centre = Actor("cncert", "cncert", "p")
    given = {"actor": centre, "now": NOW}
    parties.register(code="gd", zh="广东局", en="gd", role="bureau", province="44", **given)
    parties.register(code="rg", zh="注册商", en="rg", role="registrar", province="44", **given)
    wanted = [Wanted("rg", "control", HOST)]
    (order,) = actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + MINUTE)
    registrar = Viewer("rg", "registrar", "44", "p-rg", HELD_BY["registrar"])
    made = feedback.feed_back(
        viewer=registrar,
        notice=order.notice,
        items=[Done(order.number, True)],
        users_told=None,
        disposed_at=NOW + MINUTE,
        now=NOW + 3 * MINUTE,
    )
    seen(order, resolver, "NXDOMAIN", 4)
    verification.verify(viewer=viewer("cncert"), feedback=made.number, now=NOW + 5 * MINUTE)
    (answer,) = ledger.entries(viewer("cncert"), case=case, kind="disposal.verified")
    assert set(answer.recipients) == {"miit", "js", "gd", "rg"}
    assert "11.5.significant" in met(case)


def test_a_notice_without_orders_is_answered_with_a_reason(case: str) -> None:
    notice = notices.notify(viewer=viewer("cncert"), case=case, addressees=["op1"], now=NOW + MINUTE)
    made = feedback.feed_back(
        viewer=viewer("op1"),
        notice=notice.number,
        items=[],
        users_told=0,
        disposed_at=NOW + 2 * MINUTE,
        now=NOW + 3 * MINUTE,
    )
    given = {"viewer": viewer("cncert"), "feedback": made.number, "now": NOW + 4 * MINUTE}
    with pytest.raises(OrderRefused, match="nothing_to_look_at"):
        verification.verify(**given)
    assert verification.verify(reason="未下达处置任务", **given) == {}
    assert {"11.1.disposal", "11.1.users", "11.4.significant", "11.5.significant"} <= met(case)


def test_a_result_told_by_phone_counts_once_all_confirm_and_its_paper_follows(
    order: Order, resolver: Answering
) -> None:
    made = fed(order)
    seen(order, resolver, "NXDOMAIN", 4)
    call = First("phone", "已验证", NOW + 5 * MINUTE)
    verification.verify(viewer=viewer("cncert"), feedback=made.number, now=NOW + 6 * MINUTE, first=call)
    assert "11.5.significant" not in met(order.case)
    (claim,) = ledger.entries(viewer("cncert"), case=order.case, kind="disposal.verified")
    confirmed = [
        receipts.confirm(viewer=viewer(code), entry=claim.id, now=NOW + 9 * MINUTE) for code in ("miit", "js", "op1")
    ]
    assert confirmed == [False, False, True]
    assert "11.5.significant" in met(order.case)
    paper = verification.supply(viewer=viewer("cncert"), feedback=made.number, now=NOW + 10 * MINUTE)
    assert "已消除" in papers.values(paper)["verification"]
    assert "15.paper.verification" in met(order.case)
    with pytest.raises(OrderRefused, match="no_paper_owed"):
        verification.supply(viewer=viewer("cncert"), feedback=made.number, now=NOW + 11 * MINUTE)


def test_what_was_seen_before_a_later_feedback_verifies_none_of_the_earlier(order: Order, resolver: Answering) -> None:
    first = fed(order, done=False, reason="系统割接", told=None)
    look(order.case, NOW + 4 * MINUTE)
    fed(order, now=NOW + 5 * MINUTE)
    with pytest.raises(OrderRefused, match="unknown_yet"):
        verification.verify(viewer=viewer("cncert"), feedback=first.number, now=NOW + 6 * MINUTE)
    order.refresh_from_db()
    assert order.status == "done"


def test_a_result_on_paper_counts_without_the_confirmation_of_its_call(order: Order, resolver: Answering) -> None:
    given = fed(order)
    resolver.say = lambda name: "NXDOMAIN"
    look(order.case, NOW + 5 * MINUTE)
    call = First("phone", "已消失", NOW + 6 * MINUTE)
    verification.verify(viewer=viewer("cncert"), feedback=given.number, now=NOW + 7 * MINUTE, first=call)
    assert "11.5.significant" not in met(order.case)
    verification.supply(viewer=viewer("cncert"), feedback=given.number, now=NOW + 8 * MINUTE)
    assert "11.5.significant" in met(order.case)


@pytest.mark.parametrize(("grade", "expected"), [("III", False), ("IV", True)])
def test_what_no_law_asks_to_be_verified_is_answered_as_a_voluntary_check(
    order: Order, resolver: Answering, grade: str, expected: bool
) -> None:
    Notice.objects.filter(number=order.notice).update(grade=grade)
    made = fed(order)
    assert verification.voluntary(viewer("cncert"), made) is expected
    seen(order, resolver, "NXDOMAIN", 4)
    verification.verify(viewer=viewer("cncert"), feedback=made.number, now=NOW + 5 * MINUTE)
    (entry,) = ledger.entries(viewer("cncert"), case=order.case, kind="disposal.verified")
    assert entry.facts.get("voluntary", False) is expected
    paper = papers.latest(number=made.number)
    assert paper is not None
    assert ("自愿核查" in papers.values(paper)["verification"]) is expected

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.hub.disposal.conftest import HOST, fed, met
from tests.hub.world import LAW, NOW, World, viewer

from cleannet.hub.disposal import actions, feedback, queries
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.feedback import Done
from cleannet.hub.disposal.queries import Order
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import receipts
from cleannet.hub.incidents.first import First
from cleannet.hub.incidents.queries import NoCase
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.papers import queries as papers
from cleannet.hub.parties import actions as parties

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_feedback_meets_its_duty_and_starts_the_verification(order: Order) -> None:
    fed(order)
    assert {"11.1.disposal", "11.1.users", "11.4.significant"} <= met(order.case)
    (duty,) = [duty for duty in ledger.own_duties(viewer("cncert")) if duty.rule == "11.5.significant"]
    assert duty.due == NOW + 3 * MINUTE + timedelta(hours=4)
    assert set(duty.to) == {"miit", "js", "op1"}


def test_not_done_with_a_reason_is_on_time_and_the_disposal_stays_owed(order: Order) -> None:
    fed(order, done=False, reason="系统割接", told=None)
    assert "11.4.significant" in met(order.case)
    assert not {"11.1.disposal", "11.1.users"} & met(order.case)
    (paper,) = papers.papers(viewer("op1"), case=order.case).filter(form="annex5")
    values = papers.values(paper)
    assert (values["control_left"], values["reason_left"]) == (HOST, f"{HOST}：系统割接")
    assert values["control_done"] == "无"


def test_feedback_names_every_order_once_with_a_reason_for_what_was_not_done(order: Order) -> None:
    with pytest.raises(OrderRefused, match="reason_missing"):
        fed(order, done=False, reason="  ")
    for items in ([], [Done("nothing", True)], [Done(order.number, True)] * 2):
        with pytest.raises(OrderRefused, match="not_every_order"):
            feedback.feed_back(
                viewer=viewer("op1"),
                notice=order.notice,
                items=items,
                users_told=1,
                disposed_at=NOW,
                now=NOW + 3 * MINUTE,
            )
    with pytest.raises(NoCase):
        feedback.feed_back(viewer=viewer("op2"), notice=order.notice, items=[], users_told=1, disposed_at=NOW, now=NOW)
    fed(order)
    with pytest.raises(OrderRefused, match="given_already"):
        fed(order)


def test_what_was_not_done_may_be_fed_back_again_when_it_is(order: Order) -> None:
    first = fed(order, done=False, reason="系统割接", told=None)
    second = fed(order)
    assert (first.number[-5:], second.number[-5:]) == ("1-op1", "2-op1")
    order.refresh_from_db()
    assert order.status == "done"
    assert {"11.1.disposal", "11.1.users"} <= met(order.case)


def test_a_stranger_and_a_party_without_users_are_refused(order: Order) -> None:
    for code in ("miit", "cncert"):
        with pytest.raises(OrderRefused, match="not_addressed"):
            feedback.feed_back(
                viewer=viewer(code), notice=order.notice, items=[], users_told=None, disposed_at=NOW, now=NOW
            )


def test_users_told_0_settles_the_warning_of_who_has_nobody_to_warn(order: Order) -> None:
    fed(order, told=0)
    assert {"11.1.disposal", "11.1.users"} <= met(order.case)


def test_users_may_be_warned_after_the_feedback_and_only_once(order: Order) -> None:
    fed(order, told=None)
    assert "11.1.users" not in met(order.case)
    given = {"viewer": viewer("op1"), "notice": order.notice, "now": NOW + 9 * MINUTE}
    feedback.warn_users(users_told=9000, warned_at=NOW + 8 * MINUTE, **given)
    assert "11.1.users" in met(order.case)
    with pytest.raises(OrderRefused, match="users_told_already"):
        feedback.warn_users(users_told=9000, warned_at=NOW + 8 * MINUTE, **given)
    with pytest.raises(OrderRefused, match="in_future"):
        feedback.warn_users(users_told=9000, warned_at=NOW + 10 * MINUTE, **given)


def test_what_was_blocked_before_the_notice_came_is_disposed_of_when_it_came(order: Order) -> None:
    feedback.feed_back(
        viewer=viewer("op1"),
        notice=order.notice,
        items=[Done(order.number, True)],
        users_told=5,
        disposed_at=NOW - timedelta(minutes=30),
        now=NOW + 3 * MINUTE,
    )
    (entry,) = ledger.entries(viewer("op1"), kind="disposal.done")
    assert entry.happened_at == NOW + MINUTE
    assert entry.facts["at"] == "2026-11-22T01:30:00.000000Z"
    assert {"11.1.disposal", "11.1.users"} <= met(order.case)
    (paper,) = papers.papers(viewer("op1"), case=order.case).filter(form="annex5")
    assert papers.values(paper)["disposed_at"] == "2026-11-22 09:30:00"


def test_a_disposal_in_the_future_is_refused(order: Order) -> None:
    with pytest.raises(OrderRefused, match="in_future"):
        feedback.feed_back(
            viewer=viewer("op1"),
            notice=order.notice,
            items=[Done(order.number, False, "系统割接")],
            users_told=None,
            disposed_at=NOW + 4 * MINUTE,
            now=NOW + 3 * MINUTE,
        )


def test_a_feedback_by_phone_is_received_when_cncert_confirms_it_as_of_the_call(order: Order) -> None:
    call = First("phone", "已封堵", NOW + 3 * MINUTE)
    made = fed(order, first=call, now=NOW + 4 * MINUTE)
    assert made.fed_back_at == call.at
    assert not [duty for duty in ledger.own_duties(viewer("cncert")) if duty.rule == "11.5.significant"]
    (claim,) = ledger.entries(viewer("cncert"), case=order.case, kind="disposal.fed_back")
    assert "11.4.significant" not in met(order.case)
    assert receipts.confirm(viewer=viewer("cncert"), entry=claim.id, now=NOW + 30 * MINUTE) is True
    assert "11.4.significant" in met(order.case)
    (duty,) = [duty for duty in ledger.own_duties(viewer("cncert")) if duty.rule == "11.5.significant"]
    assert duty.due == call.at + timedelta(hours=4)
    owed = [duty.rule for duty in ledger.own_duties(viewer("op1")) if duty.case == order.case]
    assert owed == ["10.2.significant", "15.paper.feedback"]
    paper = feedback.supply(viewer=viewer("op1"), feedback=made.number, now=NOW + 40 * MINUTE)
    assert papers.values(paper)["control_done"] == HOST
    assert "15.paper.feedback" in met(order.case)
    with pytest.raises(OrderRefused, match="no_paper_owed"):
        feedback.supply(viewer=viewer("op1"), feedback=made.number, now=NOW + 41 * MINUTE)


def test_a_branch_is_ordered_and_feeds_back_itself_and_its_group_looks_on() -> None:
    world = World().populate().branch_out()
    (case,) = world.tally("op1-js", 60_000, NOW).cases
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit"), now=NOW)
    wanted = [Wanted("op1-js", "control", HOST)]
    (order,) = actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW)
    seen = {code for code in ("op1", "op1-js", "op1-zj", "op2") if queries.orders(viewer(code)).exists()}
    assert seen == {"op1", "op1-js"}
    with pytest.raises(queries.NoOrder):
        actions.acknowledge(viewer=viewer("op1"), order=order.number, now=NOW)
    done = {"notice": order.notice, "items": [Done(order.number, done=True)], "users_told": 60_000}
    with pytest.raises(OrderRefused, match="not_addressed"):
        feedback.feed_back(viewer=viewer("op1"), **done, disposed_at=NOW, now=NOW)
    feedback.feed_back(viewer=viewer("op1-js"), **done, disposed_at=NOW, now=NOW)
    assert {"11.1.disposal", "11.1.users", "11.4.urgent"} <= met(case)
    assert [row.party for row in queries.feedbacks(viewer("op1"), case=case)] == ["op1-js"]
    assert not queries.feedbacks(viewer("op1-zj"), case=case).exists()


def test_nothing_is_fed_back_before_the_notice_was_received(case: str) -> None:
    call = First("phone", "请立即处置", NOW + MINUTE)
    wanted = [Wanted("op1", "control", HOST)]
    (order,) = actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + 2 * MINUTE, first=call)
    with pytest.raises(OrderRefused, match="not_received_yet"):
        fed(order)
    (claim,) = receipts.awaiting(viewer("op1"), case)
    receipts.confirm(viewer=viewer("op1"), entry=claim.id, now=NOW + 4 * MINUTE)
    with pytest.raises(OrderRefused, match="not_received_yet"):
        fed(order, first=First("phone", "已封堵", NOW), now=NOW + 5 * MINUTE)
    fed(order, now=NOW + 5 * MINUTE)
    assert "11.4.significant" in met(case)


def test_a_feedback_on_paper_counts_without_the_confirmation_of_its_call(order: Order) -> None:
    made = fed(order, first=First("phone", "已封堵", NOW + 3 * MINUTE))
    assert "11.4.significant" not in met(order.case)
    feedback.supply(viewer=viewer("op1"), feedback=made.number, now=NOW + 6 * MINUTE)
    assert {"11.4.significant", "15.paper.feedback"} <= met(order.case)
    (duty,) = [duty for duty in ledger.own_duties(viewer("cncert")) if duty.rule == "11.5.significant"]
    assert duty.due == NOW + 6 * MINUTE + timedelta(hours=4)


def test_a_program_of_cncert_feeds_nothing_back_for_a_person_verifies_it(case: str) -> None:
    wanted = [Wanted("cncert", "control", HOST)]
    (order,) = actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + MINUTE)
    program = replace(viewer("cncert"), person="")
    with pytest.raises(OrderRefused, match="no_person"):
        feedback.feed_back(
            viewer=program,
            notice=order.notice,
            items=[Done(order.number, True)],
            users_told=None,
            disposed_at=NOW + 2 * MINUTE,
            now=NOW + 3 * MINUTE,
        )

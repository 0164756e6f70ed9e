from datetime import timedelta

import pytest
from tests.hub.disposal.conftest import HOST, Answering
from tests.hub.world import NOW, viewer

from cleannet.hub.disposal import feedback, queries
from cleannet.hub.disposal.feedback import Done
from cleannet.hub.disposal.queries import NoOrder, Order
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents.queries import NoCase
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.papers import queries as papers

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def fed(order: Order, done: bool = True, reason: str = "", told: int | None = 5) -> queries.Feedback:
    return feedback.feed_back(
        viewer=viewer("op1"),
        notice=order.notice,
        items=[Done(order.number, done, reason)],
        users_told=told,
        disposed_at=NOW + 2 * MINUTE,
        now=NOW + 3 * MINUTE,
    )


def met(case: str) -> set[str]:
    return {duty.rule for duty in ledger.duties(viewer("cncert"), case=case) if duty.met_by_id}


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
                viewer=viewer("op1"), notice=order.notice, items=items, users_told=1, disposed_at=NOW, now=NOW
            )
    with pytest.raises(NoCase):
        feedback.feed_back(viewer=viewer("op2"), notice=order.notice, items=[], users_told=1, disposed_at=NOW, now=NOW)
    fed(order)
    with pytest.raises(OrderRefused, match="given_already"):
        fed(order)


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("192.0.2.80", "still_there"),
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
    feedback.look(viewer=viewer("cncert"), case=order.case, now=NOW + 4 * MINUTE)
    assert queries.verdict(order, since=made.fed_back_at) == verdict
    if verdict == "unknown":
        with pytest.raises(OrderRefused, match="unknown_yet"):
            feedback.verify(viewer=viewer("cncert"), feedback=made.number, now=NOW + 5 * MINUTE)
        assert "11.5.significant" not in met(order.case)
        return
    assert feedback.verify(viewer=viewer("cncert"), feedback=made.number, now=NOW + 5 * MINUTE) == {HOST: verdict}
    assert "11.5.significant" in met(order.case)
    versions = papers.papers(viewer("op1"), case=order.case).filter(number=made.number).order_by("version")
    assert "verification" not in papers.values(versions[0])
    assert "甲" in papers.values(versions[1])["verification"]


def test_a_name_that_is_gone_while_a_name_below_it_is_there_is_still_there(order: Order, resolver: Answering) -> None:
    made = fed(order)
    resolver.say = lambda name: "NXDOMAIN" if name == f"{HOST}." else "192.0.2.80"
    feedback.look(viewer=viewer("cncert"), case=order.case, now=NOW + 4 * MINUTE)
    assert queries.verdict(order, since=made.fed_back_at) == "still_there"


def test_what_was_seen_before_the_feedback_verifies_nothing(order: Order, resolver: Answering) -> None:
    made = fed(order)
    resolver.say = lambda name: "NXDOMAIN"
    feedback.look(viewer=viewer("cncert"), case=order.case, now=NOW)
    with pytest.raises(OrderRefused, match="unknown_yet"):
        feedback.verify(viewer=viewer("cncert"), feedback=made.number, now=NOW + 5 * MINUTE)


def test_nobody_verifies_what_he_fed_back_and_nobody_twice(order: Order, resolver: Answering) -> None:
    made = fed(order)
    resolver.say = lambda name: "NXDOMAIN"
    feedback.look(viewer=viewer("cncert"), case=order.case, now=NOW + 4 * MINUTE)
    for person in ("p-op1",):
        with pytest.raises(OrderRefused, match="two_persons"):
            feedback.verify(viewer=viewer("cncert", person), feedback=made.number, now=NOW + 5 * MINUTE)
    feedback.verify(viewer=viewer("cncert"), feedback=made.number, now=NOW + 5 * MINUTE)
    with pytest.raises(OrderRefused, match="verified_already"):
        feedback.verify(viewer=viewer("cncert"), feedback=made.number, now=NOW + 6 * MINUTE)


def test_without_feedback_or_a_vantage_there_is_nothing_to_see(order: Order) -> None:
    with pytest.raises(OrderRefused, match="nothing_to_look_at"):
        feedback.look(viewer=viewer("cncert"), case=order.case, now=NOW)
    fed(order)
    with pytest.raises(OrderRefused, match="no_vantage"):
        feedback.look(viewer=viewer("cncert"), case=order.case, now=NOW)
    with pytest.raises(NoOrder):
        queries.feedback(viewer("cncert"), "nothing")


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

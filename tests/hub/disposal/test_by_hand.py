from datetime import timedelta

import pytest
from tests.hub.disposal.conftest import HOST, met
from tests.hub.world import NOW, viewer

from cleannet.hub.disposal import actions, by_hand, queries
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.feedback import Done
from cleannet.hub.disposal.queries import Order
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents import receipts
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions as parties

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def far(case: str) -> Order:
    """Return an order to a registry without a system, which received its notice on paper."""
    parties.register(
        code="far", zh="远", en="Far", role="registry", remote=True, actor=Actor("cncert", "cncert"), now=NOW
    )
    wanted = [Wanted("far", "control", HOST)]
    (order,) = actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + MINUTE)
    receipts.record(
        viewer=viewer("cncert"),
        notice=order.notice,
        party="far",
        medium="paper",
        received_at=NOW + 5 * MINUTE,
        now=NOW + 9 * MINUTE,
    )
    return order


def recorded(order: Order, medium: str = "paper", **change: object) -> queries.Feedback:
    given: dict[str, object] = {
        "viewer": viewer("cncert"),
        "notice": order.notice,
        "party": "far",
        "items": [Done(order.number, True)],
        "users_told": None,
        "disposed_at": NOW + 6 * MINUTE,
        "received_at": NOW + 8 * MINUTE,
        "medium": medium,
        "now": NOW + 30 * MINUTE,
    }
    return by_hand.record(**{**given, **change})  # type: ignore[arg-type] - a table of changes to any argument


def open_rules(case: str) -> set[str]:
    return {duty.rule for duty in ledger.open_duties(viewer("cncert"), case=case) if duty.owes == "far"}


def test_feedback_on_paper_meets_its_duty_as_of_its_receipt_and_starts_cncerts_clock(far: Order) -> None:
    made = recorded(far)
    assert {"11.4.significant", "11.2.domains"} <= met(far.case)
    (duty,) = [duty for duty in ledger.own_duties(viewer("cncert")) if duty.rule == "11.5.significant"]
    assert duty.due == NOW + 8 * MINUTE + timedelta(hours=4)
    assert open_rules(far.case) == set()
    far.refresh_from_db()
    assert (far.status, made.fed_back_at) == ("done", NOW + 8 * MINUTE)
    with pytest.raises(OrderRefused, match="not_remote"):
        recorded(far)


def test_feedback_by_phone_counts_by_cncerts_own_word_and_its_paper_stays_owed(far: Order) -> None:
    made = recorded(far, "phone")
    assert "11.4.significant" in met(far.case)
    assert open_rules(far.case) == {"15.paper.feedback"}
    paper = {"viewer": viewer("cncert"), "feedback": made.number, "now": NOW + 50 * MINUTE}
    with pytest.raises(OrderRefused, match="paper_before_it"):
        by_hand.record_paper(received_at=NOW + 7 * MINUTE, **paper)
    by_hand.record_paper(received_at=NOW + 40 * MINUTE, **paper)
    with pytest.raises(OrderRefused, match="no_paper_owed"):
        by_hand.record_paper(received_at=NOW + 40 * MINUTE, **paper)
    assert open_rules(far.case) == set()
    assert ledger.entries(viewer("cncert"), case=far.case, kind="paper.supplied").count() == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"party": "op1"}, "not_remote"),
        ({"medium": "fax"}, "no_medium"),
        ({"received_at": NOW}, "not_received_yet"),
        ({"items": []}, "not_every_order"),
        ({"users_told": 5}, "no_users"),
    ],
)
def test_what_cannot_be_recorded_is_refused_and_leaves_nothing(
    far: Order, change: dict[str, object], code: str
) -> None:
    with pytest.raises(OrderRefused, match=code):
        recorded(far, **change)
    assert not queries.feedbacks(viewer("cncert"), case=far.case).exists()


def test_a_party_with_a_system_has_no_paper_recorded_by_hand(order: Order) -> None:
    assert by_hand.remote(viewer("cncert"), cases.notice(viewer("cncert"), order.notice)) == []

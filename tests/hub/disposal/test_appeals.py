from datetime import timedelta

import pytest
from tests.hub.disposal.conftest import HOST
from tests.hub.world import NOW, viewer

from cleannet.hub.blobs import queries as blobs
from cleannet.hub.disposal import appeals, batches, queries
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.appeals import Appeal, Applicant, Material, NoAppeal
from cleannet.hub.disposal.queries import Order
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.viewer import Viewer

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
ONE, TWO, THREE = (viewer("cncert", f"p-{number}") for number in (1, 2, 3))
OP1 = viewer("op1")
WHO = Applicant("某公司", "legal@shop.example")


@pytest.fixture
def order(case: str) -> Order:
    """Return an order that one person drafted and another issued."""
    wanted = [Wanted("op1", "control", HOST)]
    batch = batches.draft(viewer=ONE, case=case, wanted=wanted, now=NOW + MINUTE)
    (made,) = batches.confirm(viewer=TWO, batch=batch.number, now=NOW + MINUTE)
    return made


def receive(who: Viewer = OP1, **changes: object) -> Appeal:
    given: dict[str, object] = {
        "target": HOST,
        "grounds": "our shop",
        "applicant": WHO,
        "received_at": NOW + 2 * MINUTE,
        "now": NOW + 3 * MINUTE,
    }
    return appeals.receive(viewer=who, **given | changes)  # type: ignore[arg-type]  # a table of changes to any field


def decide(appeal: Appeal, grant: bool, who: Viewer = THREE) -> Appeal:
    at = NOW + 4 * MINUTE
    return appeals.decide(viewer=who, appeal=appeal.number, grant=grant, reason="looked", remedy="appeal on", now=at)


def test_an_appeal_opens_the_duty_to_settle_it_and_keeps_who_and_what_apart(order: Order) -> None:
    appeal = receive(materials=[Material("licence.pdf", b"%PDF-1")])
    (duty,) = ledger.own_duties(OP1).filter(expects="complaint.settled")
    assert (duty.article, duty.scope["complaint"]) == ("十三", appeal.number)
    assert {"grounds": "our shop", "applicant": "某公司", "contact": "legal@shop.example"}.items() <= appeals.said(
        appeal
    ).items()
    assert appeals.material(OP1, appeal.number, 0) == Material("licence.pdf", b"%PDF-1")
    (entry,) = ledger.entries(ONE, case=order.case, kind="complaint.received")
    assert "某公司" not in str(ledger.record(ONE, entry))
    assert "legal@" not in str(ledger.record(ONE, entry))
    assert list(entry.recipients) == ["cncert"]


def test_a_granted_appeal_lifts_the_orders_everywhere_and_is_answered(order: Order) -> None:
    appeal = receive()
    assert decide(appeal, True).status == "granted"
    order.refresh_from_db()
    assert (order.status, order.leaves is None) == ("lifted", False)
    kinds = [entry.kind for entry in ledger.entries(ONE, case=order.case)]
    assert kinds.index("appeal.decided") < kinds.index("order.lifted")
    answered = appeals.answer(viewer=OP1, appeal=appeal.number, answered_at=NOW + 5 * MINUTE, now=NOW + 6 * MINUTE)
    assert (answered.status, answered.granted) == ("answered", True)
    assert not ledger.own_duties(OP1).filter(expects="complaint.settled").exists()


def test_a_rejected_appeal_lets_the_orders_stand_and_tells_reason_and_remedy(order: Order) -> None:
    appeal = receive()
    assert decide(appeal, False).status == "rejected"
    order.refresh_from_db()
    assert (order.status, order.leaves) == ("issued", None)
    appeals.answer(viewer=OP1, appeal=appeal.number, answered_at=NOW + 5 * MINUTE, now=NOW + 6 * MINUTE)
    (entry,) = ledger.entries(OP1, case=order.case, kind="complaint.settled")
    assert ledger.note(OP1, entry) == "looked\nappeal on"


@pytest.mark.parametrize("who", [ONE, TWO, Viewer("cncert", "cncert")], ids=["drafter", "issuer", "program"])
def test_nobody_reviews_what_he_had_a_part_in(order: Order, who: Viewer) -> None:
    appeal = receive()
    with pytest.raises(OrderRefused, match=r"had_a_part|no_person"):
        decide(appeal, True, who)
    assert appeals.one(ONE, appeal.number).status == "open"


def test_who_took_an_appeal_does_not_review_it(order: Order) -> None:
    with pytest.raises(OrderRefused, match="had_a_part"):
        decide(receive(THREE), True)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"target": "strange.example"}, "appeal.nothing_stands"),
        ({"grounds": " "}, "appeal.lacking"),
        ({"applicant": Applicant("", "")}, "appeal.lacking"),
        ({"received_at": NOW + timedelta(days=1)}, "feedback.in_future"),
        ({"materials": [Material("x", b"")] * 11}, "appeal.too_much"),
    ],
)
def test_what_is_no_appeal_is_refused_and_nothing_is_kept(order: Order, changes: dict[str, object], code: str) -> None:
    with pytest.raises(OrderRefused) as refused:
        receive(**changes)
    assert refused.value.code == code
    assert not appeals.appeals(ONE).exists()


def test_a_step_is_taken_once_and_in_turn(order: Order) -> None:
    appeal = receive()
    with pytest.raises(OrderRefused, match="out_of_turn"):
        appeals.answer(viewer=OP1, appeal=appeal.number, answered_at=NOW + 5 * MINUTE, now=NOW + 6 * MINUTE)
    decide(appeal, False)
    with pytest.raises(OrderRefused, match="out_of_turn"):
        decide(appeal, True)
    with pytest.raises(OrderRefused, match="anothers"):
        appeals.answer(viewer=ONE, appeal=appeal.number, answered_at=NOW + 5 * MINUTE, now=NOW + 6 * MINUTE)


def test_an_appeal_is_seen_by_its_party_and_the_centre(order: Order) -> None:
    appeal = receive()
    assert [one.number for one in appeals.appeals(ONE, case=order.case)] == [appeal.number]
    for stranger in (viewer("op2"), viewer("js")):
        with pytest.raises(NoAppeal):
            appeals.one(stranger, appeal.number)
    with pytest.raises(NoAppeal):
        appeals.material(OP1, appeal.number, 0)


def test_what_came_with_it_is_erased_when_its_time_is_over_and_the_record_stays(order: Order) -> None:
    appeal = receive(materials=[Material("licence.pdf", b"%PDF-1")])
    decide(appeal, False)
    at = NOW + 6 * MINUTE
    appeals.answer(viewer=OP1, appeal=appeal.number, answered_at=NOW + 5 * MINUTE, now=at)
    assert appeals.erase_expired(now=at + timedelta(days=59)) == 0
    assert appeals.erase_expired(now=at + timedelta(days=62)) == 1
    assert appeals.erase_expired(now=at + timedelta(days=62)) == 0
    assert appeals.said(appeal) == {}
    assert all(row.erased_at for row in blobs.described(appeals.refs(appeal)))
    with pytest.raises(NoAppeal):
        appeals.material(OP1, appeal.number, 0)
    assert ledger.entries(ONE, case=order.case, kind="blob.erased").count() == 1
    assert queries.orders(ONE, case=order.case).count() == 1

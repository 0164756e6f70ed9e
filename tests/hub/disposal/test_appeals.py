from datetime import timedelta

import pytest
from tests.hub.disposal.conftest import HOST
from tests.hub.world import NOW, viewer

from cleannet.core.policy_file import shipped
from cleannet.hub.disposal import actions, appeals, batches, enclosures, life, queries
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.appeals import Appeal, NoAppeal
from cleannet.hub.disposal.enclosures import Applicant, Material, Said
from cleannet.hub.disposal.queries import Order
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import actions as parties

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
    assert enclosures.said(OP1, appeal) == Said("our shop", WHO, ["licence.pdf"])
    assert enclosures.material(OP1, appeal, 0) == Material("licence.pdf", b"%PDF-1")
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
        ({"materials": [Material("x", bytes(17 * 2**20))] * 4}, "appeal.too_much"),
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


@pytest.mark.parametrize("grant", [True, False])
@pytest.mark.parametrize(
    ("issuers", "who", "code"),
    [
        (["miit"], THREE, "order.issued_by_another"),
        (["miit", "cncert"], THREE, "order.issued_by_another"),
        (["miit", "cncert"], viewer("miit", "p-9"), ""),
        (["cncert"], THREE, ""),
    ],
)
def test_who_issued_the_orders_decides_or_miit(
    case: str, issuers: list[str], who: Viewer, code: str, grant: bool
) -> None:
    for party, issuer in zip(("op1", "op2"), issuers, strict=False):
        wanted = [Wanted(party, "control", HOST)]
        actions.issue(viewer=viewer(issuer, "p-8"), case=case, wanted=wanted, now=NOW + MINUTE)
    appeal = receive()
    if code:
        with pytest.raises(OrderRefused) as refused:
            decide(appeal, grant, who)
        assert refused.value.code == code
        assert appeals.one(ONE, appeal.number).status == "open"
    else:
        assert decide(appeal, grant, who).status == ("granted" if grant else "rejected")
        assert all((order.leaves is not None) == grant for order in queries.orders(ONE, case=case))


def test_who_had_a_part_in_an_order_that_was_withdrawn_since_does_not_review_it(order: Order) -> None:
    appeal = receive()
    life.withdraw(viewer=THREE, orders=[order.number], reason="looked again", now=NOW + 3 * MINUTE)
    for who in (ONE, TWO):
        with pytest.raises(OrderRefused, match="had_a_part"):
            decide(appeal, False, who)
    assert decide(appeal, True).status == "granted"
    order.refresh_from_db()
    assert order.status == "withdrawn"


def test_who_issued_alone_does_not_review_although_another_countersigned(case: str) -> None:
    parties.adopt(policy=shipped()["two_persons"], actor=Actor("cncert", "cncert"), now=NOW)
    wanted = [Wanted("op1", "control", HOST)]
    batch = batches.draft(viewer=ONE, case=case, wanted=wanted, now=NOW + MINUTE)
    batches.issue_alone(viewer=ONE, batch=batch.number, reason="night", now=NOW + MINUTE)
    batches.countersign(viewer=TWO, batch=batch.number, now=NOW + 2 * MINUTE)
    appeal = receive()
    for who in (ONE, TWO):
        with pytest.raises(OrderRefused, match="had_a_part"):
            decide(appeal, False, who)
    assert decide(appeal, False, THREE).status == "rejected"


@pytest.mark.parametrize(
    "written",
    [HOST.upper(), f"{HOST}.", f"http://{HOST.upper()}/shop", HOST.replace(".", "[.]"), f"hxxps://{HOST}:443/"],
)
def test_a_target_is_found_however_it_is_written(order: Order, written: str) -> None:
    assert receive(target=written).target == HOST


def test_what_waits_is_shown_to_those_who_may_review(order: Order) -> None:
    appeal = receive()
    assert list(appeals.waiting(THREE)) == [appeal]
    assert list(appeals.waiting(OP1)) == []
    decide(appeal, False)
    assert list(appeals.waiting(THREE)) == []

from datetime import timedelta

import pytest
from tests.hub.disposal.conftest import HOST
from tests.hub.world import NOW, viewer

from cleannet.hub.blobs import queries as blobs
from cleannet.hub.disposal import appeals, enclosures, queries
from cleannet.hub.disposal.appeals import Appeal
from cleannet.hub.disposal.enclosures import Applicant, Material
from cleannet.hub.disposal.queries import Order
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.ledger import actions as ledger_actions
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.viewer import Viewer

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
ONE, OP1 = viewer("cncert", "p-1"), viewer("op1")


def receive() -> Appeal:
    return appeals.receive(
        viewer=OP1,
        target=HOST,
        grounds="our shop",
        applicant=Applicant("某公司", "legal@shop.example"),
        received_at=NOW + 2 * MINUTE,
        now=NOW + 3 * MINUTE,
        materials=[Material("licence of Li.pdf", b"%PDF-1"), Material("copy", b"%PDF-1")],
    )


def test_what_came_with_it_is_erased_when_its_time_is_over_and_the_record_stays(order: Order) -> None:
    appeal, at = receive(), NOW + 6 * MINUTE
    appeals.decide(
        viewer=viewer("cncert", "p-9"), appeal=appeal.number, grant=False, reason="looked", remedy="on", now=at - MINUTE
    )
    appeals.answer(viewer=OP1, appeal=appeal.number, answered_at=NOW + 5 * MINUTE, now=at)
    assert enclosures.erase_expired(now=at + timedelta(days=59)) == 0
    assert enclosures.erase_expired(now=at + timedelta(days=62)) == 1
    assert enclosures.erase_expired(now=at + timedelta(days=62)) == 0
    appeal.refresh_from_db()
    assert enclosures.said(OP1, appeal) is None
    assert "licence" not in str(vars(appeal))
    assert all(row.erased_at for row in blobs.described([appeal.said, *appeal.materials]))
    with pytest.raises(blobs.BlobGone):
        enclosures.material(OP1, appeal, 0)
    assert ledger.entries(ONE, case=order.case, kind="blob.erased").count() == 1
    assert queries.orders(ONE, case=order.case).count() == 1


def test_what_came_with_an_appeal_that_was_not_taken_is_erased_after_a_day(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = receive()

    def breaks(**_given: object) -> None:
        raise OSError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(ledger_actions, "enter", breaks)
        with pytest.raises(OSError, match="no room"):
            receive()
    assert enclosures.erase_expired(now=NOW + timedelta(hours=23)) == 0
    # The words and one file, for the other is the same.
    assert enclosures.erase_expired(now=NOW + timedelta(hours=25)) == 2
    assert enclosures.erase_expired(now=NOW + timedelta(hours=25)) == 0
    assert enclosures.said(OP1, kept) is not None


@pytest.mark.parametrize("right", ["order", "record", "read", "administer"])
def test_what_came_is_shown_to_those_only_who_review_or_answer(order: Order, right: str) -> None:
    appeal = receive()
    who = Viewer("op1", "operator", "32", "p-x", frozenset({right}))
    shown = right in enclosures.READERS
    assert (enclosures.said(who, appeal) is not None) == shown
    if shown:
        assert enclosures.material(who, appeal, 0).name == "licence of Li.pdf"
        for place in (-1, 2):
            with pytest.raises(blobs.BlobGone):
                enclosures.material(who, appeal, place)
    else:
        with pytest.raises(OrderRefused, match="not_shown"):
            enclosures.material(who, appeal, 0)

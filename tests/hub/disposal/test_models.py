import pytest
from django.db import IntegrityError
from tests.hub.world import NOW

from cleannet.hub.disposal.models import Asked, Delivery, Feedback, Fetch, Inside, Order, Sighting

pytestmark = pytest.mark.django_db


def test_a_party_is_ordered_to_block_a_name_once_per_notice(order: Order) -> None:
    with pytest.raises(IntegrityError):
        Order.objects.create(
            number="another",
            notice=order.notice,
            party=order.party,
            target=order.target,
            case=order.case,
            issued_at=NOW,
        )


def test_the_longest_number_of_the_longest_party_is_held() -> None:
    number = f"RW-{'H' * 32}-2026-000001-100-F10-{'p' * 63}"
    Feedback.objects.create(number=number, items=[], disposed_at=NOW, fed_back_at=NOW)
    assert Feedback.objects.get().number == number


def test_rows_read_as_what_they_name(order: Order) -> None:
    assert str(order) == order.number
    assert Delivery.objects.get().key == f"rpz:{order.enters}"
    assert str(Fetch(party="op1", revision=3)) == "op1 3"
    assert str(Feedback(number="F")) == "F"
    assert [str(Asked(host="evil.example")), str(Inside(id="a1"))] == ["evil.example", "a1"]
    assert str(Sighting(order=order, verdict="gone")) == f"{order.number} gone"


def test_a_place_is_brought_up_to_a_revision_once(order: Order) -> None:
    row = Delivery.objects.get()
    with pytest.raises(IntegrityError):
        Delivery.objects.create(key=row.key, channel="rpz", revision=9, made_at=NOW, ready_at=NOW)

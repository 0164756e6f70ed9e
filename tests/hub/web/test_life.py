from datetime import datetime, timedelta

import pytest
from tests.hub.web.conftest import ClientOf
from tests.hub.world import viewer

from cleannet.hub.disposal import actions, delivery, queries
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.queries import Order
from cleannet.hub.ledger import queries as ledger

pytestmark = pytest.mark.django_db
HOST, OTHER = "c2.evil-emial.example.com", "dl.evil-emial.example.net"


@pytest.fixture
def orders(case: str, now: datetime) -> list[Order]:
    wanted = [Wanted("op1", "control", HOST), Wanted("op1", "distribution", OTHER)]
    return actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=now)


def states(case: str) -> list[str]:
    return [order.status for order in queries.orders(viewer("cncert"), case=case).order_by("number")]


def test_a_withdrawal_is_chosen_shown_and_confirmed_with_a_reason(
    case: str, orders: list[Order], client_of: ClientOf
) -> None:
    client, path = client_of("cncert"), f"/cases/{case}/orders/withdrawal"
    page = client.get(path).content.decode()
    assert page.count('type="checkbox"') == 2
    assert path in client.get(f"/cases/{case}").content.decode()
    first = {"order": [orders[0].number]}
    shown = client.post(path, first).content.decode()
    assert "1 order is withdrawn; it cannot be taken back" in shown
    assert "Policy zone: Not in force yet" in shown
    assert states(case) == ["issued", "issued"]
    refused = client.post(path, first | {"confirmed": "yes", "reason": " "})
    assert refused.status_code == 422
    assert "A reason is missing." in refused.content.decode()
    assert client.post(path, first | {"confirmed": "yes", "reason": "误报"}).status_code == 302
    assert states(case) == ["withdrawn", "issued"]
    assert [entry.record["text"] for entry in ledger.entries(viewer("op1"), kind="order.withdrawn")] == ["误报"]
    page = client_of("op1").get(f"/cases/{case}").content.decode()
    assert "Withdrawn" in page
    assert "Being taken off" in page
    assert path not in page
    assert client.post(path, first | {"confirmed": "yes", "reason": "误报"}).status_code == 409


def test_the_expiry_is_changed_and_taken_away(
    case: str, orders: list[Order], client_of: ClientOf, now: datetime
) -> None:
    client, path = client_of("cncert"), f"/cases/{case}/orders/expiry"
    chosen = {"order": [order.number for order in orders]}
    assert "Change the expiry of 2 orders" in client.post(path, chosen).content.decode()
    for text, status in (("2001-01-01 00:00", 422), ("soon", 422), ((now + timedelta(days=1)).isoformat(), 302)):
        assert client.post(path, chosen | {"confirmed": "yes", "until": text}).status_code == status
    assert {order.until for order in Order.objects.all()} == {now + timedelta(days=1)}
    assert "until" in client.get(f"/cases/{case}").content.decode()
    assert client.post(path, chosen | {"confirmed": "yes", "until": ""}).status_code == 302
    assert {order.until for order in Order.objects.all()} == {None}


def test_the_list_of_orders_says_where_each_is_in_force(
    case: str, orders: list[Order], client_of: ClientOf, now: datetime
) -> None:
    delivery.deliver(now=now, lease=timedelta(seconds=30))
    page = client_of("op1").get("/orders").content.decode()
    assert "Policy zone: Not in force yet: no primary is set" in page
    assert "It was never fetched." in page


def test_where_nothing_stands_nothing_is_to_be_chosen(case: str, client_of: ClientOf) -> None:
    assert (
        "No order of this case stands." in client_of("cncert").get(f"/cases/{case}/orders/withdrawal").content.decode()
    )


def test_a_form_names_more_than_a_thousand_orders(case: str, client_of: ClientOf) -> None:
    typed = {"order": [f"N-{number}" for number in range(1_200)], "confirmed": "yes", "reason": "误报"}
    assert client_of("cncert").post(f"/cases/{case}/orders/withdrawal", typed).status_code == 404

from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings
from tests.hub.disposal.conftest import HOST
from tests.hub.world import NOW, viewer

from cleannet.core.terms import EFFECTS, PLACES
from cleannet.hub.disposal import actions, delivery, effects, life
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.models import Fetch
from cleannet.hub.disposal.queries import Order

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=30)


def states(*orders: Order) -> list[tuple[str, dict[str, str]]]:
    for order in orders:
        order.refresh_from_db()
    found = effects.effects(orders)
    said = [found[order.number] for order in orders]
    assert {place.state for one in said for place in one.places} <= EFFECTS.keys()
    assert {place.key for one in said for place in one.places} <= PLACES.keys()
    return [(one.state, {place.key: place.state for place in one.places}) for one in said]


def test_an_order_is_in_force_once_every_place_has_it_and_gone_once_none_has(
    case: str, tmp_path: Path, settings: Settings
) -> None:
    wanted = [Wanted(party, "control", HOST) for party in ("op1", "op2", "rr")]
    one, two, other = actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW)
    assert states(one, other) == [("waiting", {"rpz": "waiting"}), ("", {})]
    settings.CLEANNET_ZONE_FOLDER = str(tmp_path)
    delivery.deliver(now=NOW + MINUTE, lease=LEASE, only="file")
    assert states(one) == [("waiting", {"rpz": "waiting", "file": "active"})]
    delivery.deliver(now=NOW + MINUTE, lease=LEASE, only="rpz")
    (found,) = effects.effects([one]).values()
    assert [("no primary is set" in place.failure) for place in found.places] == [True, False]

    life.withdraw(viewer=viewer("cncert"), orders=[one.number], reason="误报", now=NOW + 2 * MINUTE)
    assert states(one, two)[0] == ("kept", {"rpz": "kept", "file": "kept"})
    life.withdraw(viewer=viewer("cncert"), orders=[two.number], reason="误报", now=NOW + 3 * MINUTE)
    assert states(one, two) == [("leaving", {"rpz": "leaving", "file": "leaving"})] * 2
    delivery.deliver(now=NOW + 4 * MINUTE, lease=LEASE, only="file")
    assert states(one)[0] == ("leaving", {"rpz": "leaving", "file": "gone"})


def test_what_a_party_fetched_counts_only_where_no_rule_of_the_hub_does(case: str) -> None:
    wanted = [Wanted(party, "control", HOST) for party in ("op1", "rr")]
    one, other = actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW)
    for party in ("op1", "rr"):
        Fetch.objects.create(party=party, revision=1, fetched_at=NOW)
    assert states(one, other) == [("waiting", {"rpz": "waiting", "feed": "active"}), ("active", {"feed": "active"})]
    life.withdraw(viewer=viewer("cncert"), orders=[other.number], reason="误报", now=NOW + MINUTE)
    assert states(other) == [("leaving", {"feed": "leaving"})]


def test_many_orders_take_no_more_questions_than_one(order: Order, django_assert_max_num_queries: object) -> None:
    with django_assert_max_num_queries(6):  # type: ignore[operator]  # pytest-django's fixture is not typed
        effects.effects([order] * 50)

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings
from tests.flow.daemons import TwoZones
from tests.hub.disposal.conftest import HOST
from tests.hub.world import NOW, viewer

from cleannet.cli.demo_bind import KEY_NAME
from cleannet.hub.disposal import delivery, life, merging, network, queries, resolution
from cleannet.hub.disposal.models import Delivery
from cleannet.hub.disposal.queries import Order
from cleannet.hub.disposal.resolution import Primary
from cleannet.probe import target

pytestmark = pytest.mark.django_db
LEASE = timedelta(seconds=30)
# Three in the morning in Beijing, after the order was issued.
NIGHT = NOW.replace(hour=19)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def bind(tmp_path: Path, settings: Settings) -> Iterator[TwoZones]:
    running = TwoZones(tmp_path, "rpz.cleannet.")
    settings.CLEANNET_DNS_PRIMARY, settings.CLEANNET_DNS_BULK_ZONE = running.primary, running.bulk
    settings.CLEANNET_DNS_KEY_NAME, settings.CLEANNET_DNS_KEY = KEY_NAME, running.secret
    running._start(0, heeds=True)
    yield running
    running.stop()


def work(at: datetime) -> int:
    return delivery.deliver(now=at, lease=LEASE)


def where() -> list[bool]:
    """Say whether the hot zone and the bulk zone hold the name."""
    primary = network.primary()
    assert primary is not None
    ones = [Primary(primary.server, zone, primary.key_name, primary.secret) for zone in (primary.zone, primary.bulk)]
    return [resolution.rule_stands(one, HOST, timeout=5).verdict == "gone" for one in ones]


@pytest.mark.needs("named")
def test_a_rule_moves_at_night_in_two_steps_and_is_withdrawn_from_both(order: Order, bind: TwoZones) -> None:
    assert work(NOW + MINUTE) == 1
    assert where() == [True, False]
    assert merging.plan(now=NIGHT - MINUTE) == 0
    assert [merging.plan(now=NIGHT) for _ in range(2)] == [1, 0]
    assert [work(NIGHT) for _ in range(2)] == [1, 0]
    assert where() == [True, True]
    assert merging.plan(now=NIGHT + merging.SETTLING - MINUTE) == 0
    assert [merging.plan(now=NIGHT + merging.SETTLING) for _ in range(2)] == [1, 0]
    assert [work(NIGHT + merging.SETTLING) for _ in range(2)] == [1, 0]
    assert where() == [False, True]
    assert network.look(
        "op1", "operator", target.read("name", HOST), None, timeout=1
    )  # the rule is looked for in both zones
    found = resolution.rule_stands(network.primary() or pytest.fail("set"), HOST, timeout=5)
    assert (found.verdict, found.vantage) == ("gone", "primary (rpz.cleannet., bulk.cleannet.)")
    assert merging.plan(now=NIGHT + 4 * merging.SETTLING) == 0
    life.withdraw(viewer=viewer("cncert"), orders=[order.number], reason="误报", now=NIGHT + 4 * merging.SETTLING)
    assert work(NIGHT + 4 * merging.SETTLING) == 1
    assert where() == [False, False]
    assert merging.plan(now=NIGHT + timedelta(days=1)) == 1


@pytest.mark.needs("named")
def test_what_is_withdrawn_between_the_steps_comes_back_by_neither(order: Order, bind: TwoZones) -> None:
    work(NOW + MINUTE)
    merging.plan(now=NIGHT)
    life.withdraw(viewer=viewer("cncert"), orders=[order.number], reason="误报", now=NIGHT)
    assert [work(NIGHT) for _ in range(3)] == [1, 1, 0]
    assert where() == [False, False]


def test_a_merge_that_fails_holds_up_no_order_and_is_asked_for_again(order: Order, settings: Settings) -> None:
    settings.CLEANNET_DNS_PRIMARY, settings.CLEANNET_DNS_BULK_ZONE = "127.0.0.1:9", "bulk.cleannet."
    settings.CLEANNET_DNS_KEY = "c2VjcmV0"
    Delivery.objects.filter(channel="rpz").update(done_at=NOW)
    assert merging.plan(now=NIGHT) == 1
    assert [work(NIGHT) for _ in range(2)] == [1, 0]
    merge = Delivery.objects.get(does="merge")
    assert merge.failure.startswith("primary (127.0.0.1:9) does not transfer the zone rpz.cleannet.")
    assert merge.done_at == NIGHT
    assert list(queries.waiting_deliveries(viewer("cncert"))) == [merge]
    assert merging.plan(now=NIGHT + MINUTE) == 0
    assert merging.plan(now=NIGHT + merging.AGAIN_AFTER) == 1
    (again,) = queries.waiting_deliveries(viewer("cncert"))
    assert (again.does, again.done_at) == ("merge", None)


@pytest.mark.parametrize("bulk", ["", "bulk.cleannet."])
def test_nothing_is_merged_without_two_zones(db: None, settings: Settings, bulk: str) -> None:
    settings.CLEANNET_DNS_BULK_ZONE = bulk
    settings.CLEANNET_DNS_PRIMARY = "" if bulk else "127.0.0.1:9"
    assert merging.plan(now=NIGHT) == 0

from datetime import datetime, timedelta

import pytest
from tests.hub.world import NOW, viewer

from cleannet.hub.disposal import queries
from cleannet.hub.disposal.models import Probe
from cleannet.hub.disposal.queries import Order, Sighting

pytestmark = pytest.mark.django_db


def see(order: Order, vantage: str, said: str, at: datetime, *, decides: bool = True) -> Sighting:
    kind = "resolver" if decides else "authority"
    given = {"kind": kind, "vantage": vantage, "decides": decides, "evidence": {}}
    return Sighting.objects.create(order=order, verdict=said, seen_at=at, **given)


@pytest.mark.parametrize(
    ("code", "sees"), [("op1", True), ("cncert", True), ("miit", True), ("js", True), ("zj", False), ("op2", False)]
)
def test_who_sees_an_order(order: Order, code: str, sees: bool) -> None:
    assert queries.orders(viewer(code), case=order.case).exists() is sees


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        ([], "unknown"),
        ([("甲", "gone", 1), ("乙", "gone", 1)], "gone"),
        ([("甲", "gone", 1), ("乙", "still_there", 1)], "still_there"),
        ([("甲", "gone", 1), ("乙", "unknown", 1)], "unknown"),
        ([("甲", "still_there", 1), ("甲", "gone", 2)], "gone"),
        ([("甲", "gone", 1), ("甲", "still_there", 2)], "still_there"),
        ([("甲", "gone", -1)], "unknown"),
    ],
)
def test_the_last_look_decides_and_the_worst_vantage_of_it(
    order: Order, seen: list[tuple[str, str, int]], verdict: str
) -> None:
    for vantage, said, minute in seen:
        at = NOW + timedelta(minutes=minute)
        see(order, vantage, said, at)
    assert queries.verdict(order, since=NOW) == verdict


@pytest.mark.parametrize("beside", ["gone", "still_there", "unknown"])
def test_what_only_goes_with_an_order_decides_nothing(order: Order, beside: str) -> None:
    see(order, "example.", beside, NOW, decides=False)
    assert queries.verdict(order, since=NOW) == "unknown"
    see(order, "甲", "gone", NOW)
    see(order, "example.", beside, NOW + timedelta(minutes=1), decides=False)
    assert queries.verdict(order, since=NOW) == "gone"


@pytest.mark.parametrize(("code", "count"), [("op1", 1), ("cncert", 1), ("js", 1), ("op2", 0), ("zj", 0)])
def test_who_sees_what_was_seen_and_that_it_is_looked_at(order: Order, code: str, count: int) -> None:
    see(order, "甲", "gone", NOW)
    Probe.objects.create(key="k", ready_at=NOW, order=order)
    Probe.objects.create(key="l", ready_at=NOW, order=order, done_at=NOW)
    assert queries.case_sightings(viewer(code), case=order.case).count() == count
    assert len(queries.looking(viewer(code), case=order.case)) == count
    assert not queries.case_sightings(viewer(code), case="another").exists()


@pytest.mark.parametrize(("code", "sees"), [("op1", False), ("cncert", True), ("miit", True), ("js", False)])
def test_who_sees_what_waits_for_the_network(order: Order, code: str, sees: bool) -> None:
    assert queries.waiting_deliveries(viewer(code)).exists() is sees
    assert queries.oldest_delivery(now=NOW + timedelta(minutes=5)) == timedelta(minutes=4)


def test_the_hub_itself_sees_every_order(order: Order) -> None:
    assert queries.orders(queries.everyone()).exists()

from datetime import timedelta

import pytest
from tests.hub.disposal.conftest import HOST
from tests.hub.world import NOW, viewer

from cleannet.hub.disposal import queries
from cleannet.hub.disposal.queries import Order, Sighting

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("code", "sees"), [("op1", True), ("cncert", True), ("miit", True), ("js", True), ("zj", False), ("op2", False)]
)
def test_who_sees_an_order(order: Order, code: str, sees: bool) -> None:
    assert queries.orders(viewer(code), case=order.case).exists() is sees
    assert queries.deliveries(viewer(code), case=order.case).exists() is sees


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
        Sighting.objects.create(order=order, vantage=vantage, verdict=said, evidence={}, seen_at=at)
    assert queries.verdict(order, since=NOW) == verdict


def test_the_zone_holds_what_was_ordered(order: Order) -> None:
    assert queries.blocked_hosts() == [HOST]

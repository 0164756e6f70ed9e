from datetime import timedelta

import pytest
from tests.hub.disposal.conftest import Answering, fed, look
from tests.hub.world import NOW, viewer

from cleannet.hub.disposal import delivery, network, probes, queries, verification
from cleannet.hub.disposal.queries import Order
from cleannet.hub.incidents.queries import Case

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_a_look_is_asked_for_and_comes_later_and_waits_once(order: Order, resolver: Answering) -> None:
    made = fed(order)
    centre = viewer("cncert")
    for second in range(2):
        at = NOW + 4 * MINUTE + timedelta(seconds=second)
        assert verification.look(viewer=centre, case=order.case, now=at) == [order]
    assert resolver.asked == []
    assert queries.looking(centre, case=order.case) == {order.number}
    assert queries.verdict(order, since=made.fed_back_at) == "unknown"
    assert [probes.probe(now=NOW + 5 * MINUTE, lease=MINUTE) for _ in range(2)] == [1, 0]
    assert queries.looking(centre, case=order.case) == set()
    (one,) = queries.sightings(order)
    assert (one.kind, one.vantage, one.decides, one.seen_at) == ("resolver", "甲", True, NOW + 5 * MINUTE)
    assert queries.verdict(order, since=made.fed_back_at) == "still_there"


def test_a_look_that_is_under_way_does_not_stand_for_one_asked_for_later(
    order: Order, resolver: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    fed(order)
    real = network.look

    def asked_meanwhile(*given: str, timeout: float) -> list[network.Seen]:
        monkeypatch.setattr(network, "look", real)
        verification.look(viewer=viewer("cncert"), case=order.case, now=NOW + 5 * MINUTE)
        return real(*given, timeout=timeout)

    monkeypatch.setattr(network, "look", asked_meanwhile)
    assert look(order.case, NOW + 4 * MINUTE) == 1
    assert probes.probe(now=NOW + 5 * MINUTE, lease=MINUTE) == 1
    assert [one.seen_at for one in queries.sightings(order)] == [NOW + 4 * MINUTE, NOW + 5 * MINUTE]


def test_a_killed_worker_leaves_nothing_and_another_looks(
    order: Order, resolver: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    fed(order)

    def die(*_: str, timeout: float) -> list[network.Seen]:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(network, "look", die)
        with pytest.raises(KeyboardInterrupt):
            look(order.case, NOW + 4 * MINUTE)
    assert probes.probe(now=NOW + 4 * MINUTE, lease=MINUTE) == 0
    assert probes.probe(now=NOW + 6 * MINUTE, lease=MINUTE) == 1
    assert probes.probe(now=NOW + 9 * MINUTE, lease=MINUTE) == 0
    assert [one.seen_at for one in queries.sightings(order)] == [NOW + 6 * MINUTE]


def test_a_worker_that_outlived_its_lease_keeps_nothing(
    order: Order, resolver: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    fed(order)
    real = network.look

    def slow(*given: str, timeout: float) -> list[network.Seen]:
        monkeypatch.setattr(network, "look", real)
        assert probes.probe(now=NOW + 6 * MINUTE, lease=MINUTE) == 1
        return real(*given, timeout=timeout)

    monkeypatch.setattr(network, "look", slow)
    look(order.case, NOW + 4 * MINUTE)
    assert [one.seen_at for one in queries.sightings(order)] == [NOW + 6 * MINUTE]


def test_while_a_name_is_looked_at_orders_are_delivered(
    order: Order, resolver: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    fed(order)
    tried: list[int] = []

    def hang(*_: str, timeout: float) -> list[network.Seen]:
        tried.append(delivery.deliver(now=NOW + 4 * MINUTE, lease=MINUTE))
        return []

    monkeypatch.setattr(network, "look", hang)
    look(order.case, NOW + 4 * MINUTE)
    assert tried == [1]


def test_of_a_case_that_ended_nobody_looks(order: Order, resolver: Answering) -> None:
    fed(order)
    verification.look(viewer=viewer("cncert"), case=order.case, now=NOW + 4 * MINUTE)
    Case.objects.filter(number=order.case).update(status="closed")
    assert [probes.probe(now=NOW + 5 * MINUTE, lease=MINUTE) for _ in range(2)] == [1, 0]
    assert resolver.asked == queries.sightings(order) == []

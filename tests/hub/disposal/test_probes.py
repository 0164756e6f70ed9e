from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from pytest_django import Settings
from tests.hub.disposal.conftest import HOST, Answering, fed, look
from tests.hub.world import NOW, viewer
from tests.probe.servers import listening, page

from cleannet.hub.disposal import delivery, manners, network, probes, queries, tallies, verification
from cleannet.hub.disposal.models import Asked, Probe
from cleannet.hub.disposal.queries import Order
from cleannet.hub.incidents.queries import Case
from cleannet.probe.answer import Answer

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

    def asked_meanwhile(*given: Any, **more: Any) -> list[network.Seen]:
        monkeypatch.setattr(network, "look", real)
        verification.look(viewer=viewer("cncert"), case=order.case, now=NOW + 5 * MINUTE)
        return real(*given, **more)

    monkeypatch.setattr(network, "look", asked_meanwhile)
    assert look(order.case, NOW + 4 * MINUTE) == 1
    assert probes.probe(now=NOW + 5 * MINUTE, lease=MINUTE) == 1
    assert [one.seen_at for one in queries.sightings(order)] == [NOW + 4 * MINUTE, NOW + 5 * MINUTE]


def test_a_killed_worker_leaves_nothing_and_another_looks(
    order: Order, resolver: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    fed(order)

    def die(*_: Any, **__: Any) -> list[network.Seen]:
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

    def slow(*given: Any, **more: Any) -> list[network.Seen]:
        monkeypatch.setattr(network, "look", real)
        assert probes.probe(now=NOW + 6 * MINUTE, lease=MINUTE) == 1
        return real(*given, **more)

    monkeypatch.setattr(network, "look", slow)
    look(order.case, NOW + 4 * MINUTE)
    assert [one.seen_at for one in queries.sightings(order)] == [NOW + 6 * MINUTE]


def test_while_a_name_is_looked_at_orders_are_delivered(
    order: Order, resolver: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    fed(order)
    tried: list[int] = []

    def hang(*_: Any, **__: Any) -> list[network.Seen]:
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


@pytest.mark.parametrize("status", ["withdrawn", "expired", "lifted", "reissued", "issued"])
def test_of_an_order_that_binds_no_more_nobody_looks(order: Order, resolver: Answering, status: str) -> None:
    fed(order)
    verification.look(viewer=viewer("cncert"), case=order.case, now=NOW + 4 * MINUTE)
    Order.objects.filter(pk=order.pk).update(status=status)
    assert [probes.probe(now=NOW + 5 * MINUTE, lease=MINUTE) for _ in range(2)] == [1, 0]
    assert resolver.asked == queries.sightings(order) == []


def test_settings_that_name_no_vantage_put_the_look_off(order: Order, resolver: Answering, settings: Settings) -> None:
    fed(order)
    verification.look(viewer=viewer("cncert"), case=order.case, now=NOW + 4 * MINUTE)
    right, settings.CLEANNET_DNS_RESOLVERS = settings.CLEANNET_DNS_RESOLVERS, "op1/=nowhere"
    assert [probes.probe(now=NOW + 5 * MINUTE, lease=MINUTE) for _ in range(2)] == [1, 0]
    assert "is no server" in Probe.objects.get().failure
    settings.CLEANNET_DNS_RESOLVERS = right
    assert probes.probe(now=NOW + 6 * MINUTE, lease=MINUTE) == 1
    assert len(queries.sightings(order)) == 1


@pytest.fixture
def going_out(resolver: Answering, settings: Settings) -> Answering:
    """Let looks for op1 go out to loopback, from inside its network and from elsewhere."""
    resolver.say = lambda name: "127.0.0.1"
    settings.CLEANNET_PROBE_EGRESS = "op1/内=default,外=127.0.0.7"
    settings.CLEANNET_PROBE_CLOSED_NETWORKS = [ip_network("127.0.0.0/8")]
    settings.CLEANNET_PROBE_SECONDS = 1
    settings.CLEANNET_PROBE_HOST_SECONDS = 60
    return resolver


def reaching(order: Order, reach: str, target: str) -> Order:
    """Return an order as if it had been issued for another target."""
    Order.objects.filter(pk=order.pk).update(reach=reach, target=target)
    order.refresh_from_db()
    return order


@pytest.mark.parametrize(("status", "verdict"), [(200, "still_there"), (404, "gone"), (503, "unknown")])
def test_a_url_is_judged_from_inside_the_operators_network(
    order: Order, going_out: Answering, status: int, verdict: str
) -> None:
    made = fed(order)
    with listening(page(status, b"x")) as port:
        reaching(order, "url", f"{HOST}:{port}/x.apk")
        look(order.case, NOW + 4 * MINUTE)
    seen = {(one.kind, one.vantage): (one.verdict, one.decides) for one in queries.sightings(order)}
    assert seen == {("http", "内"): (verdict, True), ("http", "外"): (verdict, False)}
    assert queries.verdict(order, since=made.fed_back_at) == verdict


def test_a_host_asked_a_moment_ago_is_waited_for_where_that_decides(order: Order, going_out: Answering) -> None:
    fed(order)
    with listening(page(404)) as port:
        reaching(order, "url", f"{HOST}:{port}/x.apk")
        assert look(order.case, NOW + 4 * MINUTE) == 1
        verification.look(viewer=viewer("cncert"), case=order.case, now=NOW + 4 * MINUTE + MINUTE / 2)
        assert probes.probe(now=NOW + 4 * MINUTE + MINUTE / 2, lease=MINUTE) == 1
        assert len(queries.sightings(order)) == 2
        assert probes.probe(now=NOW + 4 * MINUTE + MINUTE / 2, lease=MINUTE) == 0
        assert probes.probe(now=NOW + 5 * MINUTE, lease=MINUTE) == 1
    assert len(queries.sightings(order)) == 4


def test_an_address_asked_a_moment_ago_by_another_name_is_waited_for(order: Order, going_out: Answering) -> None:
    fed(order)
    manners.note({"127.0.0.1"}, now=NOW + 4 * MINUTE)
    with listening(page(404)) as port:
        reaching(order, "url", f"{HOST}:{port}/x.apk")
        assert look(order.case, NOW + 4 * MINUTE) == 1
        assert queries.sightings(order) == []
        assert probes.probe(now=NOW + 5 * MINUTE, lease=MINUTE) == 1
    assert {one.verdict for one in queries.sightings(order)} == {"gone"}


def test_an_address_whose_owner_asked_so_is_not_connected_to_by_its_name(
    order: Order, going_out: Answering, settings: Settings
) -> None:
    fed(order)
    settings.CLEANNET_PROBE_OPT_OUT = ["127.0.0.0/8"]
    with listening(page(404)) as port:
        reaching(order, "url", f"{HOST}:{port}/x.apk")
        look(order.case, NOW + 4 * MINUTE)
    assert {one.verdict for one in queries.sightings(order)} == {"unknown"}


def test_where_it_only_goes_along_a_host_asked_a_moment_ago_is_left_in_peace(
    order: Order, going_out: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    fed(order)
    out = {"http": lambda egress, _target: Answer("http", egress.name, "gone", {})}
    monkeypatch.setattr(network, "GOING_OUT", network.GOING_OUT | out)
    for second in (0, 30, 60):
        at = NOW + 4 * MINUTE + timedelta(seconds=second)
        assert look(order.case, at) == 1
        kinds = [one.kind for one in queries.sightings(order, since=at)]
        assert kinds.count("http") == (0 if second == 30 else 2)
        assert kinds.count("resolver") == 1


def test_whose_owner_asked_so_is_not_connected_to(order: Order, going_out: Answering, settings: Settings) -> None:
    fed(order)
    settings.CLEANNET_PROBE_OPT_OUT = [HOST]
    with listening(page(404)) as port:
        reaching(order, "url", f"{HOST}:{port}/x.apk")
        look(order.case, NOW + 4 * MINUTE)
    assert {one.verdict for one in queries.sightings(order)} == {"unknown"}
    assert "its owner asked not to be looked at" in str(queries.sightings(order)[0].evidence)


def test_what_the_edges_counted_since_goes_along(order: Order, resolver: Answering) -> None:
    fed(order)
    with pytest.MonkeyPatch.context() as patched:
        told = Answer("tally", "op1", "gone", {})
        patched.setattr(tallies, "look", lambda program, party, since: told if since == NOW + 2 * MINUTE else None)
        look(order.case, NOW + 4 * MINUTE)
    assert [(one.kind, one.decides) for one in queries.sightings(order)] == [("resolver", True), ("tally", False)]


def test_what_cannot_be_connected_to_is_unknown_and_nobody_was_asked(order: Order, going_out: Answering) -> None:
    fed(order)
    reaching(order, "address", "198.51.100.0/24")
    look(order.case, NOW + 4 * MINUTE)
    assert {(one.verdict, "network" in str(one.evidence)) for one in queries.sightings(order)} == {("unknown", True)}
    assert not Asked.objects.exists()

"""Deliveries by the zone file, the place that needs no server, and by servers that fail."""

import socket
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings
from tests.hub.disposal.conftest import HOST
from tests.hub.world import NOW, viewer

from cleannet.hub.disposal import actions, arrivals, delivery, effects, life, queries
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.channels.zone_file import ZoneFile
from cleannet.hub.disposal.models import Delivery
from cleannet.hub.disposal.queries import Order
from cleannet.hub.ledger import queries as ledger

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=30)
OTHER = "dl.evil-emial.example.net"


@pytest.fixture
def zone(tmp_path: Path, settings: Settings) -> Path:
    """Set the folder of zone files; return the file."""
    settings.CLEANNET_ZONE_FOLDER = str(tmp_path)
    return tmp_path / f"{settings.CLEANNET_DNS_ZONE}zone"


def issue(case: str, *wanted: tuple[str, str], at: datetime = NOW + MINUTE) -> list[Order]:
    kinds = {HOST: "control", OTHER: "distribution"}
    given = [Wanted(party, kinds[target], target) for party, target in wanted]
    return actions.issue(viewer=viewer("cncert"), case=case, wanted=given, now=at)


def withdraw(order: Order, at: datetime) -> None:
    life.withdraw(viewer=viewer("cncert"), orders=[order.number], reason="误报", now=at)


def write(at: datetime) -> int:
    return delivery.deliver(now=at, lease=LEASE, only="file")


def acts(kind: str) -> list[tuple[str, str]]:
    """Return party and target of the acts of a kind, with those that waited to be entered."""
    while arrivals.enter(now=NOW + timedelta(hours=1), lease=LEASE):
        pass
    found = ledger.entries(viewer("cncert"), kind=kind)
    return sorted((entry.party, entry.facts["target"]) for entry in found)


def test_an_issue_is_one_revision_at_each_place_and_each_order_is_entered(case: str, zone: Path) -> None:
    orders = issue(case, ("op1", HOST), ("op1", OTHER), ("op2", HOST), ("rr", HOST))
    assert sorted(Delivery.objects.values_list("key", flat=True)) == ["file:1", "rpz:1"]
    assert [write(NOW + 2 * MINUTE) for _ in range(2)] == [1, 0]
    assert acts("order.delivered") == [("op1", HOST), ("op1", OTHER), ("op2", HOST)]
    assert zone.read_text().count("CNAME") == 4
    assert delivery.reached("file") == orders[0].enters == 1
    assert delivery.reached("rpz") == 0


def test_what_was_withdrawn_before_it_was_brought_is_never_served(case: str, zone: Path) -> None:
    first, second = issue(case, ("op1", HOST), ("op1", OTHER))
    withdraw(first, NOW + 2 * MINUTE)
    assert [write(NOW + 3 * MINUTE) for _ in range(2)] == [1, 0]
    assert (HOST in zone.read_text(), OTHER in zone.read_text()) == (False, True)
    assert (acts("order.delivered"), acts("order.removed")) == ([("op1", OTHER)], [])
    withdraw(second, NOW + 4 * MINUTE)
    write(NOW + 5 * MINUTE)
    assert "CNAME" not in zone.read_text()
    assert acts("order.removed") == [("op1", OTHER)]


def test_a_name_is_served_until_the_last_order_for_it_is_withdrawn(case: str, zone: Path) -> None:
    one, two = issue(case, ("op1", HOST), ("op2", HOST))
    write(NOW + 2 * MINUTE)
    withdraw(one, NOW + 3 * MINUTE)
    write(NOW + 4 * MINUTE)
    assert HOST in zone.read_text()
    assert acts("order.removed") == []
    withdraw(two, NOW + 5 * MINUTE)
    write(NOW + 6 * MINUTE)
    assert HOST not in zone.read_text()
    assert acts("order.removed") == [("op1", HOST), ("op2", HOST)]


def test_a_place_set_later_is_brought_everything(case: str, tmp_path: Path, settings: Settings) -> None:
    issue(case, ("op1", HOST))
    assert write(NOW + 2 * MINUTE) == 0
    settings.CLEANNET_ZONE_FOLDER = str(tmp_path)
    assert [write(NOW + 3 * MINUTE) for _ in range(2)] == [1, 0]
    assert HOST in (tmp_path / f"{settings.CLEANNET_DNS_ZONE}zone").read_text()
    assert acts("order.delivered") == [("op1", HOST)]


def test_a_place_is_brought_everything_anew_and_nothing_is_entered_twice(case: str, zone: Path) -> None:
    issue(case, ("op1", HOST))
    write(NOW + 2 * MINUTE)
    zone.unlink()
    assert write(NOW + 3 * MINUTE) == 0
    delivery.bring_anew(now=NOW + 4 * MINUTE)
    assert write(NOW + 4 * MINUTE) == 1
    assert HOST in zone.read_text()
    assert acts("order.delivered") == [("op1", HOST)]


def test_what_left_while_a_place_was_brought_everything_is_entered(case: str, zone: Path) -> None:
    (order,) = issue(case, ("op1", HOST))
    write(NOW + 2 * MINUTE)
    delivery.bring_anew(now=NOW + 3 * MINUTE)
    withdraw(order, NOW + 4 * MINUTE)
    assert write(NOW + 5 * MINUTE) == 1
    assert acts("order.removed") == [("op1", HOST)]


def test_what_was_served_by_a_try_that_failed_came_and_left(
    case: str, zone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (order,) = issue(case, ("op1", HOST))
    real = ZoneFile.bring

    def fail_late(place: ZoneFile, change: delivery.Change, hold: Callable[[], None]) -> None:
        real(place, change, hold)
        raise delivery.DeliveryFailed("the answer did not come")

    with monkeypatch.context() as failing:
        failing.setattr(ZoneFile, "bring", fail_late)
        write(NOW + 2 * MINUTE)
    assert HOST in zone.read_text()
    withdraw(order, NOW + 3 * MINUTE)
    write(NOW + 4 * MINUTE)
    assert HOST not in zone.read_text()
    assert acts("order.delivered") == acts("order.removed") == [("op1", HOST)]
    (came,) = ledger.entries(viewer("cncert"), kind="order.delivered")
    assert came.facts["perhaps"] is True


def test_a_name_that_does_not_fit_waits_alone_and_says_why(
    case: str, zone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ZoneFile, "fits", lambda _, host: host != HOST)
    long, short = issue(case, ("op1", HOST), ("op1", OTHER))
    assert [write(NOW + 2 * MINUTE) for _ in range(2)] == [1, 0]
    row = Delivery.objects.get(channel="file")
    assert row.done_at is not None
    assert "1 names do not fit" in row.failure
    assert acts("order.delivered") == [("op1", OTHER)]
    places = {
        number: next(place for place in effect.places if place.key == "file")
        for number, effect in effects.effects([long, short]).items()
    }
    assert (places[long.number].state, places[short.number].state) == ("waiting", "active")
    assert HOST in places[long.number].failure


def test_the_moment_told_is_when_the_place_had_it(case: str, zone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issue(case, ("op1", HOST))
    real = ZoneFile.bring

    def slow(place: ZoneFile, change: delivery.Change, hold: Callable[[], None]) -> None:
        time.sleep(0.1)
        real(place, change, hold)

    monkeypatch.setattr(ZoneFile, "bring", slow)
    write(NOW + 2 * MINUTE)
    done = Delivery.objects.get(channel="file").done_at
    assert done is not None
    assert timedelta(seconds=0.1) <= done - (NOW + 2 * MINUTE) < timedelta(seconds=5)
    assert acts("order.delivered") == [("op1", HOST)]
    (entry,) = ledger.entries(viewer("cncert"), kind="order.delivered")
    assert abs(entry.happened_at - done) < timedelta(seconds=0.01)


def test_a_place_that_fails_waits_ever_longer_and_is_tried_at_once_when_more_changes(case: str, zone: Path) -> None:
    zone.mkdir()
    (first,) = issue(case, ("op1", HOST))
    waits = []
    at = NOW + MINUTE
    for _ in range(3):
        assert write(at) == 1
        (row,) = Delivery.objects.filter(channel="file")
        assert "cannot be written" in row.failure
        waits.append(row.ready_at - at)
        assert write(row.ready_at - timedelta(seconds=1)) == 0
        at = row.ready_at
    assert waits[0] < waits[1] < waits[2]
    zone.rmdir()
    issue(case, ("op1", OTHER), at=at - timedelta(seconds=1))
    assert write(at - timedelta(seconds=1)) == 1
    assert not Delivery.objects.filter(channel="file", done_at=None).exists()
    assert set(Delivery.objects.filter(channel="file").values_list("failure", flat=True)) == {""}
    assert acts("order.delivered") == [("op1", HOST), ("op1", OTHER)]
    assert first.enters < delivery.reached("file")


def test_one_worker_at_a_time_speaks_to_a_place(case: str, zone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one works, another finds nothing, also of what came later; whoever lost the lease enters nothing."""
    (order,) = issue(case, ("op1", HOST))
    real = ZoneFile.bring
    others: list[int] = []

    def slow(place: ZoneFile, change: delivery.Change, hold: object) -> None:
        monkeypatch.setattr(ZoneFile, "bring", real)
        withdraw(order, NOW + 2 * MINUTE)
        others.append(write(NOW + MINUTE + LEASE / 2))
        others.append(write(NOW + MINUTE + 2 * LEASE))
        real(place, change, hold)  # type: ignore[arg-type]  # as it was given

    monkeypatch.setattr(ZoneFile, "bring", slow)
    assert write(NOW + MINUTE) == 1
    assert others == [0, 1]
    assert HOST not in zone.read_text()
    # The one that was slow may have brought it.
    assert acts("order.delivered") == acts("order.removed") == [("op1", HOST)]


def test_a_killed_worker_leaves_its_work_to_another(case: str, zone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issue(case, ("op1", HOST))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(ZoneFile, "bring", die)
        with pytest.raises(KeyboardInterrupt):
            write(NOW + MINUTE)
    assert write(NOW + MINUTE + LEASE / 2) == 0
    assert write(NOW + MINUTE + LEASE) == 1
    assert HOST in zone.read_text()


def test_without_a_primary_the_delivery_waits_and_says_why(order: Order) -> None:
    assert delivery.deliver(now=NOW + MINUTE, lease=LEASE) == 1
    assert delivery.deliver(now=NOW + MINUTE, lease=LEASE) == 0
    (waiting,) = queries.waiting_deliveries(viewer("cncert"))
    assert "no primary is set" in waiting.failure


def test_a_server_that_hangs_leaves_the_delivery_waiting(order: Order, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        settings.CLEANNET_DNS_PRIMARY = f"127.0.0.1:{hanging.getsockname()[1]}"
        settings.CLEANNET_DNS_KEY = "c2VjcmV0"
        settings.CLEANNET_DNS_SECONDS = 1
        assert delivery.deliver(now=NOW + MINUTE, lease=LEASE) == 1
    (waiting,) = queries.waiting_deliveries(viewer("cncert"))
    assert "did not answer within 1 seconds" in waiting.failure
    assert (waiting.done_at, waiting.lease_until) == (None, None)
    assert not ledger.entries(viewer("cncert"), kind="order.delivered").exists()


def test_a_key_that_is_none_is_the_deliverys_failure_and_not_the_lanes(order: Order, settings: Settings) -> None:
    settings.CLEANNET_DNS_PRIMARY, settings.CLEANNET_DNS_KEY = "127.0.0.1:9", "abc"
    assert delivery.deliver(now=NOW + MINUTE, lease=LEASE) == 1
    (waiting,) = queries.waiting_deliveries(viewer("cncert"))
    assert waiting.failure.startswith("the key hub-key. cannot be used")

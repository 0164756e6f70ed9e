from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings
from tests.hub.disposal.conftest import HOST
from tests.hub.world import NOW, viewer

from cleannet.hub.disposal import arrivals, delivery
from cleannet.hub.disposal.models import Arrival
from cleannet.hub.disposal.queries import Order
from cleannet.hub.ledger import many
from cleannet.hub.ledger import queries as ledger

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=30)


def test_what_came_is_entered_once_by_whoever_is_left(
    order: Order, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CLEANNET_ZONE_FOLDER = str(tmp_path)
    delivery.deliver(now=NOW + MINUTE, lease=LEASE, only="file")
    real = many.enter_many

    def die_after(**given: object) -> int:
        real(**given)  # type: ignore[arg-type]  # as it was given
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(many, "enter_many", die_after)
        with pytest.raises(KeyboardInterrupt):
            arrivals.enter(now=NOW + 2 * MINUTE, lease=LEASE)
    assert arrivals.enter(now=NOW + 2 * MINUTE, lease=LEASE) == 0
    assert [arrivals.enter(now=NOW + 3 * MINUTE, lease=LEASE) for _ in range(2)] == [1, 0]
    (entry,) = ledger.entries(viewer("op1"), kind="order.delivered")
    assert entry.facts == {"order": order.number, "target": HOST, "place": "file"}
    assert (entry.party, entry.refs) == ("op1", {"case": order.case, "notice": order.notice})
    assert Arrival.objects.get().came == []


def test_who_lost_the_lease_enters_no_further(order: Order, tmp_path: Path, settings: Settings) -> None:
    settings.CLEANNET_ZONE_FOLDER = str(tmp_path)
    delivery.deliver(now=NOW + MINUTE, lease=LEASE, only="file")
    row = Arrival.objects.get()
    hold = delivery.holding(row, NOW, LEASE)
    Arrival.objects.update(token="another's")
    with pytest.raises(delivery.LeaseLost):
        hold()

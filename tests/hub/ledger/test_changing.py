from datetime import timedelta
from typing import Any

from cleannet.core.clock import shipped_calendar
from cleannet.core.policy_file import shipped
from cleannet.core.terms import Grade
from cleannet.hub.ledger import changing
from cleannet.hub.ledger.models import Duty

LAW = shipped()["mobile_malware_2011"]


def received(world: Any, minutes: int) -> None:
    at = world.now + timedelta(minutes=minutes)
    world.enter(
        "notice.received",
        "cmcc",
        "operator",
        refs={"case": "c-1", "notice": "n-1"},
        grades={LAW.id: Grade.I},
        happened_at=at,
        received_at=at,
    )


def running() -> list[Any]:
    return list(Duty.objects.filter(rule="11.4.urgent", met_by=None, void_by=None))


def test_the_earliest_of_several_receipts_counts_in_whatever_order_they_are_recorded(world: Any) -> None:
    world.later(hours=1)
    received(world, -10)
    (first,) = running()
    received(world, -5)
    assert running() == [first]
    received(world, -40)
    (second,) = running()
    assert second.due == first.due - timedelta(minutes=30)
    first.refresh_from_db()
    assert first.void_by_id == second.opened_by_id
    received(world, -50)
    (third,) = running()
    assert third.due == second.due - timedelta(minutes=10)


def test_no_duty_is_changed_by_what_arises_later_or_by_a_law_that_is_no_overlay(world: Any) -> None:
    world.grade()
    assert changing.sooner_running([]) == []
    assert changing.restated_running(LAW, [LAW], [], shipped_calendar(), world.now) == []

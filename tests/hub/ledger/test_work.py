from datetime import timedelta
from typing import Any

import pytest

from cleannet.hub.ledger import work
from cleannet.hub.ledger.models import Duty, Reminder

LEASE = timedelta(seconds=60)


@pytest.fixture
def rows(world: Any) -> Any:
    world.grade()
    duty = Duty.objects.get(expects="incident.reported", owes="cmcc")
    Reminder.objects.all().delete()
    for number in range(3):
        ready = world.now + timedelta(seconds=number)
        Reminder.objects.create(key=f"k{number}", duty=duty, level=f"l{number}", ready_at=ready)
    return Reminder.objects.all()


def test_the_longest_waiting_comes_first_and_nothing_too_early(world: Any, rows: Any) -> None:
    assert work.claim(rows, now=world.now - timedelta(seconds=1), lease=LEASE) is None
    taken = [row.key for row in work.claims(rows, now=world.now + timedelta(seconds=1), lease=LEASE)]
    assert taken == ["k0", "k1"]
    assert work.claim(rows, now=world.now + timedelta(seconds=1), lease=LEASE) is None


def test_a_lease_that_ran_out_is_taken_over_and_the_late_worker_is_fenced_off(world: Any, rows: Any) -> None:
    first = work.claim(rows, now=world.now, lease=LEASE)
    assert first is not None
    assert work.claim(rows, now=world.now, lease=LEASE) is None
    second = work.claim(rows.filter(key="k0"), now=world.now + LEASE, lease=LEASE)
    assert second is not None
    assert (second.pk, second.attempts) == (first.pk, 2)
    assert not work.finish(first, now=world.now)
    assert not work.postpone(first, until=world.now, failure="x")
    assert work.finish(second, now=world.now, outcome="raised")
    assert not work.finish(second, now=world.now)
    done = Reminder.objects.get(key="k0")
    assert (done.outcome, done.lease_until, done.done_at) == ("raised", None, world.now)


def test_postponed_work_waits_and_says_why(world: Any, rows: Any) -> None:
    row = work.claim(rows, now=world.now, lease=LEASE)
    assert row is not None
    assert work.postpone(row, until=world.now + timedelta(hours=1), failure="refused")
    assert Reminder.objects.get(key="k0").failure == "refused"
    assert [row.key for row in work.claims(rows, now=world.now + timedelta(minutes=1), lease=LEASE)] == ["k1", "k2"]
    again = work.claim(rows.filter(key="k0"), now=world.now + timedelta(hours=1), lease=LEASE)
    assert again is not None
    assert work.finish(again, now=world.now)
    assert Reminder.objects.get(key="k0").failure == ""


def test_who_still_holds_a_lease_may_hold_it_longer(world: Any, rows: Any) -> None:
    row = work.claim(rows, now=world.now, lease=LEASE)
    assert row is not None
    assert work.renew(row, until=world.now + 2 * LEASE)
    assert work.claim(rows.filter(key="k0"), now=world.now + LEASE, lease=LEASE) is None
    other = work.claim(rows.filter(key="k0"), now=world.now + 2 * LEASE, lease=LEASE)
    assert other is not None
    assert not work.renew(row, until=world.now + 4 * LEASE)

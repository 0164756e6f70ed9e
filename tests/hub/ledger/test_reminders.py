from datetime import timedelta
from typing import Any

import pytest

from cleannet.hub.ledger import reminders
from cleannet.hub.ledger.models import Duty, Reminder

LEASE = timedelta(seconds=30)


@pytest.mark.parametrize(
    ("span", "lead"),
    [
        (timedelta(hours=2), timedelta(minutes=30)),
        (timedelta(days=4), timedelta(days=1)),
        (timedelta(days=60), timedelta(days=1)),
        (timedelta(0), timedelta(0)),
    ],
)
def test_leads_by_a_quarter_and_a_day_at_most(world: Any, span: timedelta, lead: timedelta) -> None:
    assert reminders.lead(world.now, world.now + span) == lead


def raised(duty: Duty) -> list[tuple[str, str]]:
    return list(Reminder.objects.filter(duty=duty).order_by("ready_at").values_list("level", "outcome"))


def test_raised_before_the_end_and_at_it_however_often_tick_runs(world: Any) -> None:
    world.grade()
    duty = Duty.objects.get(expects="incident.reported", owes="cmcc")
    steps = [
        (timedelta(hours=1, minutes=29, seconds=59), [("before", ""), ("due", "")]),
        (timedelta(hours=1, minutes=30), [("before", "raised"), ("due", "")]),
        (timedelta(hours=1, minutes=30), [("before", "raised"), ("due", "")]),
        (timedelta(hours=2), [("before", "raised"), ("due", "raised")]),
        (timedelta(hours=99), [("before", "raised"), ("due", "raised")]),
    ]
    for after, expected in steps:
        reminders.raise_ready(now=world.now + after, lease=LEASE)
        assert raised(duty) == expected


def test_a_late_run_misses_nothing(world: Any) -> None:
    world.grade()
    duty = Duty.objects.get(expects="incident.reported", owes="cmcc")
    reminders.raise_ready(now=world.now + timedelta(days=9), lease=LEASE)
    assert raised(duty) == [("before", "raised"), ("due", "raised")]


def test_a_duty_met_in_time_is_not_reminded_of(world: Any) -> None:
    world.grade()
    duty = Duty.objects.get(expects="incident.reported", owes="cmcc")
    world.later(hours=1)
    world.report()
    reminders.raise_ready(now=world.now + timedelta(days=9), lease=LEASE)
    assert raised(duty) == [("before", "moot"), ("due", "moot")]


def test_duties_without_a_limit_have_none(world: Any) -> None:
    world.grade()
    world.report(medium="phone", urgent=True, confirmed_by=["miit", "gd", "cncert"])
    assert Duty.objects.filter(due=None).exists()
    assert not Reminder.objects.filter(duty__due=None).exists()

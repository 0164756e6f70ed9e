"""Remind of duties before their end and at it: one row per duty and level, made with the duty itself."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from cleannet.hub.ledger import work
from cleannet.hub.ledger.models import Duty, Reminder

BEFORE, DUE = "before", "due"
RAISED, MOOT = "raised", "moot"
SHARE, LONGEST = 4, timedelta(days=1)


def lead(start: datetime, due: datetime) -> timedelta:
    """Return how long before its end a duty is reminded of: a quarter of its time, a day at most."""
    return min((due - start) / SHARE, LONGEST)


def plan(duties: Iterable[Duty]) -> None:
    """Write the reminders of new duties; those without a limit get none."""
    rows = []
    for duty in duties:
        if duty.due is not None:
            for level, ready_at in ((BEFORE, duty.due - lead(duty.start, duty.due)), (DUE, duty.due)):
                rows.append(Reminder(key=f"{duty.key}:{level}", duty=duty, level=level, ready_at=ready_at))
    Reminder.objects.bulk_create(rows, ignore_conflicts=True)


def raise_ready(*, now: datetime, lease: timedelta) -> int:
    """Raise every reminder whose time has come, drop those whose duty has ended, and return how many were worked.

    Late runs find all they missed, doubled runs find nothing left.
    """
    worked = 0
    for reminder in work.claims(Reminder.objects.all(), now=now, lease=lease):
        with transaction.atomic():
            duty = Duty.objects.select_for_update().get(key=reminder.duty_id)
            worked += work.finish(reminder, now=now, outcome=RAISED if duty.open else MOOT)
    return worked

"""Let work that waits be a row: unique by its key, leased to one worker at a time, fenced by a token.

A worker killed at any moment loses its lease when the time is up, and another takes the work; a worker that was only
slow finds that its token no longer counts. Concrete rows (reminders, deliveries …) inherit `Work`.
"""

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connection, models, transaction
from django.db.models import F, Q


class Work(models.Model):
    """Hold one piece of work: not before `ready_at`, free again after `lease_until`, over when `done_at` is set."""

    key = models.CharField(max_length=400, unique=True)
    ready_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    token = models.CharField(max_length=32, default="")
    attempts = models.PositiveIntegerField(default=0)
    failure = models.TextField(default="")
    done_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        indexes = [models.Index(fields=["ready_at"], condition=Q(done_at=None), name="%(class)s_waiting")]


Row = TypeVar("Row", bound=Work)


def claim(rows: "models.QuerySet[Row]", *, now: datetime, lease: timedelta) -> Row | None:
    """Take the piece of `rows` that has waited longest, leased to this call's token, or None when nothing is ready."""
    free = rows.filter(Q(lease_until=None) | Q(lease_until__lte=now), done_at=None, ready_at__lte=now)
    while True:
        with transaction.atomic():
            skipping = free.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
            row = skipping.order_by("ready_at", "pk").first()
            if row is None:
                return None
            token = secrets.token_hex(16)
            taken = free.filter(pk=row.pk, token=row.token).update(
                token=token, lease_until=now + lease, attempts=F("attempts") + 1
            )
        if taken == 1:
            row.token, row.lease_until, row.attempts = token, now + lease, row.attempts + 1
            return row


def claims(rows: "models.QuerySet[Row]", *, now: datetime, lease: timedelta) -> Iterator[Row]:
    """Take one piece after the other until nothing is ready at `now`."""
    while (row := claim(rows, now=now, lease=lease)) is not None:
        yield row


def renew(row: Work, *, until: datetime) -> bool:
    """Hold a claimed piece longer, before each step that reaches beyond this process; False when the lease was lost."""
    return _own(row).update(lease_until=until) == 1


def finish(row: Work, *, now: datetime, **outcome: object) -> bool:
    """Mark a claimed piece done, with `outcome` in its own columns; False when the lease was lost to another worker.

    Call it in the transaction that holds the work's effects, and give that up when the answer is False.
    """
    return _own(row).update(done_at=now, lease_until=None, failure="", **outcome) == 1


def postpone(row: Work, *, until: datetime, failure: str) -> bool:
    """Give a claimed piece back, not to be tried before `until`, saying why; False when the lease was lost."""
    return _own(row).update(ready_at=until, lease_until=None, failure=failure) == 1


def _own(row: Row) -> "models.QuerySet[Row]":
    return type(row)._default_manager.filter(pk=row.pk, token=row.token, done_at=None)

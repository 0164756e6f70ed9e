"""Claim an idempotency key before its request is carried out, and remember what was done and answered under it."""

from datetime import datetime, timedelta
from typing import Any

from cleannet.core.refusal import Refusal
from cleannet.hub.api.models import Answered
from cleannet.hub.ledger.queries import Entry

UNANSWERED = 0
CLAIM_LASTS = timedelta(minutes=10)
KEPT = timedelta(days=30)


class KeyRefused(Refusal):
    """Say why a request with a key is neither carried out nor answered as before: `api.key_reused`,
    `api.in_progress` or `api.done_unanswered` (it was carried out, and the answer was lost).
    """


def claim(*, party: str, key: str, request: str, now: datetime) -> tuple[Answered, bool]:
    """Return the claim of a party on a key and whether it is new; one that is not holds the answer given before.

    `request` is a digest of what is asked. A claim that nobody answered within ten minutes and that made no entry
    belongs to a process that died before it did anything, and may be taken again. Raises KeyRefused.
    """
    stale = now - CLAIM_LASTS
    Answered.objects.filter(party=party, key=key, status=UNANSWERED, entry="", at__lt=stale).delete()
    row, made = Answered.objects.get_or_create(
        party=party, key=key, defaults={"request": request, "status": UNANSWERED, "body": None, "at": now}
    )
    if not made:
        if row.request != request:
            raise KeyRefused("api.key_reused", key=key)
        if row.status == UNANSWERED:
            raise KeyRefused("api.done_unanswered" if row.entry else "api.in_progress", key=key, entry=row.entry)
    return row, made


def mark(row: Answered, entry: Entry) -> None:
    """Write the first entry made under a claim to it; call it in the transaction that makes the entry."""
    Answered.objects.filter(pk=row.pk, entry="").update(entry=entry.pk)


def answer(row: Answered, *, status: int, body: Any) -> None:
    """Remember what a claim was answered with."""
    Answered.objects.filter(pk=row.pk).update(status=status, body=body)


def release(row: Answered) -> None:
    """Give a key back under which nothing was entered."""
    Answered.objects.filter(pk=row.pk, status=UNANSWERED, entry="").delete()


def forget(*, now: datetime) -> int:
    """Forget the keys of thirty days ago and older; return how many."""
    return Answered.objects.filter(at__lt=now - KEPT).delete()[0]

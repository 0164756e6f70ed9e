"""Note that a lane of tick came round."""

from collections.abc import Collection
from datetime import datetime

from cleannet.hub.ledger.models import Beat


def expect(lanes: Collection[str], *, now: datetime) -> None:
    """Wait from `now` on for each of `lanes` that never came round, and no longer for any other."""
    Beat.objects.exclude(lane__in=lanes).delete()
    Beat.objects.bulk_create([Beat(lane=lane, at=now) for lane in lanes], ignore_conflicts=True)


def note(lane: str, *, now: datetime, failure: str) -> None:
    """Remember that `lane` came round at `now`, and by what kind of error it failed ("" when it did not)."""
    Beat.objects.update_or_create(lane=lane, defaults={"at": now, "failure": failure})

"""Note that a lane of tick came round."""

from datetime import datetime

from cleannet.hub.ledger.models import Beat


def note(lane: str, *, now: datetime, failure: str) -> None:
    """Remember that `lane` came round at `now`, and how it failed ("" when it did not)."""
    Beat.objects.update_or_create(lane=lane, defaults={"at": now, "failure": failure})

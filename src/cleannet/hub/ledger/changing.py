"""Find the running duties that an entry changes: an earlier receipt, or an overlay that reaches back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from cleannet.core.clock import Calendar
from cleannet.core.duty import Duty as Arising
from cleannet.core.duty import restated, sooner
from cleannet.core.policy import Policy
from cleannet.hub.ledger.models import Duty

# What a row of a duty and core.duty.Duty have in common: as it is, and as lists.
ARISING_COLUMNS = (
    "key policy rule article owes role expects start due form grade delegate provisional unverified province".split()
)
LIST_COLUMNS = ("to", "cc", "unrouted", "first_notice", "through")


def sooner_running(follows: Sequence[Arising]) -> list[tuple[Duty, Arising]]:
    """Return, locked, the running duties that arise again with an earlier start, each as it runs from now on.

    Of several receipts the earliest counts (接到), in whatever order they are recorded.
    """
    found = []
    for again in follows:
        same = Q(key=again.key) | Q(key__startswith=f"{again.key}|start=")
        running = Duty.objects.select_for_update().filter(same, met_by=None, void_by=None, start__gt=again.start)
        found += [(row, sooner(again)) for row in running]
    return found


def restated_running(
    adopted: Policy, policies: Sequence[Policy], overlays: Sequence[Policy], calendar: Calendar, at: datetime
) -> list[tuple[Duty, Arising]]:
    """Return, locked, the running duties that an overlay reaches back to, each with what it is from now on."""
    laws = {law.id: law for law in policies}
    if not adopted.retroactive or adopted.overlays not in laws:
        return []
    running = Duty.objects.select_for_update().filter(met_by=None, void_by=None, policy=adopted.overlays)
    rules = [change.duty for change in adopted.changes]
    found = [
        (row, restated(_arising_of(row), laws[row.policy], adopted, overlays, calendar, at))
        for row in running.filter(rule__in=rules).order_by("key")
    ]
    return [(row, after) for row, after in found if after is not None]


def _arising_of(row: Duty) -> Arising:
    columns: dict[str, Any] = {name: getattr(row, name) for name in ARISING_COLUMNS}
    columns |= {name: tuple(getattr(row, name)) for name in LIST_COLUMNS}
    return Arising(**columns, digest=row.digest, scope=row.scope)

"""Move the rules of the hot zone into the bulk zone at night, in two steps so that no name is ever unserved.

First what stands in the hot zone is put into the bulk zone, too; once every resolver had the time to transfer that, the
hot zone is cleared of what the primary confirms to hold in the bulk zone. Both wait their turn among the deliveries.
"""

from datetime import datetime, timedelta

from django.db import transaction

from cleannet.core.clock import BEIJING
from cleannet.hub.disposal import network
from cleannet.hub.disposal.models import Delivery
from cleannet.hub.papers import actions as papers

HOUR = 3
# Resolvers that missed a notification ask for the zone again within its refresh time, which is far shorter.
SETTLING = timedelta(hours=1)
AGAIN_AFTER = timedelta(minutes=10)
PLACE = "rpz"


def plan(*, now: datetime) -> int:
    """Ask for the next step of tonight's merge when its time has come; return how many were asked for."""
    primary = network.primary()
    local = now.astimezone(BEIJING)
    if primary is None or not primary.bulk or local.hour < HOUR:
        return 0
    night = f"{PLACE}:merge:{local.date()}"
    asked = list(Delivery.objects.filter(key__startswith=night).order_by("revision"))
    last = asked[-1] if asked else None
    if last is None:
        return _ask("merge", f"{night}:1", now)
    if last.done_at is None or (last.failure and now < last.done_at + AGAIN_AFTER):
        return 0
    if last.failure:
        return _ask(last.does, f"{night}:{len(asked) + 1}", now)
    if last.does == "merge" and now >= last.done_at + SETTLING:
        return _ask("clear", f"{night}:{len(asked) + 1}", now)
    return 0


def _ask(does: str, key: str, now: datetime) -> int:
    with transaction.atomic():
        revision = papers.next_number("revision")
        # Whoever was the second to take a number finds the row of the first.
        if Delivery.objects.filter(key=key).exists():
            return 0
        Delivery.objects.create(key=key, channel=PLACE, revision=revision, does=does, made_at=now, ready_at=now)
        return 1

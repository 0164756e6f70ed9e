"""The steps of a batch: from drafted to issued or declined, each a compare-and-swap with its entry."""

from collections.abc import Mapping
from datetime import datetime

from cleannet.hub.disposal.models import Batch
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents.grading import standing
from cleannet.hub.incidents.queries import Case
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties

WAITING, ISSUED, ALONE, DECLINED = "waiting", "issued", "alone", "declined"
OPEN = (WAITING, ALONE)


def take(batch: Batch, before: str, after: str, **columns: object) -> None:
    """Take one step of a batch with what it writes beside the state; raise OrderRefused where another was first."""
    if Batch.objects.filter(pk=batch.number, status=before).update(status=after, **columns) != 1:
        status = Batch.objects.values_list("status", flat=True).get(pk=batch.number)
        raise OrderRefused("order.batch_decided", batch=batch.number, status=status)


def enter(
    kind: str,
    viewer: Viewer,
    batch: Batch,
    case: Case,
    now: datetime,
    *,
    text: str = "",
    facts: Mapping[str, object] | None = None,
) -> None:
    """Enter one step of a batch."""
    refs = {"case": batch.case} | ({"notice": batch.notice} if batch.notice else {})
    ledger.enter(
        kind=kind,
        actor=parties.actor_of(viewer),
        happened_at=now,
        now=now,
        refs=refs,
        text=text,
        facts={"batch": batch.number, **(facts or {})},
        **standing(case, now),
    )


def decline(viewer: Viewer, batch: Batch, case: Case, reason: str, now: datetime) -> None:
    """Decline a batch that waits; call it inside a transaction. Raises OrderRefused."""
    take(batch, WAITING, DECLINED, decided_by=viewer.person, decided_at=now, reason=reason)
    enter("order.declined", viewer, batch, case, now, text=reason)


def decline_all(viewer: Viewer, case: Case, reason: str, now: datetime) -> None:
    """Decline whatever waits on a case that ends, whoever drafted it; call it inside a transaction."""
    for batch in Batch.objects.filter(case=case.number, status=WAITING).order_by("drafted_at", "number"):
        decline(viewer, batch, case, reason, now)

"""What a feedback settles: the disposal and the warning of users, under every notice of the case they are owed by."""

from collections.abc import Mapping
from datetime import datetime

from cleannet.core.terms import Grade
from cleannet.formats import ledger_record
from cleannet.hub.disposal import queries, steps
from cleannet.hub.disposal.models import Order
from cleannet.hub.incidents.grading import standing
from cleannet.hub.incidents.queries import Notice
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties


def context(viewer: Viewer, notice: Notice, now: datetime) -> parties.Standing:
    """Return what `ledger.enter` needs for an act of the party that disposes under a notice."""
    seats = [viewer.province] if viewer.province else []
    return standing(notice.case, now, of=viewer.party, disposer=viewer.party, seats=seats)


def disposed(viewer: Viewer, notice: Notice, at: datetime, now: datetime) -> None:
    """Enter the disposal under each notice of the case by which nothing is left to be done by the party.

    What a further notice issued again counts under the first one, too, once it is done. What was withdrawn or expired
    leaves nothing to be done.
    """
    rows = queries.orders(viewer, case=notice.case_id).filter(party=viewer.party)
    orders = {order.number: order for order in rows}
    for under, facts in _owed(viewer, notice, "disposal.done"):
        own = [order for order in orders.values() if order.notice == under]
        last = [_last(order, orders) for order in own]
        if (own or under == notice.number) and all(order.status in steps.DISPOSED | steps.ENDED for order in last):
            done = {"orders": sorted(order.number for order in last if order.status in steps.DISPOSED)}
            ended = sorted(order.number for order in last if order.status in steps.ENDED)
            _act("disposal.done", viewer, notice, under, at, facts, now, done | ({"ended": ended} if ended else {}))


def warned(viewer: Viewer, notice: Notice, users_told: int, at: datetime, now: datetime) -> bool:
    """Enter the warning of users under each notice of the case it is owed by; return whether it was owed by any."""
    owed = _owed(viewer, notice, "user.warned")
    for under, start in owed:
        _act("user.warned", viewer, notice, under, at, start, now, {"told": users_told})
    return bool(owed)


def _owed(viewer: Viewer, notice: Notice, expects: str) -> list[tuple[str, datetime]]:
    """Return the notices of the case by which the party owes an act, each with the start of the duty."""
    rows = ledger_queries.own_duties(viewer).filter(case=notice.case_id, expects=expects)
    return sorted({(row.scope["notice"], row.start) for row in rows if "notice" in row.scope})


def _last(order: Order, orders: Mapping[str, Order]) -> Order:
    while order.again_id is not None:
        order = orders[order.again_id]
    return order


def _act(
    kind: str,
    viewer: Viewer,
    notice: Notice,
    under: str,
    at: datetime,
    start: datetime,
    now: datetime,
    facts: Mapping[str, object],
) -> None:
    """Enter what was done at `at`; done before the notice was received, it meets the notice when it came."""
    ledger.enter(
        kind=kind,
        actor=parties.actor_of(viewer),
        happened_at=max(at, start),
        now=now,
        refs={"case": notice.case_id, "notice": under},
        grades={notice.policy: Grade(notice.grade)},
        province=viewer.province,
        facts={**facts, "at": ledger_record.stamp(at)},
        **context(viewer, notice, now),
    )

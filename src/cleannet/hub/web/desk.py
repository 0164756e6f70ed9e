"""工作台: what my party owes and by when, why, and what else waits for it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from cleannet.hub.disposal import appeals, batches, routing
from cleannet.hub.disposal import queries as orders
from cleannet.hub.incidents import leads
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.watch import queries as watch
from cleannet.hub.web.access import Asked, allowed
from cleannet.hub.web.duties import Row, rows

MOST = 50


@allowed("read")
def desk(request: Asked) -> HttpResponse:
    """Show the viewer's own duties, overdue first, and beside them why the chosen one is due."""
    viewer, now = request.viewer, request.now
    own = rows(viewer, ledger.own_duties(viewer), now)
    context: dict[str, object] = {
        "timed": [row for row in own if row.duty.due],
        "untimed": [row for row in own if not row.duty.due],
        "why": _why(request, [row.duty.key for row in own]),
        "reminders": ledger.reminders(viewer)[:MOST],
        "questions": leads.waiting(viewer)[:MOST],
    }
    if viewer.may("order"):
        context |= {"batches": batches.batches(viewer)[:MOST], "appeals": appeals.waiting(viewer)[:MOST]}
    if viewer.sees_all:
        others = [row for row in rows(viewer, ledger.open_duties(viewer), now) if row.duty.owes != viewer.party]
        context |= {
            "unnotified": [row for row in (*own, *others) if _unnotified(row, now)][:MOST],
            "unsigned": orders.unsigned(viewer, now=now)[:MOST],
            "relapsed": [(order, orders.returned(order)) for order in orders.relapsed(viewer)[:MOST]],
            "overdue": [row for row in others if row.late][:MOST],
            "unrouted": [row for row in (*own, *others) if row.duty.unrouted][:MOST],
            "unserved": cases.unrouted(viewer)[:MOST],
            "unnamed": watch.unnamed(viewer)[:MOST],
            "nobody": routing.unrouted(viewer)[:MOST],
            "waiting": orders.waiting_deliveries(viewer)[:MOST],
        }
    return render(request, "web/desk.html", context)


def _unnotified(row: Row, now: datetime) -> bool:
    """Say whether nobody was notified of a case in the time the hub allows; the law sets no limit."""
    since = now - timedelta(minutes=settings.CLEANNET_NOTIFY_MINUTES)
    return bool(row.duty.expects == "notice.issued" and row.duty.start <= since)


def _why(request: Asked, own: list[str]) -> ledger.Why | None:
    """Return why the chosen duty is due, the first one where none is chosen."""
    key = request.GET.get("why") or next(iter(own), "")
    return ledger.why(request.viewer, key) if key else None

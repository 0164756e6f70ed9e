"""Read orders, feedback and what was seen, as a viewer may see them."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet

from cleannet.core.refusal import Refusal
from cleannet.hub.disposal.models import Delivery as Delivery
from cleannet.hub.disposal.models import Feedback as Feedback
from cleannet.hub.disposal.models import Fetch as Fetch
from cleannet.hub.disposal.models import Order as Order
from cleannet.hub.disposal.models import Probe
from cleannet.hub.disposal.models import Sighting as Sighting
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties
from cleannet.probe.answer import GONE, STILL_THERE, UNKNOWN


class NoOrder(Refusal):
    """Say that there is no such order or feedback for this viewer: `order.unknown`."""


def orders(viewer: Viewer, *, case: str | None = None) -> QuerySet[Order]:
    """Return the orders a viewer may see, newest first: a bureau those of its province's parties, a party its own.

    A group sees its branches', too; each acts on its own only.
    """
    found = Order.objects.order_by("-issued_at", "number")
    if case is not None:
        found = found.filter(case=case)
    if viewer.sees_all:
        return found
    if viewer.role == "bureau":
        return found.filter(party__in=parties.seated(viewer.province))
    return found.filter(party__in=parties.family(viewer.party))


def everyone() -> Viewer:
    """Return as who the hub itself looks."""
    return Viewer(settings.CLEANNET_PARTY, "cncert")


def own_order(viewer: Viewer, number: str) -> Order:
    """Return an order that was issued to the viewer's own party; raise NoOrder."""
    found = Order.objects.filter(number=number, party=viewer.party).first()
    if found is None:
        raise NoOrder("order.unknown", order=number)
    return found


def unsigned(viewer: Viewer, *, now: datetime) -> QuerySet[Order]:
    """Return the orders nobody has signed for (签收) in the time the hub allows, oldest first.

    A missing signature delays no clock; it says that nobody may be looking.
    """
    since = now - timedelta(minutes=settings.CLEANNET_SIGN_MINUTES)
    return orders(viewer).filter(status="issued", issued_at__lt=since).order_by("issued_at", "number")


def feedbacks(viewer: Viewer, *, case: str) -> QuerySet[Feedback]:
    """Return the feedback on a case the viewer may see, oldest first."""
    found = Feedback.objects.filter(case=case).order_by("fed_back_at", "number")
    if viewer.sees_all:
        return found
    if viewer.role == "bureau":
        return found.filter(party__in=parties.seated(viewer.province))
    return found.filter(party__in=parties.family(viewer.party))


def feedback(viewer: Viewer, number: str) -> Feedback:
    """Return one feedback; raise NoOrder."""
    found = Feedback.objects.filter(number=number).first()
    if found is None or not feedbacks(viewer, case=found.case).filter(number=number).exists():
        raise NoOrder("order.unknown", feedback=number)
    return found


def sightings(order: Order, *, since: datetime | None = None) -> list[Sighting]:
    """Return what was seen of an order's name, oldest first."""
    found = Sighting.objects.filter(order=order).order_by("seen_at", "pk")
    return list(found if since is None else found.filter(seen_at__gte=since))


def case_sightings(viewer: Viewer, *, case: str) -> QuerySet[Sighting]:
    """Return what was seen of the orders of a case that the viewer may see, oldest first."""
    return Sighting.objects.filter(order__in=orders(viewer, case=case)).order_by("pk")


def looking(viewer: Viewer, *, case: str) -> set[str]:
    """Return the numbers of the orders of a case whose names wait to be looked at."""
    waiting = Probe.objects.filter(order__in=orders(viewer, case=case), done_at=None, scheduled=False)
    return set(waiting.values_list("order_id", flat=True))


def verdict(order: Order, *, since: datetime) -> str:
    """Return what the last look since a moment says: still_there if any vantage saw it, gone if all saw it gone.

    Only the vantages that decide about the order count: what is still registered somewhere says nothing against an
    operator that blocks it. Without a look, or where one gave no answer and none saw it still there: unknown.
    """
    seen = [sighting for sighting in sightings(order, since=since) if sighting.decides]
    return verdict_of([sighting for sighting in seen if sighting.seen_at == seen[-1].seen_at])


def verdict_of(seen: Collection[Sighting]) -> str:
    """Return what one look says, of which these are the sightings that decide."""
    said = {sighting.verdict for sighting in seen}
    if STILL_THERE in said:
        return STILL_THERE
    return GONE if said == {GONE} else UNKNOWN


def returned(order: Order) -> list[Sighting]:
    """Return the deciding sightings by which a verified order's target is there again, oldest first."""
    if order.status != "verified" or order.watched_from is None:
        return []
    found = Sighting.objects.filter(order=order, decides=True, verdict=STILL_THERE, seen_at__gt=order.watched_from)
    return list(found.order_by("seen_at", "pk"))


def relapsed(viewer: Viewer, *, case: str | None = None) -> list[Order]:
    """Return the verified orders whose target was seen again since, oldest first: a person reopens or dismisses."""
    again = Sighting.objects.filter(
        order=OuterRef("pk"), decides=True, verdict=STILL_THERE, seen_at__gt=OuterRef("watched_from")
    )
    found = orders(viewer, case=case).filter(Exists(again), status="verified")
    return list(found.order_by("watched_from", "number"))


def disposed_at(order: Order) -> datetime:
    """Return when an order was carried out by the newest feedback on its notice, else when it was issued."""
    given = Feedback.objects.filter(notice=order.notice, party=order.party).aggregate(newest=Max("disposed_at"))
    newest: datetime | None = given["newest"]
    return newest or order.issued_at


def oldest_look(*, now: datetime) -> timedelta | None:
    """Return for how long the oldest look whose time has come has been waiting, None when none waits."""
    waiting = Probe.objects.filter(done_at=None, ready_at__lte=now).aggregate(oldest=Min("ready_at"))["oldest"]
    return None if waiting is None else now - waiting


def fetch(viewer: Viewer) -> Fetch | None:
    """Return when the viewer's own platform last fetched its feed, None where it never did."""
    return Fetch.objects.filter(party=viewer.party).first()


def waiting_deliveries(viewer: Viewer) -> QuerySet[Delivery]:
    """Return what waits to be brought to a place on the network, the oldest first, for those who see everything; and
    a merge of zones that failed and was not asked for again yet.
    """
    later = Delivery.objects.filter(
        channel=OuterRef("channel"), does=OuterRef("does"), revision__gt=OuterRef("revision")
    )
    failed = ~Q(failure="") & ~Exists(later)
    found = Delivery.objects.filter(Q(done_at=None) | failed).order_by("revision", "channel")
    return found if viewer.sees_all else found.none()


def oldest_delivery(*, now: datetime) -> timedelta | None:
    """Return for how long the oldest change has been waiting to reach the network, None when none waits."""
    waiting = Delivery.objects.filter(done_at=None).aggregate(oldest=Min("made_at"))["oldest"]
    return None if waiting is None else now - waiting

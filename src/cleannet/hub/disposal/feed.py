"""Let a party's own platform pull what it is ordered, signed."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max

from cleannet.formats import envelope, order_feed
from cleannet.formats.moments import write_moment
from cleannet.formats.order_feed import KIND, MEDIA_TYPES, Row
from cleannet.hub.disposal.models import Fetch, Order
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger.viewer import Viewer

# A platform that asks every second need not be noted every second.
_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Feed:
    """Hold what is sent: the signed envelope for JSON, else the bare text whose signature goes beside it."""

    body: bytes
    media_type: str
    etag: str
    revision: int
    key: str
    signature: str


def feed(viewer: Viewer, form: str) -> Feed:
    """Return the standing orders of the viewer's own party in a form of `order_feed.MEDIA_TYPES`."""
    own = Order.objects.filter(party=viewer.party)
    newest = own.aggregate(entered=Max("enters"), left=Max("leaves"))
    revision = max(newest["entered"] or 0, newest["left"] or 0)
    rows = [
        Row(
            order.number,
            order.notice,
            order.kind,
            order.reach,
            order.target,
            write_moment(order.issued_at),
            write_moment(order.until) if order.until else "",
        )
        for order in own.filter(leaves=None)
    ]
    payload = order_feed.write(form, party=viewer.party, revision=revision, orders=rows)
    key = Keyring(settings.CLEANNET_DATA).signer()
    signed = envelope.sign(payload, key, envelope.key_id(key.public_key()), KIND)
    _, key_id, signature = envelope.split(signed)
    body = signed if form == "json" else payload
    etag = f'"{hashlib.sha256(signed).hexdigest()[:32]}"'
    return Feed(body, MEDIA_TYPES[form], etag, revision, key_id, signature)


def fetched(viewer: Viewer, revision: int, *, now: datetime) -> None:
    """Remember up to which revision the viewer's party has fetched its feed, which says nothing of what it does."""
    before = Fetch.objects.filter(party=viewer.party).first()
    if before is None or before.revision != revision or now >= before.fetched_at + _NOTED_EVERY:
        given = {"revision": revision, "fetched_at": now}
        Fetch.objects.update_or_create(party=viewer.party, defaults=given)

"""Enter many acts at once where no law says anything of their kind, so that none meets or begets a duty."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from cleannet.core.entry import Facts
from cleannet.core.policy import Policy
from cleannet.formats import ledger_record
from cleannet.hub.ledger import entry_id
from cleannet.hub.ledger.actions import SALT_BYTES, Actor, check, row
from cleannet.hub.ledger.models import Duty, Entry, Unsealed

DELIVERED, REMOVED = "order.delivered", "order.removed"
# What neither meets nor begets a duty by any rule of a law; all else goes through `actions.enter`.
KINDS = frozenset({DELIVERED, REMOVED})
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Act:
    """Hold what tells one of many acts of a kind from the others; see `actions.enter`."""

    actor: Actor
    refs: Mapping[str, str]
    facts: Mapping[str, object]
    key: str
    happened_at: datetime


def enter_many(*, kind: str, acts: Sequence[Act], now: datetime, laws: Collection[Policy]) -> int:
    """Enter acts of one of KINDS, in few queries, and return how many; one whose key was entered is left out.

    Some hundreds are one transaction, so that nobody else waits long: whoever calls it again enters what is left.
    Raises ValueError for another kind, or where one of the `laws` or an open duty speaks of it: those go through
    `enter`.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind} is not entered many at once")
    ruled = {word for law in laws for rule in law.duties for word in (rule.when, rule.expects)}
    if kind in ruled or Duty.objects.filter(expects=kind, met_by=None, void_by=None).exists():
        raise ValueError(f"{kind} meets or begets duties; enter each")
    entered = 0
    for start in range(0, len(acts), _BATCH):
        part = {act.key: act for act in acts[start : start + _BATCH]}
        before = set(Entry.objects.filter(key__in=part).values_list("key", flat=True))
        rows = [_row(kind, act, now) for key, act in part.items() if key not in before]
        with transaction.atomic():
            Entry.objects.bulk_create(rows)
            Unsealed.objects.bulk_create(Unsealed(entry=one) for one in rows)
        entered += len(rows)
    return entered


def _row(kind: str, act: Act, now: datetime) -> Entry:
    said = Facts(
        kind=kind, role=act.actor.role, party=act.actor.party, happened_at=act.happened_at, refs=dict(act.refs)
    )
    check(said, now, ())
    identity = entry_id.new(now)
    body = ledger_record.body(
        said,
        id=identity,
        person=act.actor.person,
        entered_at=now,
        claimed=(),
        key=act.key,
        salt=secrets.token_hex(SALT_BYTES),
        text="",
        facts=act.facts,
        blobs=(),
        arises=(),
        meets=(),
        voids=(),
    )
    return row(body, said, identity, now, act.key)

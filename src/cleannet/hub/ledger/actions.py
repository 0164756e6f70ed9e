"""The one door by which anything gets into the ledger."""

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from cleannet.core.clock import Calendar
from cleannet.core.duty import Duty as Arising
from cleannet.core.duty import arising
from cleannet.core.ending import meets, voids
from cleannet.core.entry import Facts, Participants
from cleannet.core.policy import Policy
from cleannet.core.refusal import Refusal
from cleannet.core.terms import CALENDAR, ENTRY_KINDS, MEDIA, Grade
from cleannet.formats import ledger_record
from cleannet.hub.blobs import queries as blobs_queries
from cleannet.hub.ledger import changing, entry_id, reminders
from cleannet.hub.ledger.changing import ARISING_COLUMNS, LIST_COLUMNS
from cleannet.hub.ledger.models import Duty, Entry, PolicyText, Unsealed

SALT_BYTES = 16
Callback = Callable[[Entry], None]
_ALONGSIDE: ContextVar[tuple[Callback, ...]] = ContextVar("alongside", default=())


class EntryRefused(Refusal):
    """Say why an entry is not made: `entry.unknown_kind`, `entry.not_your_role`, `entry.unknown_medium`,
    `entry.in_future`, `entry.unknown_blob` or `entry.lacks` (a moment or grade the law needs).
    """


@dataclass(frozen=True, slots=True)
class Actor:
    """Name who acts: party and role codes, and the code of the person, "" where a program acts for the party."""

    party: str
    role: str
    person: str = ""


def enter(
    *,
    kind: str,
    actor: Actor,
    happened_at: datetime,
    now: datetime,
    participants: Participants,
    calendar: Calendar,
    policies: Sequence[Policy] = (),
    overlays: Sequence[Policy] = (),
    refs: Mapping[str, str] | None = None,
    grades: Mapping[str, Grade] | None = None,
    found_at: datetime | None = None,
    received_at: datetime | None = None,
    changed_at: datetime | None = None,
    recipients: Collection[str] = (),
    medium: str = "system",
    confirmed_by: Collection[str] = (),
    urgent: bool = False,
    on_behalf_of: str = "",
    province: str = "",
    form: str = "",
    adopts: Policy | None = None,
    text: str = "",
    facts: Mapping[str, object] | None = None,
    blobs: Collection[str] = (),
    key: str = "",
) -> Entry:
    """Write one act, close the open duties it meets, end those it voids, open those that arise; all or nothing.

    `policies` are the laws the case stands under, `overlays` what may change them; an overlay that the act `adopts`
    restates the running duties it reaches back to. `facts` is whatever belongs to this kind of act, without floats and
    moments, with the form's empty fields as a list under `missing`; `blobs` are references of hub.blobs; `text` is a
    person's note. An act whose `key` was entered before is not entered again: that entry is returned and nothing else
    happens. All moments are aware. Raises EntryRefused when the rules say no and ValueError for a naive moment or a
    malformed party code.
    """
    act = Facts(
        kind=kind,
        role=actor.role,
        party=actor.party,
        happened_at=happened_at,
        refs=dict(refs or {}),
        grades=dict(grades or {}),
        found_at=found_at,
        received_at=received_at,
        changed_at=changed_at,
        recipients=tuple(recipients),
        medium=medium,
        confirmed_by=tuple(confirmed_by),
        urgent=urgent,
        on_behalf_of=on_behalf_of,
        province=province,
        form=form,
        missing=_missing(facts or {}),
    )
    check(act, now, blobs)
    follows = _arising(act, policies, overlays, participants, calendar)
    with transaction.atomic():
        if key and (before := Entry.objects.filter(key=key).first()):
            return before
        met = [duty for duty in _awaiting(act) if meets(act, duty, participants.delegations)]
        void = [duty for duty in _ending(act) if voids(act, duty)]
        changed = changing.sooner_running(follows)
        if adopts is not None:
            changed += changing.restated_running(adopts, policies, overlays, calendar, act.happened_at)
        void += [before for before, _ in changed]
        follows += [after for _, after in changed]
        identity = entry_id.new(now)
        body = ledger_record.body(
            act,
            id=identity,
            person=actor.person,
            entered_at=now,
            claimed=_claimed(act, now),
            key=key,
            salt=secrets.token_hex(SALT_BYTES),
            text=text,
            facts=facts or {},
            blobs=blobs,
            arises=follows,
            meets=[duty.key for duty in met],
            voids=[duty.key for duty in void],
        )
        try:
            with transaction.atomic():
                entry = _write(body, act, identity, now, key)
        except IntegrityError:
            # Another process entered the same act between the look and the insert.
            before = Entry.objects.filter(key=key).first() if key else None
            if before is None:
                raise
            return before
        _end(met, met_by=entry)
        _end(void, void_by=entry)
        _open(follows, entry, {policy.digest: policy for policy in (*policies, *overlays)})
        for callback in _ALONGSIDE.get():
            callback(entry)
        return entry


def _missing(facts: Mapping[str, object]) -> tuple[str, ...]:
    keys = facts.get("missing", [])
    if not isinstance(keys, list):
        raise TypeError(f"“missing” is a list of the form's fields, not {keys!r}")
    return tuple(map(str, keys))


@contextmanager
def alongside(callback: Callback) -> Iterator[None]:
    """Call `callback` with each entry made meanwhile, in the transaction that makes it: both stay or neither does."""
    token = _ALONGSIDE.set((*_ALONGSIDE.get(), callback))
    try:
        yield
    finally:
        _ALONGSIDE.reset(token)


def check(act: Facts, now: datetime, blobs: Collection[str]) -> None:
    """Raise EntryRefused where nobody may make such an act, ValueError where a moment or code is malformed."""
    kind = ENTRY_KINDS.get(act.kind)
    if kind is None:
        raise EntryRefused("entry.unknown_kind", kind=act.kind)
    if act.role not in (kind.by or {CALENDAR.key}):
        raise EntryRefused("entry.not_your_role", kind=act.kind, role=act.role)
    if act.medium not in MEDIA:
        raise EntryRefused("entry.unknown_medium", medium=act.medium)
    for name, at in _moments(act).items():
        if at.tzinfo is None:
            raise ValueError(f"{name} has no time zone")
        if at > now:
            raise EntryRefused("entry.in_future", field=name, at=at, now=now)
    ledger_record.addressed(sorted({act.party, *act.recipients, *act.confirmed_by}))
    known = {blob.ref for blob in blobs_queries.described(blobs)}
    for ref in blobs:
        if ref not in known:
            raise EntryRefused("entry.unknown_blob", ref=ref)


def _moments(act: Facts) -> dict[str, datetime]:
    moments = {name: getattr(act, name) for name in ("happened_at", "found_at", "received_at", "changed_at")}
    return {name: at for name, at in moments.items() if at is not None}


def _claimed(act: Facts, now: datetime) -> list[str]:
    if act.role == CALENDAR.key:
        return []
    earliest = now - timedelta(minutes=settings.CLEANNET_CLAIM_MINUTES)
    return [name for name, at in _moments(act).items() if at < earliest]


def _arising(
    act: Facts, policies: Sequence[Policy], overlays: Sequence[Policy], participants: Participants, calendar: Calendar
) -> list[Arising]:
    try:
        found = [duty for policy in policies for duty in arising(policy, act, participants, calendar, overlays)]
    except ValueError as error:
        raise EntryRefused("entry.lacks", kind=act.kind, why=str(error)) from error
    return list({duty.key: duty for duty in found}.values())


def _awaiting(act: Facts) -> list[Duty]:
    """Return, locked, the open duties that an act of this kind and party could meet."""
    owing = {act.party, act.on_behalf_of} - {""}
    same_case = Q(case="") | Q(case=act.refs.get("case", ""))
    open_ones = Duty.objects.select_for_update().filter(met_by=None, void_by=None)
    return list(open_ones.filter(same_case, expects=act.kind, owes__in=owing).order_by("key"))


def _ending(act: Facts) -> list[Duty]:
    """Return, locked, the open duties of the act's case, when it is of a kind that ends duties unmet."""
    case = act.refs.get("case", "")
    if act.kind not in ("incident.annulled", "incident.closed") or not case:
        return []
    return list(Duty.objects.select_for_update().filter(met_by=None, void_by=None, case=case).order_by("key"))


def row(body: bytes, act: Facts, identity: str, now: datetime, key: str) -> Entry:
    """Return an entry, not stored yet, whose columns say what its body does."""
    return Entry(
        id=identity,
        kind=act.kind,
        role=act.role,
        party=act.party,
        case=act.refs.get("case", ""),
        province=act.province,
        addressed=ledger_record.addressed(act.recipients),
        happened_at=act.happened_at,
        entered_at=now,
        key=key or None,
        digest=ledger_record.digest_of(body),
        body=body,
    )


def _write(body: bytes, act: Facts, identity: str, now: datetime, key: str) -> Entry:
    entry = row(body, act, identity, now, key)
    entry.save(force_insert=True)
    Unsealed.objects.create(entry=entry)
    return entry


def _end(duties: Sequence[Duty], **by: Entry) -> None:
    for duty in duties:
        ended = Duty.objects.filter(key=duty.key, met_by=None, void_by=None).update(**by)
        if ended != 1:
            raise RuntimeError(f"the duty {duty.key} was ended by another entry although its row was locked")


def _open(follows: Sequence[Arising], entry: Entry, laws: Mapping[str, Policy]) -> None:
    for digest in sorted({duty.digest for duty in follows}):
        PolicyText.objects.get_or_create(digest=digest, defaults={"policy": laws[digest].id, "text": laws[digest].text})
    Duty.objects.bulk_create([_row(duty, entry) for duty in follows], ignore_conflicts=True)
    mine = Duty.objects.filter(key__in=[duty.key for duty in follows], opened_by=entry)
    reminders.plan(mine)


def _row(duty: Arising, entry: Entry) -> Duty:
    return Duty(
        **{name: getattr(duty, name) for name in ARISING_COLUMNS},
        **{name: list(getattr(duty, name)) for name in LIST_COLUMNS},
        law_id=duty.digest,
        scope=dict(duty.scope),
        case=duty.scope.get("case", ""),
        concerned=ledger_record.addressed(sorted({duty.owes, *duty.to, *duty.cc} - {""})),
        opened_by=entry,
    )

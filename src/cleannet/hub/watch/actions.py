"""Enrol edges and take in what they send; what is not signed, not known or out of turn changes nothing."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from cleannet.core.clock import BEIJING
from cleannet.core.refusal import Refusal
from cleannet.formats import envelope, messages, tally
from cleannet.formats.moments import write_moment
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as entries
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties
from cleannet.hub.programs import actions as programs
from cleannet.hub.programs import queries as register
from cleannet.hub.watch import queries
from cleannet.hub.watch.models import Edge, Heartbeat, Key, Message, Reading

# A hub makes the list its edges match against, so a name it does not know is rare: it comes from a list of the
# operator's own, or from a release the hub lost. Each one waits for a person, who could not look at more.
NEW_PROGRAMS = 50
AT_ONCE = 500
CLOCK_AHEAD = timedelta(minutes=2)
COMMITTED_WITHIN = timedelta(minutes=2)


class MessageRefused(Refusal):
    """Say why a message is not taken: `message.unsigned`, `.unknown_edge`, `.revoked`, `.key_superseded`, `.not_yours`,
    `.malformed`, `.replayed`, `.gap`, `.old_revision`, `.not_whole`, `.too_many_programs`, `.clock_ahead`, `.not_asked`
    or `.request_over`.
    """


@dataclass(frozen=True, slots=True)
class Taken:
    """Hold a tally that was taken in, and the programs that became known by it.

    `again` where the very same message had been taken before; `cases` are those it was answered with then.
    """

    party: str
    province: str
    message: messages.TallyMessage
    tally: tally.Tally
    provisional: tuple[str, ...]
    again: bool
    cases: tuple[str, ...] = ()


def enrol(*, edge: str, party: str, province: str, public_key: str, now: datetime) -> Edge:
    """Believe what this key signs in a party's name; raise MessageRefused for no key, or an id or key that is taken."""
    parties.party(party)
    try:
        public = envelope.write_public(envelope.read_public(public_key))
    except ValueError as error:
        raise MessageRefused("message.malformed", why=str(error)) from error
    try:
        with transaction.atomic():
            made = Edge.objects.create(id=edge, party=party, province=province, enrolled_at=now)
            _believe(made, public, 1, now)
            return made
    except IntegrityError as error:
        raise MessageRefused("message.edge_known", edge=edge) from error


def revoke(*, edge: str, now: datetime) -> None:
    """Stop believing an edge, whichever of its keys signs; what it sent before stays."""
    with transaction.atomic():
        if not Edge.objects.filter(id=edge, revoked_at=None).update(revoked_at=now):
            raise MessageRefused("message.unknown_edge", edge=edge)
        Key.objects.filter(edge=edge, until=None).update(until=now)


def take_rotation(*, data: bytes, party: str, now: datetime) -> Key:
    """Believe a further key of one of the party's edges, named by a message that its newest key signed.

    Both are believed until the first tally under the new one. The same rotation again changes nothing.
    """
    with transaction.atomic():
        key, payload = _verified(data, "rotation", party, now)
        try:
            rotation = messages.read_rotation(payload)
        except messages.BadMessage as error:
            raise MessageRefused("message.malformed", why=str(error)) from error
        _check_sender(key.edge, rotation.edge, rotation.party)
        if rotation.clock > now + CLOCK_AHEAD:
            raise MessageRefused("message.clock_ahead", clock=rotation.clock, now=now)
        _lock(key.edge_id)
        newest = Key.objects.filter(edge=key.edge).order_by("-number")[0]
        if newest.public_key == rotation.public_key:
            return newest
        if newest.pk != key.pk:
            raise MessageRefused("message.key_superseded", edge=key.edge_id)
        try:
            with transaction.atomic():
                return _believe(key.edge, rotation.public_key, newest.number + 1, now)
        except IntegrityError as error:
            raise MessageRefused("message.edge_known", edge=key.edge_id) from error


def take_tally(*, data: bytes, party: str, now: datetime) -> Taken:
    """Verify, store and return a signed tally of one of the party's edges; call it inside the caller's transaction.

    A program that has no name yet is counted all the same, as a provisional one. The same message again is answered as
    before and changes nothing. Raises MessageRefused; a gap is refused too, so that the edge sends the missing message
    first and nothing is lost.
    """
    key, payload = _verified(data, "tally", party, now)
    edge = key.edge
    try:
        message = messages.read_tally(payload)
        counted = message.tally()
    except messages.BadMessage as error:
        raise MessageRefused("message.malformed", why=str(error)) from error
    _check_sender(edge, message.edge, message.party)
    if max(counted.found_at, message.clock) > now + CLOCK_AHEAD:
        raise MessageRefused("message.clock_ahead", clock=message.clock, now=now)
    digest = hashlib.sha256(data).hexdigest()
    _lock(edge.id)
    before = Message.objects.filter(edge=edge, sequence=message.sequence).first()
    if before:
        if before.digest != digest:
            raise MessageRefused("message.replayed", edge=edge.id, sequence=message.sequence)
        answer = tuple(before.provisional), True, tuple(before.cases)
        return Taken(edge.party, edge.province, message, counted, *answer)
    last = Message.objects.filter(edge=edge).order_by("-sequence").first()
    expected = last.sequence + 1 if last else 1
    if message.sequence != expected:
        raise MessageRefused("message.gap", edge=edge.id, expected=expected, sequence=message.sequence)
    provisional = _added(counted, now)
    Message.objects.create(
        edge=edge,
        sequence=message.sequence,
        digest=digest,
        batch=message.batch,
        revision=message.revision,
        received_at=now,
        envelope=data,
        provisional=provisional,
    )
    _read(edge, message, counted, now)
    # The sequence has no gap, so nothing signed with an earlier key is still on its way.
    Key.objects.filter(edge=edge, number__lt=key.number, until=None).update(until=now)
    return Taken(edge.party, edge.province, message, counted, tuple(provisional), again=False)


def answered(*, taken: Taken, cases: Sequence[str]) -> None:
    """Keep which cases a tally opened or continued, for when the same message comes again."""
    Message.objects.filter(edge=taken.message.edge, sequence=taken.message.sequence).update(cases=list(cases))


def take_heartbeat(*, data: bytes, party: str, now: datetime) -> Heartbeat:
    """Verify and keep the newest heartbeat of one of the party's edges; an older one changes nothing."""
    key, payload = _verified(data, "heartbeat", party, now)
    edge = key.edge
    try:
        beat = messages.read_heartbeat(payload)
    except messages.BadMessage as error:
        raise MessageRefused("message.malformed", why=str(error)) from error
    _check_sender(edge, beat.edge, beat.party)
    if beat.clock > now + CLOCK_AHEAD:
        raise MessageRefused("message.clock_ahead", clock=beat.clock, now=now)
    values = {
        "clock": beat.clock,
        "received_at": now,
        "sequence": beat.sequence,
        "release": beat.release,
        "sources": [
            {"file": one.file, "rows": one.rows, "last": write_moment(one.last) if one.last else None}
            for one in beat.sources
        ],
    }
    kept, made = Heartbeat.objects.get_or_create(edge=edge, defaults=values)
    if not made and beat.clock > kept.clock:
        Heartbeat.objects.filter(edge=edge, clock__lt=beat.clock).update(**values)
        kept.refresh_from_db()
    return kept


def digest_readings(*, now: datetime) -> int:
    """Enter how many tallies came in, once for each hour since the last digest in which any did; return how many hours.

    Readings are rows, entries are decisions. The entry holds a hash over the digests of the hour's messages, so that
    one that is taken away later is missed. A hub that was down catches up.
    """
    own = Viewer(settings.CLEANNET_PARTY, settings.CLEANNET_ROLE)
    last = entries.entries(own, kind="readings.digested").filter(party=own.party).order_by("-happened_at").first()
    # A message that came in the last moment of an hour may be committed a little later.
    whole = queries.hour_of(now - COMMITTED_WITHIN)
    hours = queries.hours_received(after=last.happened_at if last else None, before=whole)
    for hour, digests in hours.items():
        end = hour + queries.HOUR
        ledger.enter(
            kind="readings.digested",
            actor=Actor(own.party, own.role),
            happened_at=end,
            now=now,
            facts={
                "messages": len(digests),
                "until": end.astimezone(BEIJING).isoformat(),
                "digest": hashlib.sha256("\n".join(digests).encode()).hexdigest(),
            },
            key=f"readings:{end.isoformat()}",
            **parties.standing(now=now),
        )
    return len(hours)


def verified(*, data: bytes, kind: str, party: str, now: datetime) -> tuple[str, bytes]:
    """Return which edge of a party signed a message of a kind, and its payload; raise MessageRefused."""
    key, payload = _verified(data, kind, party, now)
    return key.edge_id, payload


def _believe(edge: Edge, public_key: str, number: int, now: datetime) -> Key:
    key_id = envelope.key_id(envelope.read_public(public_key))
    return Key.objects.create(id=key_id, edge=edge, number=number, public_key=public_key, since=now)


def _verified(data: bytes, kind: str, party: str, now: datetime) -> tuple[Key, bytes]:
    """Return the key that signed, with its edge, and the payload."""
    try:
        key_id = envelope.signer(data)
    except envelope.BadEnvelope as error:
        raise MessageRefused("message.unsigned", why=str(error)) from error
    key = Key.objects.select_related("edge").filter(pk=key_id, edge__party=party).first()
    if key is None:
        raise MessageRefused("message.unknown_edge", key=key_id)
    if key.edge.revoked_at is not None:
        raise MessageRefused("message.revoked", edge=key.edge_id)
    if key.until is not None and key.until <= now:
        raise MessageRefused("message.key_superseded", edge=key.edge_id)
    try:
        return key, envelope.verify(data, {key_id: envelope.read_public(key.public_key)}, kind).payload
    except envelope.BadEnvelope as error:
        raise MessageRefused("message.unsigned", why=str(error)) from error


def _lock(edge: str) -> None:
    """Lock the row of an edge, so that its messages come one after another; raise MessageRefused where it was revoked
    while waiting for it.
    """
    if Edge.objects.select_for_update().get(pk=edge).revoked_at is not None:
        raise MessageRefused("message.revoked", edge=edge)


def _check_sender(edge: Edge, named: str, party: str) -> None:
    if (named, party) != (edge.id, edge.party):
        raise MessageRefused("message.not_yours", edge=named, party=party)


def _added(counted: tally.Tally, now: datetime) -> list[str]:
    """Add the programs of a tally that the hub does not know, in one order everywhere, and return their codes."""
    named = {one.program for one in counted.programs}
    unknown = sorted(named - register.known(named))
    if len(unknown) > NEW_PROGRAMS:
        raise MessageRefused("message.too_many_programs", count=len(unknown), most=NEW_PROGRAMS)
    for code in unknown:
        programs.add_program(code=code, now=now)
    return unknown


def _read(edge: Edge, message: messages.TallyMessage, counted: tally.Tally, now: datetime) -> None:
    newest = Reading.objects.filter(edge=edge, batch=message.batch).order_by("-revision").first()
    if newest and message.revision <= newest.revision:
        raise MessageRefused("message.old_revision", batch=message.batch, revision=message.revision)
    known = Reading.objects.filter(edge=edge, batch=message.batch)
    names = set(known.values_list("program", flat=True))
    if not names.issuperset(counted.unchanged):
        raise MessageRefused("message.not_whole", batch=message.batch, revision=message.revision)
    others = sorted(names.difference(counted.unchanged))
    for first in range(0, len(others), AT_ONCE):
        known.filter(program__in=others[first : first + AT_ONCE]).delete()
    # What is unchanged was counted anew as well: it is as true now as what changed.
    known.update(revision=message.revision, found_at=counted.found_at, received_at=now)
    Reading.objects.bulk_create(
        Reading(
            edge=edge,
            batch=message.batch,
            program=one.program,
            revision=message.revision,
            subscribers=counted.subscribers,
            found_at=counted.found_at,
            received_at=now,
            infected=one.infected.maximum,
            exposed=one.exposed.maximum,
            loss_fen=one.loss_fen,
            document=tally.write_program(one),
        )
        for one in counted.programs
    )

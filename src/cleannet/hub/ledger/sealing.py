"""Seal committed entries: number them, grow the tree, sign the new head; and prove what the tree contains."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import IntegrityError, transaction

from cleannet.core import merkle
from cleannet.core.refusal import Refusal
from cleannet.formats import envelope, ledger_export
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger.models import Entry, Head, Seal, Unsealed

BATCH = 2000
# How often another process may be faster before a round is one's own.
SEALERS = 8


class SealBroken(Exception):
    """Say that the last head is not what this hub signed, so that nothing may be built on it."""


class NotSealed(Refusal):
    """Say that an entry has no seal yet or that there is no such head: `ledger.not_sealed`, `ledger.no_head`."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Prove that `leaf` is leaf `index` of the tree that `head` signs over `size` leaves."""

    index: int
    size: int
    leaf: bytes
    hashes: tuple[bytes, ...]
    head: bytes


def seal(*, now: datetime) -> Head | None:
    """Seal the entries that wait and return the new signed head; None when none waits or another sealer was faster.

    Numbers are given only to committed entries, so one that is committed late is sealed later and never lost. The
    primary keys of Seal and Head let one sealer through. Raises SealBroken when the last head was tampered with.
    """
    keys = Keyring(settings.CLEANNET_DATA)
    signer = keys.signer()
    verifiers = keys.verifiers()
    try:
        with transaction.atomic():
            waiting = list(Unsealed.objects.select_related("entry").order_by("entry__entered_at", "entry_id")[:BATCH])
            if not waiting:
                return None
            last = Head.objects.order_by("-size").first()
            peaks = merkle.Peaks() if last is None else _peaks(last, verifiers)
            leaves = [merkle.leaf_hash(bytes(row.entry.body)) for row in waiting]
            Seal.objects.bulk_create(
                Seal(number=peaks.size + at, entry=row.entry, leaf=leaf)
                for at, (row, leaf) in enumerate(zip(waiting, leaves, strict=True))
            )
            grown = peaks.grown(leaves)
            payload = ledger_export.head_payload(settings.CLEANNET_CODE, grown.size, grown.root, now)
            head = Head.objects.create(
                size=grown.size,
                root=grown.root,
                peaks=b"".join(grown.hashes),
                at=now,
                envelope=envelope.sign(payload, signer, envelope.key_id(signer.public_key()), "head"),
            )
            Unsealed.objects.filter(entry__in=[row.entry_id for row in waiting]).delete()
            return head
    except IntegrityError:
        if Head.objects.filter(size__gt=last.size if last else 0).exists():
            return None
        raise


def seal_all(*, now: datetime) -> Head:
    """Seal until everything committed before this call is under a signed head, and return the newest one.

    Another sealer may be faster, and one round seals a batch only. Raises NotSealed when entries are still left then.
    """
    waiting = set(Unsealed.objects.values_list("entry_id", flat=True))
    for _ in range(2 + len(waiting) // BATCH + SEALERS):
        head = last_head()
        if head is not None and not Unsealed.objects.filter(entry__in=waiting).exists():
            return head
        seal(now=now)
    raise NotSealed("ledger.not_sealed", entries=len(waiting))


def last_head() -> Head | None:
    """Return the newest signed head."""
    return Head.objects.order_by("-size").first()


def prove_entry(entry: Entry, size: int | None = None) -> Inclusion:
    """Return the proof that `entry` is in the ledger as signed at `size` (default the newest head)."""
    head = last_head() if size is None else Head.objects.filter(size=size).first()
    if head is None:
        raise NotSealed("ledger.no_head", size=size)
    seal_of = Seal.objects.filter(entry=entry, number__lt=head.size).first()
    if seal_of is None:
        raise NotSealed("ledger.not_sealed", entry=entry.pk)
    hashes = tree(head.size).inclusion_proof(seal_of.number)
    return Inclusion(seal_of.number, head.size, bytes(seal_of.leaf), hashes, bytes(head.envelope))


def prove_prefix(first: int, second: int | None = None) -> tuple[Head, tuple[bytes, ...]]:
    """Return a head (default the newest) and the proof that the tree of `first` entries is a prefix of its tree."""
    head = last_head() if second is None else Head.objects.filter(size=second).first()
    if head is None or not 0 <= first <= head.size:
        raise NotSealed("ledger.no_head", size=second if head is None else first)
    return head, tree(head.size).consistency_proof(first)


def tree(size: int) -> merkle.Tree:
    """Return the tree of the first `size` sealed entries."""
    leaves = Seal.objects.filter(number__lt=size).order_by("number").values_list("leaf", flat=True)
    return merkle.Tree([bytes(leaf) for leaf in leaves.iterator(chunk_size=10_000)])


def _peaks(head: Head, verifiers: Mapping[str, Ed25519PublicKey]) -> merkle.Peaks:
    stored = bytes(head.peaks)
    try:
        signed = ledger_export.read_head(bytes(head.envelope), verifiers)
        peaks = merkle.Peaks(signed.size, tuple(stored[at : at + 32] for at in range(0, len(stored), 32)))
    except (envelope.BadEnvelope, ValueError) as error:
        raise SealBroken(f"the head over {head.size} entries was changed: {error}") from error
    if signed.size != head.size or peaks.root != signed.root:
        raise SealBroken(f"the head over {head.size} entries was changed: it is not what was signed")
    return peaks

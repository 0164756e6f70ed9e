"""Put, keep longer and erase blobs. Call `put` before the transaction that makes the entry: it writes a file."""

import hashlib
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction

from cleannet.core.refusal import Refusal
from cleannet.hub.blobs import store
from cleannet.hub.blobs.models import Blob
from cleannet.hub.keyring import Keyring


class BlobRefused(Refusal):
    """Say why a blob cannot be put or erased: `blob.too_large`, `blob.kept`, `blob.held` or `blob.unknown`."""


def put(content: bytes, *, kind: str, now: datetime, keep_until: datetime | None = None) -> Blob:
    """Keep `content` encrypted and return its row, whose `ref` (64 hexadecimal digits) is what an entry may hold.

    The same content of the same kind is kept once, for the longest time asked; no `keep_until` means for ever. The
    bytes are on the disk when this returns. Raises BlobRefused when it is larger than the setting allows.
    """
    most = settings.CLEANNET_BLOB_MEBIBYTES << 20
    if len(content) > most:
        raise BlobRefused("blob.too_large", bytes=len(content), most=most)
    digest = hashlib.sha256(content).hexdigest()
    known = Blob.objects.filter(kind=kind, digest=digest).first()
    if known is None:
        try:
            return _put_new(content, kind, digest, now, keep_until)
        except IntegrityError:
            # Another process put the same content between the look and the insert.
            known = Blob.objects.get(kind=kind, digest=digest)
    keep(ref=known.ref, until=keep_until)
    known.refresh_from_db()
    return known


def keep(*, ref: str, until: datetime | None) -> None:
    """Keep a blob at least until `until` (None: for ever); an earlier moment than the present one changes nothing."""
    living = Blob.objects.filter(ref=ref, erased_at=None)
    if until is None:
        living.update(keep_until=None)
    else:
        living.filter(keep_until__lt=until).update(keep_until=until)


def end_keeping(*, ref: str, until: datetime) -> None:
    """Give a blob that was kept without end its end; one that has an end already keeps the later of the two."""
    Blob.objects.filter(ref=ref, erased_at=None, keep_until=None).update(keep_until=until)
    keep(ref=ref, until=until)


def hold(*, ref: str, held: bool) -> None:
    """Set or lift a legal hold or an open complaint: a held blob is not erased whatever its time (545号 十二)."""
    if not Blob.objects.filter(ref=ref, erased_at=None).update(held=held):
        raise BlobRefused("blob.unknown", ref=ref)


def erase(*, ref: str, now: datetime) -> bool:
    """Destroy bytes, salt and key of a blob and return whether there was anything left to destroy.

    Raises BlobRefused while it must be kept, is held, or was never there. Killed half way, the key is gone first and
    `sweep` removes the file; inside a transaction the file goes when it is committed.
    """
    row = Blob.objects.filter(ref=ref).first()
    if row is None:
        raise BlobRefused("blob.unknown", ref=ref)
    erasable = Blob.objects.filter(ref=ref, erased_at=None, held=False, keep_until__lte=now)
    erased = erasable.update(digest=None, salt=None, wrapped_key=None, master=None, erased_at=now)
    if not erased:
        row.refresh_from_db()
        if row.erased_at is None:
            raise BlobRefused("blob.held" if row.held else "blob.kept", ref=ref, keep_until=row.keep_until)
    transaction.on_commit(partial(store.Files(settings.CLEANNET_DATA).remove, ref))
    return bool(erased)


def sweep() -> list[str]:
    """Remove the files of erased blobs that a killed process left behind, and return their references.

    Files without a row are left alone: one may be about to get its row.
    """
    files = store.Files(settings.CLEANNET_DATA)
    erased = Blob.objects.exclude(erased_at=None)
    left = sorted(files.refs() & set(erased.values_list("ref", flat=True)))
    for ref in left:
        files.remove(ref)
    return left


def rotate_master() -> tuple[int, list[str]]:
    """Wrap every living blob's key under a new master key, destroy the old ones, return (rows, files destroyed).

    From then on older back-ups of the database hold no key that opens a blob. May be repeated after being killed.
    """
    keys = Keyring(settings.CLEANNET_DATA)
    keys.add_master()
    number, master = keys.master()
    masters = keys.masters()
    rewrapped = 0
    while rows := list(Blob.objects.filter(erased_at=None).exclude(master=number)[:500]):
        for row in rows:
            key = store.unlock(masters[row.master or 0], bytes(row.wrapped_key or b""), row.ref)
            wrapped = store.lock(master, key, row.ref)
            same = Blob.objects.filter(ref=row.ref, erased_at=None, master=row.master)
            rewrapped += same.update(wrapped_key=wrapped, master=number)
    return rewrapped, keys.drop_masters_before(number)


def _put_new(content: bytes, kind: str, digest: str, now: datetime, keep_until: datetime | None) -> Blob:
    keys = Keyring(settings.CLEANNET_DATA)
    number, master = keys.master()
    salt, key = store.new_salt(), store.new_key()
    ref = store.reference(content, salt)
    files = store.Files(settings.CLEANNET_DATA)
    files.write(ref, store.lock(key, content, ref))
    try:
        with transaction.atomic():
            row = Blob.objects.create(
                ref=ref,
                kind=kind,
                digest=digest,
                size=len(content),
                salt=salt,
                wrapped_key=store.lock(master, key, ref),
                master=number,
                stored_at=now,
                keep_until=keep_until,
            )
    except IntegrityError:
        files.remove(ref)
        raise
    latest, newer = keys.master()
    if latest != number:
        # A rotation began meanwhile and may have passed this row before it was there; it destroys the master used.
        Blob.objects.filter(ref=ref).update(wrapped_key=store.lock(newer, key, ref), master=latest)
        row.refresh_from_db()
    return row

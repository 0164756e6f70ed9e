"""Read blobs. Whoever calls has decided that the viewer may see the entry or paper the blob belongs to."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import Q

from cleannet.core.refusal import Refusal
from cleannet.hub.blobs import store
from cleannet.hub.blobs.models import Blob
from cleannet.hub.keyring import Keyring


class BlobGone(Refusal):
    """Say that there is no such blob (`blob.unknown`) or that it was erased (`blob.erased`)."""


def get(ref: str) -> bytes:
    """Return the content named `ref`; raise BlobGone, or store.Damaged when file or key are not what was put."""
    row = Blob.objects.filter(ref=ref).first()
    if row is None:
        raise BlobGone("blob.unknown", ref=ref)
    if row.erased_at is not None or row.wrapped_key is None or row.master is None or row.salt is None:
        raise BlobGone("blob.erased", ref=ref, erased_at=row.erased_at)
    master = Keyring(settings.CLEANNET_DATA).masters().get(row.master)
    if master is None:
        raise store.Damaged(f"the master key {row.master} of the blob {ref} is missing")
    key = store.unlock(master, bytes(row.wrapped_key), ref)
    content = store.unlock(key, store.Files(settings.CLEANNET_DATA).read(ref), ref)
    if store.reference(content, bytes(row.salt)) != ref:
        raise store.Damaged(f"the blob {ref} is not the content its name stands for")
    return content


def described(refs: Iterable[str]) -> list[Blob]:
    """Return the rows of the blobs named, without their contents, in the order of their storing."""
    return list(Blob.objects.filter(ref__in=list(refs)).order_by("stored_at", "ref"))


def erasable(now: datetime, *, kinds: Collection[str]) -> list[str]:
    """Return the references of the blobs of some kinds, or kinds below them (`kind.…`), whose time is over and that
    nothing holds, longest overdue first.
    """
    among = Q(kind__in=kinds)
    for kind in kinds:
        among |= Q(kind__startswith=f"{kind}.")
    ripe = Blob.objects.filter(among, erased_at=None, held=False, keep_until__lte=now)
    return list(ripe.order_by("keep_until").values_list("ref", flat=True))

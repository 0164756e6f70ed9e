from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cleannet.hub.blobs import actions, queries, store
from cleannet.hub.blobs.models import Blob

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_an_unknown_reference_is_refused() -> None:
    with pytest.raises(queries.BlobGone) as gone:
        queries.get("0" * 64)
    assert gone.value.code == "blob.unknown"


def test_damage_is_told_apart_from_absence(data_folder: Path) -> None:
    row = actions.put(b"paper", kind="paper", now=NOW)
    files = store.Files(data_folder)
    locked = files.read(row.ref)
    files.write(row.ref, locked[:-1] + bytes([locked[-1] ^ 1]))
    with pytest.raises(store.Damaged, match="cannot be decrypted"):
        queries.get(row.ref)
    files.remove(row.ref)
    with pytest.raises(store.Damaged, match="cannot be read"):
        queries.get(row.ref)
    files.write(row.ref, locked)
    Blob.objects.filter(ref=row.ref).update(salt=bytes(32))
    with pytest.raises(store.Damaged, match="not the content"):
        queries.get(row.ref)
    Blob.objects.filter(ref=row.ref).update(master=9)
    with pytest.raises(store.Damaged, match="master key 9"):
        queries.get(row.ref)


def test_described_and_erasable_come_in_order() -> None:
    late = actions.put(b"b", kind="paper", now=NOW + timedelta(hours=1), keep_until=NOW)
    early = actions.put(b"a", kind="paper", now=NOW, keep_until=NOW + timedelta(hours=1))
    actions.put(b"c", kind="paper", now=NOW)
    assert [row.ref for row in queries.described([late.ref, early.ref, "0" * 64])] == [early.ref, late.ref]
    assert queries.erasable(NOW + timedelta(hours=2), kinds=["paper"]) == [late.ref, early.ref]
    assert queries.erasable(NOW, kinds=["paper"]) == [late.ref]

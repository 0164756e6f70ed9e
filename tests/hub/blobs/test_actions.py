from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from cleannet.hub.blobs import actions, queries, store
from cleannet.hub.blobs.models import Blob
from cleannet.hub.keyring import Keyring

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=60)
Committed = Callable[..., AbstractContextManager[object]]
PAPER = "附件三 移动互联网恶意程序事件报告".encode() * 50

pytestmark = pytest.mark.django_db


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Committed) -> Committed:
    return django_capture_on_commit_callbacks


def everything_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_what_is_put_comes_back_and_lies_encrypted(data_folder: Path) -> None:
    row = actions.put(PAPER, kind="paper", now=NOW)
    assert queries.get(row.ref) == PAPER
    assert (row.kind, row.size, row.keep_until) == ("paper", len(PAPER), None)
    assert PAPER[:20] not in everything_on_disk(data_folder)
    assert bytes(row.wrapped_key or b"") not in everything_on_disk(data_folder)


def test_the_same_content_is_kept_once_for_the_longest_time() -> None:
    first = actions.put(PAPER, kind="paper", now=NOW, keep_until=NOW)
    assert actions.put(PAPER, kind="paper", now=NOW, keep_until=LATER).ref == first.ref
    assert actions.put(PAPER, kind="paper", now=NOW, keep_until=NOW).keep_until == LATER
    assert actions.put(PAPER, kind="evidence", now=NOW).ref != first.ref
    assert Blob.objects.count() == 2
    assert actions.put(PAPER, kind="paper", now=NOW).keep_until is None
    actions.keep(ref=first.ref, until=NOW)
    assert Blob.objects.get(ref=first.ref).keep_until is None


def test_the_reference_does_not_give_the_content_away() -> None:
    first = actions.put(b"13800138000", kind="evidence", now=NOW)
    second = actions.put(b"13800138000", kind="sample", now=NOW)
    assert first.ref != second.ref


def test_erasing_leaves_nothing_to_open_or_to_confirm(data_folder: Path, committed: Committed) -> None:
    row = actions.put(PAPER, kind="paper", now=NOW, keep_until=LATER)
    with committed(execute=True):
        assert actions.erase(ref=row.ref, now=LATER)
        # Until the transaction is committed it may be undone, and then the file is needed.
        assert store.Files(data_folder).refs() == {row.ref}
    assert not actions.erase(ref=row.ref, now=LATER)
    row.refresh_from_db()
    assert (row.digest, row.salt, row.wrapped_key, row.master) == (None, None, None, None)
    assert row.erased_at == LATER
    assert not store.Files(data_folder).refs()
    with pytest.raises(queries.BlobGone) as gone:
        queries.get(row.ref)
    assert gone.value.code == "blob.erased"
    again = actions.put(PAPER, kind="paper", now=LATER)
    assert again.ref != row.ref
    assert queries.get(again.ref) == PAPER


def test_nothing_is_erased_before_its_time_or_while_held() -> None:
    row = actions.put(PAPER, kind="paper", now=NOW, keep_until=LATER)
    with pytest.raises(actions.BlobRefused) as refused:
        actions.erase(ref=row.ref, now=LATER - timedelta(microseconds=1))
    assert refused.value.code == "blob.kept"
    actions.hold(ref=row.ref, held=True)
    with pytest.raises(actions.BlobRefused) as refused:
        actions.erase(ref=row.ref, now=LATER)
    assert refused.value.code == "blob.held"
    assert queries.erasable(LATER, kinds=["paper"]) == []
    actions.hold(ref=row.ref, held=False)
    assert queries.erasable(LATER, kinds=["paper"]) == [row.ref]
    assert queries.erasable(LATER, kinds=["evidence"]) == []
    assert actions.erase(ref=row.ref, now=LATER)
    with pytest.raises(actions.BlobRefused):
        actions.hold(ref=row.ref, held=True)
    forever = actions.put(b"x", kind="paper", now=NOW)
    with pytest.raises(actions.BlobRefused):
        actions.erase(ref=forever.ref, now=LATER)
    with pytest.raises(actions.BlobRefused) as refused:
        actions.erase(ref="0" * 64, now=LATER)
    assert refused.value.code == "blob.unknown"


def test_a_file_left_by_a_killed_erasure_is_swept(data_folder: Path) -> None:
    kept = actions.put(b"kept", kind="paper", now=NOW)
    row = actions.put(PAPER, kind="paper", now=NOW, keep_until=NOW)
    files = store.Files(data_folder)
    # What is to follow the commit never does here, as if the process had been killed.
    actions.erase(ref=row.ref, now=NOW)
    assert files.refs() == {kept.ref, row.ref}
    assert actions.sweep() == [row.ref]
    assert files.refs() == {kept.ref}


def test_a_new_master_key_opens_everything_and_the_old_one_is_gone(data_folder: Path) -> None:
    rows = [actions.put(bytes([number]) * 40, kind="paper", now=NOW, keep_until=NOW) for number in range(5)]
    actions.erase(ref=rows[4].ref, now=NOW)
    before = {row.ref: bytes(row.wrapped_key or b"") for row in rows}
    rewrapped, destroyed = actions.rotate_master()
    assert (rewrapped, destroyed) == (4, ["master-1.key"])
    assert sorted(Keyring(data_folder).masters()) == [2]
    for number, row in enumerate(rows[:4]):
        assert queries.get(row.ref) == bytes([number]) * 40
        row.refresh_from_db()
        assert bytes(row.wrapped_key or b"") != before[row.ref]
        with pytest.raises(store.Damaged):
            store.unlock(Keyring(data_folder).master()[1], before[row.ref], row.ref)


def test_a_content_too_large_is_refused(settings: Settings) -> None:
    settings.CLEANNET_BLOB_MEBIBYTES = 1
    actions.put(bytes(1 << 20), kind="sample", now=NOW)
    with pytest.raises(actions.BlobRefused) as refused:
        actions.put(bytes((1 << 20) + 1), kind="sample", now=NOW)
    assert refused.value.code == "blob.too_large"


def test_a_blob_put_while_the_master_is_rotated_stays_readable(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = store.Files.write

    def rotated_meanwhile(files: store.Files, ref: str, locked: bytes) -> None:
        write(files, ref, locked)
        actions.rotate_master()

    monkeypatch.setattr(store.Files, "write", rotated_meanwhile)
    row = actions.put(PAPER, kind="paper", now=NOW)
    assert row.master == 2
    assert sorted(Keyring(data_folder).masters()) == [2]
    assert queries.get(row.ref) == PAPER

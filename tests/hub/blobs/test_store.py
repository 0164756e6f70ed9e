from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.hub.blobs import store


@given(st.binary(max_size=500), st.data())
def test_what_is_locked_unlocks_only_whole(plain: bytes, draw: st.DataObject) -> None:
    key = store.new_key()
    locked = store.lock(key, plain, "name")
    assert store.unlock(key, locked, "name") == plain
    changed = bytearray(locked)
    changed[draw.draw(st.integers(0, len(locked) - 1))] ^= draw.draw(st.integers(1, 255))
    for wrong in ((key, bytes(changed), "name"), (key, locked, "other"), (store.new_key(), locked, "name")):
        with pytest.raises(store.Damaged):
            store.unlock(*wrong)
    with pytest.raises(store.Damaged):
        store.unlock(key, locked[:5], "name")


def test_the_reference_depends_on_content_and_salt() -> None:
    salt = store.new_salt()
    assert store.reference(b"a", salt) == store.reference(b"a", salt)
    assert len({store.reference(b"a", salt), store.reference(b"b", salt), store.reference(b"a", store.new_salt())}) == 3


def test_files_are_written_whole_and_removed_twice(tmp_path: Path) -> None:
    files = store.Files(tmp_path)
    ref = "ab" * 32
    assert files.refs() == set()
    files.write(ref, b"1")
    files.write(ref, b"22")
    assert files.read(ref) == b"22"
    assert files.refs() == {ref}
    assert [path.name for path in files.path(ref).parent.iterdir()] == [ref]
    assert files.path(ref).stat().st_mode & 0o077 == 0
    files.remove(ref)
    files.remove(ref)
    with pytest.raises(store.Damaged):
        files.read(ref)

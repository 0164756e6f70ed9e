import stat
from pathlib import Path

import pytest

from cleannet.formats import envelope
from cleannet.hub.keyring import Keyring, NoKey


@pytest.fixture
def keys(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "new")


def test_makes_what_is_missing_for_its_eyes_only(keys: Keyring) -> None:
    assert keys.make_missing() == ["secret_key", "master-1.key", "hub-1.pub", "hub-1.pem"]
    before = {path.name: path.read_bytes() for path in keys.folder.iterdir()}
    assert keys.make_missing() == []
    assert {path.name: path.read_bytes() for path in keys.folder.iterdir()} == before
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys.folder.iterdir()} == {0o600}
    assert keys.problems() == []


def test_two_hubs_share_no_key(tmp_path: Path) -> None:
    first, second = Keyring(tmp_path / "a"), Keyring(tmp_path / "b")
    first.make_missing()
    second.make_missing()
    assert first.master() != second.master()
    assert set(first.verifiers()).isdisjoint(second.verifiers())


def test_the_newest_master_is_in_use_and_older_ones_can_be_destroyed(keys: Keyring) -> None:
    keys.make_missing()
    keys.add_master()
    number, key = keys.master()
    assert (number, len(key)) == (2, 32)
    assert sorted(keys.masters()) == [1, 2]
    assert keys.drop_masters_before(2) == ["master-1.key"]
    assert sorted(keys.masters()) == [2]


def test_the_newest_signer_is_in_use_and_only_public_halves_stay(keys: Keyring) -> None:
    keys.make_missing()
    old = envelope.key_id(keys.signer().public_key())
    keys.add_signer()
    new = envelope.key_id(keys.signer().public_key())
    assert list(keys.verifiers()) == [old, new]
    assert not (keys.folder / "hub-1.pem").exists()


def test_what_is_missing_or_open_is_named(keys: Keyring) -> None:
    assert len([problem for problem in keys.problems() if "run `cleannet hub setup`" in problem]) == 2
    keys.make_missing()
    (keys.folder / "master-1.key").chmod(0o644)
    (keys.folder / "hub-1.pem").write_bytes(b"nonsense")
    (keys.folder / "hub-1.pem").chmod(0o600)
    problems = keys.problems()
    assert any("master-1.key may be read by others" in problem for problem in problems)
    assert any("hub-1.pem cannot be used" in problem for problem in problems)


@pytest.mark.parametrize("content", [b"", b"zz", b"00" * 31])
def test_a_damaged_master_is_refused(keys: Keyring, content: bytes) -> None:
    keys.make_missing()
    (keys.folder / "master-1.key").write_bytes(content)
    with pytest.raises(NoKey, match=r"master-1\.key cannot be used"):
        keys.master()

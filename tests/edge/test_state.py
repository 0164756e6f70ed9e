import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cleannet.core.indicator import Indicator, parse
from cleannet.edge.state import State, read_hub_keys, write_whole
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats import delta, envelope, messages, release
from cleannet.formats.messages import CoveredSource

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HUB = envelope.new_key()
HUB_KEYS = {envelope.key_id(HUB.public_key()): HUB.public_key()}


def document(batch: str = "ab", *logs: str, rows: int = 3) -> dict[str, Any]:
    return {
        "schema": 1,
        "subscribers": "numbers",
        "window": "24h",
        "found_at": "2026-11-22T00:00:00Z",
        "batch": batch,
        "release": None,
        "sources": [{"file": f"{log}.csv", "sha256": log, "rows": rows, "first": None} for log in logs],
        "programs": [],
    }


def signed_release(number: int, hours: int = 1, audience: str = "OPERATOR-A", name: str = "evil.example") -> bytes:
    found = (Indicator(parse(name), "Evil", "control", "infected", ""),)
    content = release.Release(
        number, "CNCERT", audience, NOW - timedelta(1), NOW + timedelta(hours=hours), "name", found
    )
    return release.sign(content, HUB, envelope.key_id(HUB.public_key()))


@pytest.fixture
def state(tmp_path: Path) -> State:
    kept = State(tmp_path / "state")
    kept.enrol("edge-1", "OPERATOR-A", "44", HUB_KEYS)
    return kept


def test_enrol_once(state: State) -> None:
    who = State(state.folder).identity()
    assert (who.edge, who.party, who.province) == ("edge-1", "OPERATOR-A", "44")
    assert envelope.key_id(envelope.read_public(state.public_key())) == who.key_id
    assert state.hub_keys() == HUB_KEYS
    assert (state.folder / "identity.pem").stat().st_mode & 0o777 == 0o600
    with pytest.raises(WrongUse, match="already"):
        state.enrol("edge-2", "OPERATOR-A", "44", HUB_KEYS)


def test_what_is_wrong_with_a_folder_is_said(state: State, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="edge enrol"):
        State(tmp_path / "other").identity()
    assert State(tmp_path / "other").hub_keys() == {}
    os.chmod(state.folder / "identity.pem", 0o644)
    with pytest.raises(WrongUse, match="chmod 600"):
        state.key()
    (state.folder / "identity.pem").unlink()
    with pytest.raises(WrongUse, match="cannot be read as a key"):
        state.key()
    (state.folder / "identity.json").write_bytes(b"{}")
    with pytest.raises(WrongUse, match="cannot be read"):
        state.identity()


def test_sequence_is_gapless_and_a_batch_again_is_a_revision(state: State) -> None:
    assert [state.put(document(batch), NOW) for batch in ("ab", "cd", "ab")] == [1, 2, 3]
    keys = {state.identity().key_id: state.key().public_key()}
    found = [messages.read_tally(envelope.verify(data, keys, "tally").payload) for _, data in state.waiting()]
    assert [(message.sequence, message.batch, message.revision) for message in found] == [
        (1, "ab", 1),
        (2, "cd", 1),
        (3, "ab", 2),
    ]


def test_a_log_is_counted_in_one_batch_only(state: State) -> None:
    state.put(document("one", "a", "b"), NOW)
    with pytest.raises(WrongUse, match=r"b\.csv: was counted in the batch “one”"):
        state.put(document("two", "b", "c"), NOW)
    assert [sequence for sequence, _ in state.waiting()] == [1]
    assert state.put(document("two", "c"), NOW) == 2
    assert state.put(document("one", "a", "b"), NOW) == 3
    assert state.put(document("one", "a", "d"), NOW) == 4
    assert state.put(document("two", "b", "c"), NOW) == 5
    with pytest.raises(WrongUse, match="“two”"):
        State(state.folder).put(document("three", "b"), NOW)


def test_a_log_without_a_row_may_be_in_every_batch(state: State) -> None:
    assert [state.put(document(batch, "empty", rows=0), NOW) for batch in ("one", "two")] == [1, 2]


def test_sequence_goes_on_after_receipts(state: State) -> None:
    state.put(document(), NOW)
    state.receipted(1, b'{"receipt": 1}')
    assert list(state.waiting()) == []
    assert list(state.receipts()) == [(1, {"receipt": 1})]
    assert state.put(document(), NOW) == 2
    state.receipted(1, b'{"receipt": 1}')


def test_a_wrong_tally_is_never_spooled(state: State) -> None:
    with pytest.raises(messages.BadMessage):
        state.put(document() | {"window": "1h"}, NOW)
    assert list(state.waiting()) == []


def test_two_at_once_never_take_the_same_number(state: State) -> None:
    threads = [threading.Thread(target=state.put, args=(document(str(n)), NOW)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [sequence for sequence, _ in state.waiting()] == list(range(1, 9))


def test_what_waited_for_a_rotation_is_signed_with_the_next_key(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    state.rotation(NOW)
    locked = State._locked

    @contextmanager
    def after_a_rotation(self: State) -> Iterator[None]:
        monkeypatch.undo()
        self.rotate()
        with locked(self):
            yield

    monkeypatch.setattr(State, "_locked", after_a_rotation)
    state.put(document(), NOW)
    ((_, data),) = state.waiting()
    assert envelope.signer(data) == state.identity().key_id


def test_a_crash_before_the_rename_leaves_nothing_half(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    state.put(document("ab"), NOW)

    def crash(self: Path, target: Path) -> Path:
        raise OSError("the power went")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", crash)
        with pytest.raises(OSError, match="power"):
            state.put(document("cd"), NOW)
    assert [sequence for sequence, _ in state.waiting()] == [1]
    assert state.put(document("cd"), NOW) == 2


def test_releases_only_go_up(state: State) -> None:
    assert (state.kept_release(), state.release_number()) == (None, 0)
    assert state.take_release(signed_release(5), NOW).number == 5
    with pytest.raises(release.Rejected) as refused:
        state.take_release(signed_release(4), NOW)
    assert refused.value.code == "lower_number"
    with pytest.raises(release.Rejected):
        state.take_release(signed_release(6, hours=0), NOW)
    assert state.release_number() == 5


def test_a_release_for_another_party_is_not_taken(state: State) -> None:
    assert state.take_release(signed_release(5, audience="operators"), NOW).number == 5
    with pytest.raises(release.Rejected) as refused:
        state.take_release(signed_release(6, audience="OPERATOR-B"), NOW)
    assert refused.value.code == "audience"
    assert state.release_number() == 5


def test_a_delta_makes_the_kept_release_the_later_one(state: State) -> None:
    key_id = envelope.key_id(HUB.public_key())
    one, two, three = (signed_release(number, name=f"n{number}.example") for number in (1, 2, 3))
    with pytest.raises(release.Rejected, match="no release to start from"):
        state.take_release(delta.sign(one, two, HUB, key_id), NOW)
    state.take_release(one, NOW)
    assert state.take_release(delta.sign(one, two, HUB, key_id), NOW).number == 2
    assert state.kept_release() == two
    for way, code in (
        (delta.sign(one, three, HUB, key_id), "base"),
        (delta.sign(two, one, HUB, key_id), "lower_number"),
    ):
        with pytest.raises(release.Rejected) as refused:
            state.take_release(way, NOW)
        assert refused.value.code == code
    assert state.kept_release() == two


def test_a_kept_release_of_an_unknown_key_is_said(state: State) -> None:
    state.take_release(signed_release(5), NOW)
    (state.folder / "hub.pub").write_text(envelope.write_public(envelope.new_key().public_key()))
    with pytest.raises(WrongUse, match="pin the hub"):
        state.release_number()


def test_a_heartbeat_says_what_is_covered(state: State) -> None:
    keys = {state.identity().key_id: state.key().public_key()}
    beat = messages.read_heartbeat(envelope.verify(state.heartbeat(NOW), keys, "heartbeat").payload)
    assert (beat.sequence, beat.release, beat.sources, beat.province) == (0, None, (), "44")
    state.take_release(signed_release(5), NOW)
    state.put(document(), NOW)
    sources = (CoveredSource("dns.log", 7, NOW), CoveredSource("x", 0, None))
    state.cover(sources, NOW)
    beat = messages.read_heartbeat(envelope.verify(state.heartbeat(NOW), keys, "heartbeat").payload)
    assert (beat.sequence, beat.release, beat.sources, beat.clock) == (1, 5, sources, NOW)


def test_runs_of_numbers_and_of_addresses_are_both_covered(state: State) -> None:
    keys = {state.identity().key_id: state.key().public_key()}
    state.cover((CoveredSource("dns.log", 7, NOW),), NOW)
    state.cover((CoveredSource("bills.csv", 2, None),), NOW + timedelta(hours=1))
    for days, files in ((1, ["bills.csv", "dns.log"]), (7, ["bills.csv"]), (8, [])):
        data = state.heartbeat(NOW + timedelta(days=days, minutes=1))
        beat = messages.read_heartbeat(envelope.verify(data, keys, "heartbeat").payload)
        assert [source.file for source in beat.sources] == files


def test_hub_keys_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "hub.pub"
    path.write_text(f"{envelope.write_public(HUB.public_key())}\n\n")
    assert read_hub_keys(path) == HUB_KEYS
    for text in ("", "nonsense"):
        path.write_text(text)
        with pytest.raises(WrongUse, match=r"hub\.pub"):
            read_hub_keys(path)
    with pytest.raises(WrongUse):
        read_hub_keys(tmp_path / "missing")


def test_a_file_is_whole_and_private(tmp_path: Path) -> None:
    write_whole(tmp_path / "x", b"one")
    write_whole(tmp_path / "x", b"two")
    assert (tmp_path / "x").read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600

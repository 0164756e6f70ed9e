import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cleannet.core.indicator import Indicator, parse
from cleannet.core.merkle import leaf_hash
from cleannet.edge.hub import Hub, HubAway, HubRefused, read_token
from cleannet.edge.state import State
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats import delta, envelope, messages, release

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TALLY: dict[str, Any] = {
    "schema": 1,
    "subscribers": "numbers",
    "window": "24h",
    "found_at": "2026-11-22T00:00:00Z",
    "batch": "ab",
    "release": None,
    "sources": [],
    "programs": [],
}


@pytest.fixture
def state(tmp_path: Path, hub: Any) -> State:
    kept = State(tmp_path / "state")
    key = hub.key.public_key()
    kept.enrol("edge-1", "OPERATOR-A", "44", {envelope.key_id(key): key})
    return kept


def report(hub: Any, state: State) -> int:
    with Hub(hub.url, "secret-token") as way:
        return way.send(state).tallies


def test_tallies_go_oldest_first_and_are_kept_until_receipted(hub: Any, state: State) -> None:
    for _ in range(3):
        state.put(TALLY, NOW)
    assert report(hub, state) == 3
    assert list(state.waiting()) == []
    assert [receipt["receipt"] for _, receipt in state.receipts()] == [1, 2, 3]
    for number, (method, path, headers, body) in enumerate(hub.requests, 1):
        assert (method, path) == ("POST", "/api/v1/tallies")
        assert headers["Authorization"] == "Bearer secret-token"
        assert headers["Idempotency-Key"] == str(number)
        payload = envelope.verify(body, {state.identity().key_id: state.key().public_key()}, "tally").payload
        assert messages.read_tally(payload).sequence == number
    assert report(hub, state) == 0


@pytest.mark.parametrize(
    ("status", "error"), [(500, HubAway), (503, HubAway), (401, HubRefused), (422, HubRefused), (302, HubRefused)]
)
def test_what_the_hub_does_not_take_waits(hub: Any, state: State, status: int, error: type[Exception]) -> None:
    state.put(TALLY, NOW)
    state.put(TALLY, NOW)
    hub.status = status
    with pytest.raises(error):
        report(hub, state)
    assert len(hub.requests) == 1
    assert [sequence for sequence, _ in state.waiting()] == [1, 2]
    hub.status = 0
    assert report(hub, state) == 2


def test_the_hubs_reason_is_passed_on(hub: Any, state: State) -> None:
    state.put(TALLY, NOW)
    hub.status, hub.answer = 422, b'{"title": "Gap in the sequence", "detail": "3 was expected."}'
    with pytest.raises(HubRefused, match=r"422: Gap in the sequence 3 was expected\."):
        report(hub, state)


def test_a_hub_that_is_away_loses_nothing(hub: Any, state: State) -> None:
    state.put(TALLY, NOW)
    with Hub("http://127.0.0.1:9", "t") as way, pytest.raises(HubAway, match="cannot be reached"):
        way.send(state)
    assert report(hub, state) == 1


@pytest.mark.parametrize("answer", [b"ok", b"[]", b"{}", b'{"head": null}', b'{"head": "x"}', b'{"head": {"a": 1}}'])
def test_a_receipt_without_a_signed_head_is_none(hub: Any, state: State, answer: bytes) -> None:
    state.put(TALLY, NOW)
    hub.answer = answer
    with pytest.raises(HubRefused):
        report(hub, state)
    assert len(list(state.waiting())) == 1


def test_a_head_signed_with_another_key_is_none(hub: Any, state: State) -> None:
    state.put(TALLY, NOW)
    hub.key = envelope.new_key()
    with pytest.raises(HubRefused, match="pinned key"):
        report(hub, state)


def test_heartbeat(hub: Any, state: State) -> None:
    with Hub(hub.url, "t") as way:
        way.heartbeat(state, NOW)
    _, path, _, body = hub.requests[0]
    assert path == "/api/v1/heartbeats"
    payload = envelope.verify(body, {state.identity().key_id: state.key().public_key()}, "heartbeat").payload
    assert messages.read_heartbeat(payload).clock == NOW


def test_a_new_key_is_used_once_the_hub_believes_it(hub: Any, state: State) -> None:
    old, old_id = state.key(), state.identity().key_id
    state.put(TALLY, NOW)
    with Hub(hub.url, "t") as way:
        hub.status = 503
        with pytest.raises(HubAway):
            way.rotate(state, NOW)
        assert state.identity().key_id == old_id
        hub.status = 0
        way.rotate(state, NOW)
        assert way.send(state).tallies == 1
        way.heartbeat(state, NOW)
    failed, taken, tally, beat = [body for _, _, _, body in hub.requests]
    named = [
        messages.read_rotation(envelope.verify(data, {old_id: old.public_key()}, "rotation").payload).public_key
        for data in (failed, taken)
    ]
    assert named == [state.public_key()] * 2
    assert [path for _, path, _, _ in hub.requests][1] == "/api/v1/keys"
    new_id = state.identity().key_id
    assert new_id == envelope.key_id(state.key().public_key()) != old_id
    envelope.verify(tally, {old_id: old.public_key()}, "tally")
    envelope.verify(beat, {new_id: state.key().public_key()}, "heartbeat")
    assert [path.name for path in state.folder.glob("*.pem")] == ["identity.pem"]


def test_pull(hub: Any, state: State) -> None:
    content = release.Release(
        5,
        "CNCERT",
        "OPERATOR-A",
        NOW - timedelta(1),
        NOW + timedelta(1),
        "name",
        (Indicator(parse("evil.example"), "Evil", "control", "infected", ""),),
    )
    with Hub(hub.url, "t") as way:
        assert way.pull(state, NOW) is None
        hub.release = release.sign(content, hub.key, envelope.key_id(hub.key.public_key()))
        assert way.pull(state, NOW) == 5
        assert way.pull(state, NOW) == 5
        hub.release = hub.release.replace(b"Evil", b"Good")
        with pytest.raises(release.Rejected):
            way.pull(state, NOW)
    assert [path for _, path, _, _ in hub.requests][1:3] == [
        "/api/v1/releases/latest?after=0",
        "/api/v1/releases/latest?after=5",
    ]
    assert state.release_number() == 5


def test_a_delta_is_taken_and_the_whole_asked_for_where_it_does_not_fit(hub: Any, state: State) -> None:
    def issued(number: int) -> bytes:
        found = (Indicator(parse(f"n{number}.example"), "Evil", "control", "infected", "a.txt", number),)
        times = NOW - timedelta(1), NOW + timedelta(1)
        return release.sign(release.Release(number, "CNCERT", "operators", *times, "name", found), hub.key, key_id)

    key_id = envelope.key_id(hub.key.public_key())
    one, two, three, four = (issued(number) for number in (1, 2, 3, 4))
    hub.release = one
    with Hub(hub.url, "t") as way:
        assert way.pull(state, NOW) == 1
        hub.release, hub.deltas = two, {1: delta.sign(one, two, hub.key, key_id)}
        assert way.pull(state, NOW) == 2
        assert (state.kept_release(), len(hub.requests)) == (two, 2)
        hub.release, hub.deltas = four, {2: delta.sign(three, four, hub.key, key_id)}
        assert way.pull(state, NOW) == 4
        assert state.kept_release() == four
        assert [path.rpartition("=")[2] for _, path, _, _ in hub.requests] == ["0", "1", "2", "0"]
        hub.deltas = {4: delta.sign(four, one, hub.key, key_id).replace(b"n1.ex", b"n5.ex")}
        with pytest.raises(release.Rejected) as refused:
            way.pull(state, NOW)
    assert refused.value.code == "signature"


def test_audit_finds_a_rewritten_ledger(hub: Any, state: State) -> None:
    for _ in range(5):
        state.put(TALLY, NOW)
    report(hub, state)
    with Hub(hub.url, "t") as way:
        assert way.audit(state) == []
        hub.leaves.append(leaf_hash(b"more"))
        assert way.audit(state) == []
        hub.leaves[2] = leaf_hash(b"rewritten")
        found = way.audit(state)
        assert [line.split(":")[0] for line in found] == [f"the receipt of tally {number}" for number in (3, 4, 5)]
        del hub.leaves[1:]
        assert len(way.audit(state)) == 4


def test_an_audit_without_a_proof_is_refused(hub: Any, state: State) -> None:
    state.put(TALLY, NOW)
    report(hub, state)
    hub.status, hub.answer = 200, json.dumps({"head": hub.head()}).encode()
    with Hub(hub.url, "t") as way, pytest.raises(HubRefused, match="proof"):
        way.audit(state)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://hub.example", "not the address"),
        ("hub.example", "not the address"),
        ("http://hub.example", "https only"),
    ],
)
def test_an_address_that_is_no_hub(url: str, words: str) -> None:
    with pytest.raises(WrongUse, match=words):
        Hub(url, "t")


@pytest.mark.parametrize("url", ["https://hub.example", "http://localhost:8000/", "http://[::1]:8000"])
def test_an_address_that_may_be_one(url: str) -> None:
    with Hub(url, "t"):
        pass


def test_a_token_is_private(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("abc\n")
    path.chmod(0o600)
    assert read_token(path) == "abc"
    path.chmod(0o644)
    with pytest.raises(WrongUse, match="chmod 600"):
        read_token(path)
    path.chmod(0o600)
    path.write_text("")
    with pytest.raises(WrongUse, match="no token"):
        read_token(path)
    with pytest.raises(WrongUse, match="cannot be read"):
        read_token(tmp_path / "missing")


def test_names_the_hub_has_not_heard_yet_are_told(hub: Any, state: State) -> None:
    for _ in range(2):
        state.put(TALLY, NOW)
    hub.answer = json.dumps({"provisional": ["b", "a"], "head": hub.head()}).encode()
    with Hub(hub.url, "secret-token") as way:
        sent = way.send(state)
    assert (sent.tallies, sent.provisional) == (2, ["a", "b"])

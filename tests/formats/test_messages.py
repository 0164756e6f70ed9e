from datetime import UTC, datetime
from typing import Any

import pytest

from cleannet.formats import canonical, envelope, messages
from cleannet.formats.messages import CoveredSource, Heartbeat, Rotation, TallyMessage

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "subscribers": "numbers",
    "window": "24h",
    "found_at": "2026-11-22T08:00:00Z",
    "batch": "ab",
    "release": 7,
    "sources": [],
    "programs": [],
}
TALLY = TallyMessage("edge-1", "OPERATOR-A", 3, "ab", 2, 7, NOW, DOCUMENT)
HEARTBEAT = Heartbeat(
    "edge-1", "OPERATOR-A", "", NOW, 0, None, (CoveredSource("dns.log", 5, NOW), CoveredSource("x", 0, None))
)

ROTATION = Rotation("edge-1", "OPERATOR-A", envelope.write_public(envelope.new_key().public_key()), NOW)


def test_a_tally_message_is_written_and_read() -> None:
    found = messages.read_tally(TALLY.write())
    assert found == TALLY
    assert found.tally().batch == "ab"


def test_a_heartbeat_is_written_and_read() -> None:
    assert messages.read_heartbeat(HEARTBEAT.write()) == HEARTBEAT


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"extra": 1},
        {"edge": ""},
        {"sequence": 0},
        {"sequence": True},
        {"revision": 0},
        {"release": 0},
        {"clock": "now"},
        {"tally": []},
        {"edge": "edge\x00"},
        {"tally": DOCUMENT | {"programs": [{"program": "a\x00"}]}},
    ],
)
def test_a_wrong_tally_message_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(messages.BadMessage):
        messages.read_tally(canonical.encode(canonical.decode(TALLY.write()) | change))


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": -1},
        {"sources": 1},
        {"sources": [1]},
        {"sources": [{"file": "x"}]},
        {"province": None},
        {"party": ""},
        {"party": "a\x00"},
    ],
)
def test_a_wrong_heartbeat_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(messages.BadMessage):
        messages.read_heartbeat(canonical.encode(canonical.decode(HEARTBEAT.write()) | change))


def test_a_rotation_is_written_and_read() -> None:
    assert messages.read_rotation(ROTATION.write()) == ROTATION


@pytest.mark.parametrize(
    "change", [{"edge": ""}, {"party": 1}, {"public_key": "no key"}, {"public_key": None}, {"clock": ""}, {"more": 1}]
)
def test_a_wrong_rotation_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(messages.BadMessage):
        messages.read_rotation(canonical.encode(canonical.decode(ROTATION.write()) | change))


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b'{"schema": 1}'])
def test_other_payloads_are_refused(payload: bytes) -> None:
    with pytest.raises(messages.BadMessage):
        messages.read_tally(payload)
    with pytest.raises(messages.BadMessage):
        messages.read_heartbeat(payload)
    with pytest.raises(messages.BadMessage):
        messages.read_rotation(payload)


@pytest.mark.parametrize("change", [{"batch": "cd"}, {"release": None}, {"window": "1h"}])
def test_a_message_and_its_tally_must_agree(change: dict[str, Any]) -> None:
    message = TallyMessage("edge-1", "OPERATOR-A", 3, "ab", 2, 7, NOW, DOCUMENT | change)
    with pytest.raises(messages.BadMessage):
        message.tally()

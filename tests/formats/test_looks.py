from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cleannet.formats import canonical, looks
from cleannet.formats.looks import Look, LookRequest, LookResult
from cleannet.formats.messages import BadMessage

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
REQUEST = LookRequest("a1", "edge-1", "op1", "RW-1-01", "url", "evil.example/x", NOW, NOW + timedelta(days=1))
RESULT = LookResult("a1", "edge-1", "op1", NOW, (Look("http", "own", "gone", {"status": 404, "way": ["a", "b"]}),))


def test_a_request_and_a_result_are_written_and_read() -> None:
    assert looks.read_request(REQUEST.write()) == REQUEST
    assert looks.read_result(RESULT.write()) == RESULT


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"extra": 1},
        {"id": ""},
        {"target": "x" * 2001},
        {"reach": "everything"},
        {"edge": 1},
        {"expires_at": "tomorrow"},
    ],
)
def test_what_is_no_request_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadMessage):
        looks.read_request(canonical.encode(canonical.decode(REQUEST.write()) | change))


LOOK = {"kind": "http", "vantage": "own", "verdict": "gone", "evidence": {}}


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"clock": None},
        {"looks": {}},
        {"looks": [LOOK] * 21},
        {"looks": ["gone"]},
        {"looks": [LOOK | {"kind": "guess"}]},
        {"looks": [LOOK | {"kind": []}]},
        {"looks": [LOOK | {"verdict": "verified"}]},
        {"looks": [LOOK | {"vantage": "x" * 201}]},
        {"looks": [LOOK | {"evidence": []}]},
        {"looks": [LOOK | {"evidence": {"x": "y" * 20_000}}]},
        {"looks": [LOOK | {"decides": True}]},
        {"looks": [LOOK | {"evidence": {"x": "a\x00"}}]},
    ],
)
def test_what_is_no_result_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadMessage):
        looks.read_result(canonical.encode(canonical.decode(RESULT.write()) | change))


@pytest.mark.parametrize("payload", [b"", b"[]", b"nonsense"])
def test_bytes_that_are_no_message_are_refused(payload: bytes) -> None:
    for read in (looks.read_request, looks.read_result):
        with pytest.raises(BadMessage):
            read(payload)

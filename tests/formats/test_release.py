from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cleannet.core.indicator import Indicator, parse
from cleannet.formats import canonical, envelope, release
from cleannet.formats.release import Release

KEY = envelope.new_key()
ID = envelope.key_id(KEY.public_key())
KEYS = {ID: KEY.public_key()}
NOW = datetime(2026, 11, 22, tzinfo=UTC)
ISSUED = Release(
    7,
    "CNCERT",
    "OPERATOR-A",
    NOW - timedelta(hours=1),
    NOW + timedelta(hours=1),
    "name",
    tuple(
        Indicator(parse(text), program, role, counts_as, "release 7 of CNCERT", line)
        for line, (text, program, role, counts_as) in enumerate(
            [
                ("198.51.100.7:443", "二号", "control", "infected"),
                ("evil.example", "A", "control", "infected"),
                ("evil.example", "B", "distribution", "exposed"),
            ],
            1,
        )
    ),
)
SIGNED = release.sign(ISSUED, KEY, ID)


def signed(**change: Any) -> bytes:
    data = canonical.decode(release.write(ISSUED)) | change
    return envelope.sign(canonical.encode(data), KEY, ID, "release")


def test_a_release_is_written_and_accepted() -> None:
    assert release.is_envelope(SIGNED)
    assert not release.is_envelope(b'{"type":"bundle"}')
    assert release.accept(SIGNED + b"\n", KEYS, NOW, 7) == ISSUED


def test_equal_indicators_are_written_once_and_in_order() -> None:
    shuffled = Release(
        7, "CNCERT", "OPERATOR-A", ISSUED.issued_at, ISSUED.expires_at, "name", ISSUED.indicators[::-1] * 2
    )
    assert release.write(shuffled) == release.write(ISSUED)


@pytest.mark.parametrize(
    ("data", "keys", "moment", "newest", "code"),
    [
        (SIGNED, {}, NOW, 0, "signature"),
        (SIGNED, {ID: envelope.new_key().public_key()}, NOW, 0, "signature"),
        (SIGNED.replace(b"evil", b"good"), KEYS, NOW, 0, "signature"),
        (envelope.sign(release.write(ISSUED), KEY, ID, "tally"), KEYS, NOW, 0, "signature"),
        (b"evil.example", KEYS, NOW, 0, "malformed"),
        (SIGNED, KEYS, NOW, 8, "lower_number"),
        (SIGNED, KEYS, ISSUED.expires_at, 0, "expired"),
        (SIGNED, KEYS, ISSUED.issued_at - timedelta(seconds=1), 0, "not_yet"),
        (signed(schema=2), KEYS, NOW, 0, "malformed"),
        (signed(number=0), KEYS, NOW, 0, "malformed"),
        (signed(number=True), KEYS, NOW, 0, "malformed"),
        (signed(unit="pair"), KEYS, NOW, 0, "malformed"),
        (signed(issuer=""), KEYS, NOW, 0, "malformed"),
        (signed(expires_at="tomorrow"), KEYS, NOW, 0, "malformed"),
        (signed(indicators=[{"pattern": "*.com"}]), KEYS, NOW, 0, "malformed"),
        (signed(indicators=["evil.example"]), KEYS, NOW, 0, "malformed"),
        (
            signed(indicators=[{"pattern": "com", "program": "A", "role": "control", "counts_as": "infected"}]),
            KEYS,
            NOW,
            0,
            "malformed",
        ),
        (
            signed(indicators=[{"pattern": "a.example", "program": "A", "role": "boss", "counts_as": "infected"}]),
            KEYS,
            NOW,
            0,
            "malformed",
        ),
    ],
)
def test_a_release_is_refused(data: bytes, keys: dict[str, Any], moment: datetime, newest: int, code: str) -> None:
    with pytest.raises(release.Rejected) as refused:
        release.accept(data, keys, moment, newest)
    assert refused.value.code == code
    assert str(refused.value)

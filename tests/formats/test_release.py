from dataclasses import replace
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
        Indicator(parse(text), program, role, counts_as, "android_a.txt", line)
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
ROW = {
    "pattern": "a.example",
    "program": "A",
    "role": "control",
    "counts_as": "infected",
    "source": "a.txt",
    "line": 1,
}


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
    assert release.accept(signed(indicators=[ROW]), KEYS, NOW).indicators[0].list == "a.txt"


def test_of_two_lists_that_name_an_indicator_the_first_is_kept() -> None:
    twice = [replace(ISSUED.indicators[1], list=name, line=line) for name, line in (("b", 1), ("a", 9), ("a", 2))]
    kept = release.accept(release.sign(replace(ISSUED, indicators=tuple(twice)), KEY, ID), KEYS, NOW).indicators
    assert [(found.list, found.line) for found in kept] == [("a", 2)]


def test_aliases_travel_with_the_release() -> None:
    named = replace(ISSUED, aliases={"A": "B", "C": "B"})
    assert release.accept(release.sign(named, KEY, ID), KEYS, NOW) == named


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
        (signed(aliases=["A"]), KEYS, NOW, 0, "malformed"),
        (signed(aliases={"A": ""}), KEYS, NOW, 0, "malformed"),
        (signed(aliases={"A": "B", "B": "C"}), KEYS, NOW, 0, "malformed"),
        (signed(indicators=[ROW | {"source": None}]), KEYS, NOW, 0, "malformed"),
        (signed(indicators=[ROW | {"line": -1}]), KEYS, NOW, 0, "malformed"),
        (signed(indicators=[ROW | {"pattern": "com"}]), KEYS, NOW, 0, "malformed"),
        (signed(indicators=[ROW | {"role": "boss"}]), KEYS, NOW, 0, "malformed"),
        (signed(issuer=""), KEYS, NOW, 0, "malformed"),
        (signed(expires_at="tomorrow"), KEYS, NOW, 0, "malformed"),
        (signed(indicators=[{"pattern": "*.com"}]), KEYS, NOW, 0, "malformed"),
        (signed(indicators=["evil.example"]), KEYS, NOW, 0, "malformed"),
    ],
)
def test_a_release_is_refused(data: bytes, keys: dict[str, Any], moment: datetime, newest: int, code: str) -> None:
    with pytest.raises(release.Rejected) as refused:
        release.accept(data, keys, moment, newest)
    assert refused.value.code == code
    assert str(refused.value)

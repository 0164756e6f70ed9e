from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.core.indicator import Indicator, parse
from cleannet.formats import canonical, delta, envelope, release
from cleannet.formats.release import Rejected, Release

KEY = envelope.new_key()
ID = envelope.key_id(KEY.public_key())
KEYS = {ID: KEY.public_key()}
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def issued(number: int, *names: str, **given: Any) -> bytes:
    found = tuple(
        Indicator(parse(name), "P", "control", "infected", "list.txt", line) for line, name in enumerate(names)
    )
    made = Release(number, "CNCERT", "operators", NOW, NOW + timedelta(hours=1), "name", found)
    return release.sign(replace(made, **given), KEY, ID)


ONE = issued(1, "a.example", "b.example", "c.example")
TWO = issued(2, "a.example", "x.example", "c.example", aliases={"Q": "P"}, unit="family")
WAY = delta.sign(ONE, TWO, KEY, ID)


def signed(**change: Any) -> bytes:
    way = canonical.decode(canonical.decode(WAY)["payload"].encode()) | change
    return envelope.sign(canonical.encode(way), KEY, ID, "delta")


def test_what_comes_out_is_the_later_release_to_the_byte() -> None:
    assert delta.is_envelope(WAY + b"\n")
    assert not delta.is_envelope(ONE)
    assert not delta.is_envelope(b"evil.example")
    assert delta.apply(WAY + b"\n", ONE, KEYS) == TWO
    way = canonical.decode(canonical.decode(WAY)["payload"].encode())
    assert [row["pattern"] for row in way["added"]] == ["x.example"]
    assert [row["pattern"] for row in way["removed"]] == ["b.example"]


NAMES = st.lists(st.sampled_from([f"{letter}.example" for letter in "abcdefgh"]), unique=True)


@given(NAMES, NAMES)
def test_every_way_leads_to_the_later_release(before: list[str], after: list[str]) -> None:
    base, later = issued(1, *before), issued(2, *after)
    assert delta.apply(delta.sign(base, later, KEY, ID), base, KEYS) == later


def test_a_delta_is_small() -> None:
    names = [f"n{number}.example" for number in range(10_000)]
    base, later = issued(1, *names), issued(2, *names[:-1], "new.example")
    way = delta.sign(base, later, KEY, ID)
    assert len(way) < 2_000 < 1_000_000 < len(later)
    assert delta.apply(way, base, KEYS) == later


@pytest.mark.parametrize(
    ("data", "keys", "code"),
    [
        (WAY, {}, "signature"),
        (WAY, {ID: envelope.new_key().public_key()}, "signature"),
        (WAY.replace(b"x.example", b"y.example"), KEYS, "signature"),
        (ONE, KEYS, "signature"),
        (b"{}", KEYS, "malformed"),
        (envelope.sign(b"[]", KEY, ID, "delta"), KEYS, "malformed"),
        (envelope.sign(b"{ }", KEY, ID, "delta"), KEYS, "malformed"),
        (signed(added=None), KEYS, "malformed"),
        (signed(removed=["b.example"]), KEYS, "malformed"),
        (signed(base_digest="0" * 64), KEYS, "base"),
        (signed(digest="0" * 64), KEYS, "base"),
        (signed(removed=[]), KEYS, "base"),
        (signed(number=3), KEYS, "base"),
        (delta.sign(issued(1, "a.example"), TWO, KEY, ID), KEYS, "base"),
    ],
)
def test_a_delta_is_refused(data: bytes, keys: dict[str, Any], code: str) -> None:
    with pytest.raises(Rejected) as refused:
        delta.apply(data, ONE, keys)
    assert refused.value.code == code


def test_a_release_whose_signature_does_not_fit_is_not_accepted() -> None:
    whole = delta.apply(signed(signature=canonical.decode(ONE)["signature"]), ONE, KEYS)
    with pytest.raises(Rejected, match="signature"):
        release.accept(whole, KEYS, NOW)

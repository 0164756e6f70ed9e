import datetime
import json
from collections.abc import Callable
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.formats import canonical

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-canonical.LARGEST, canonical.LARGEST) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, "清网"]}, '{"a":[true,null,"清网"],"b":1}'),
        ({}, "{}"),
        ((), "[]"),
        (MappingProxyType({"a": ()}), '{"a":[]}'),
        ('"\\\n\x01/', r'"\"\\\n\u0001/"'),
        (-0, "0"),
        ({"é": 1, "z": 2, "😀": 3, "｡": 4}, '{"z":2,"é":1,"｡":4,"😀":3}'),
    ],
)
def test_encode(value: object, text: str) -> None:
    assert canonical.encode(value) == text.encode()


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        ({"a": [1, 1.0]}, TypeError, r"float .*\$\.a\[1\]"),
        ({"a": datetime.datetime(2026, 1, 1)}, TypeError, r"datetime .*\$\.a"),
        ({1: "a"}, TypeError, "key must be text, not int"),
        ({"a": b""}, TypeError, "bytes"),
        ({"a": {1}}, TypeError, "set"),
        (2**53, ValueError, "out of range"),
        (-(2**53), ValueError, "out of range"),
        ("\ud800", ValueError, "surrogate"),
        ({"\udfff": 1}, ValueError, "surrogate"),
    ],
)
def test_encode_refuses(value: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        canonical.encode(value)


def test_encode_refuses_what_is_nested_too_deep() -> None:
    value: list[object] = []
    for _ in range(canonical.DEEPEST + 1):
        value = [value]
    with pytest.raises(ValueError, match="nested deeper"):
        canonical.encode(value)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b"1.0",
        b"1e3",
        b"NaN",
        b"Infinity",
        b"-0",
        b"01",
        b'"\\u00e9"',
        b'"\\/"',
        b'"\\ud800"',
        b"\xef\xbb\xbf1",
        b'"\xff"',
        b" 1",
        b"1\n",
        b"",
        b"9007199254740992",
        b"[" * 100_000,
    ],
)
def test_decode_refuses(data: bytes) -> None:
    with pytest.raises(canonical.NotCanonical):
        canonical.decode(data)


@given(VALUES)
def test_decode_gives_the_value_back(value: object) -> None:
    data = canonical.encode(value)
    assert canonical.decode(data) == value
    assert json.loads(data) == value


@given(VALUES, st.sampled_from([lambda v: json.dumps(v), lambda v: json.dumps(v, ensure_ascii=False, indent=1)]))
def test_decode_takes_no_other_form(value: object, other: Callable[[object], str]) -> None:
    data = other(value).encode()
    if data != canonical.encode(value):
        with pytest.raises(canonical.NotCanonical):
            canonical.decode(data)

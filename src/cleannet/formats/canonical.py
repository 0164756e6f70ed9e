"""Write and read the one exact JSON form of a value, so that the same value is the same bytes everywhere.

The form: UTF-8 without a byte-order mark, no white space, members sorted by key, text unescaped but for what RFC 8259
section 7 demands, whole numbers only and none beyond ±(2⁵³ − 1) (RFC 7493 section 2.2). There is no float: money is
integer fen and a moment is ISO 8601 text.
"""

import json
from collections.abc import Mapping
from typing import Any

LARGEST = 2**53 - 1
DEEPEST = 64


class NotCanonical(ValueError):
    """Say why bytes are not the canonical form of anything."""


def encode(value: object) -> bytes:
    """Return the canonical bytes of `value`: mappings with text keys, lists, tuples, text, integers, booleans and None.

    Raise TypeError, naming the path, for any other type (floats and datetimes included), and ValueError for an integer
    out of range, text that is not Unicode, or nesting deeper than 64.
    """
    _check(value, "$", 0)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=dict).encode()


def decode(data: bytes) -> Any:
    """Return the value whose canonical bytes are exactly `data`; raise NotCanonical when there is none."""
    try:
        value = json.loads(data.decode(), parse_float=_no_float, parse_constant=_no_float)
        again = encode(value)
    except (ValueError, RecursionError) as error:
        if isinstance(error, NotCanonical):
            raise
        raise NotCanonical(f"not canonical JSON: {error}") from error
    if again != data:
        at = next((i for i, (a, b) in enumerate(zip(again, data, strict=False)) if a != b), min(len(again), len(data)))
        raise NotCanonical(f"not canonical JSON: byte {at} differs from the one form of this value")
    return value


def _no_float(text: str) -> None:
    raise NotCanonical(f"not canonical JSON: {text} is not a whole number")


def _check(value: object, path: str, depth: int) -> None:
    if depth > DEEPEST:
        raise ValueError(f"nested deeper than {DEEPEST} at {path}")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, int):
        if not -LARGEST <= value <= LARGEST:
            raise ValueError(f"integer out of range at {path}")
    elif isinstance(value, Mapping):
        for key, member in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a key must be text, not {type(key).__name__}, at {path}")
            _check_text(key, path)
            _check(member, f"{path}.{key}", depth + 1)
    elif isinstance(value, list | tuple):
        for position, member in enumerate(value):
            _check(member, f"{path}[{position}]", depth + 1)
    else:
        raise TypeError(f"{type(value).__name__} has no canonical form, at {path}")


def _check_text(text: str, path: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"text with a lone surrogate at {path}") from None

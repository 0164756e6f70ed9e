"""What a text must not hold to be kept: neither databases nor UTF-8 take a NUL or half of a surrogate pair."""

import re
from collections.abc import Iterable

_NEVER = re.compile(r"[\x00\ud800-\udfff]")


def storable(value: object) -> bool:
    """Say whether every text in a value can be stored: a text, or lists and mappings of them, however deep."""
    left: list[object] = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            if _NEVER.search(one):
                return False
        elif isinstance(one, dict):
            left += [*one.keys(), *one.values()]
        elif isinstance(one, Iterable) and not isinstance(one, (bytes, bytearray)):
            left += one
    return True

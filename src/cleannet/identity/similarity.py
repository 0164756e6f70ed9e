"""Compare TLSH digests: how far one is from many others at once, as TLSH itself says (Oliver et al., 2013).

A digest is a checksum, the logarithm of the length, two ratios of quartiles, and 128 buckets of two bits. The distance
adds up how far each differs: the length and the ratios go around, and a step beyond the first counts twelve; a checksum
that differs counts one; a bucket as many as its steps, six for all three.
"""

import re
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

_DIGEST = re.compile(r"(?:T1)?([0-9A-Fa-f]{70})")
_LENGTHS, _RATIOS = 256, 16
# So many rows fit into a processor's cache with all that is made of them.
_AT_ONCE = 1 << 14
# What so many steps apart come to: of the logarithm of the length, and of a ratio.
_LENGTH = np.array([0, 1, *(12 * steps for steps in range(2, _LENGTHS // 2 + 1))], np.int64)
_RATIO = np.array([0, 1, *(12 * (steps - 1) for steps in range(2, _RATIOS // 2 + 1))], np.int64)
_WORDS = 4
# Three steps of a bucket count as six.
_MORE = np.uint8(3)
Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]
Distances = npt.NDArray[np.int64]


class NoDigest(ValueError):
    """Say that a text is no TLSH digest."""


class Digests:
    """Hold TLSH digests so that all of them are compared with another in one go: 69 bytes for each.

    Raises NoDigest for a text that is none; "" and TNULL stand for a sample that has none, and is far from all.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        raw = np.frombuffer(b"".join(map(_bytes, texts)), np.uint8).reshape(-1, 36)
        self._there = raw[:, 35] > 0
        swapped = (raw[:, :3] << np.uint8(4)) | (raw[:, :3] >> np.uint8(4))
        self._checksum, self._length = swapped[:, 0].copy(), swapped[:, 1].copy()
        self._first, self._second = swapped[:, 2] >> np.uint8(4), swapped[:, 2] & np.uint8(15)
        # One bit of each bucket says whether it is one or more, the next whether two or more; apart, whether three.
        body = np.ascontiguousarray(raw[:, 3:35])
        high, low = (body >> np.uint8(1)) & np.uint8(0x55), body & np.uint8(0x55)
        self._steps, self._three = _words(high | low | (high << np.uint8(1))), _words(high & low)

    def __len__(self) -> int:
        return len(self._there)

    def near(self, other: "Digests", place: int, until: int, most: int) -> tuple[int, int] | None:
        """Return which of the first `until` digests is nearest to that of `other` at `place`, and how far.

        Of several the last. None where none is at most `most` away.
        """
        if not other._there[place]:
            return None
        found = None
        for first in range(0, until, _AT_ONCE):
            rows = slice(first, min(first + _AT_ONCE, until))
            ahead = _LENGTH[_around(self._length[rows], other._length[place], _LENGTHS)]
            ahead += _RATIO[_around(self._first[rows], other._first[place], _RATIOS)]
            ahead += _RATIO[_around(self._second[rows], other._second[place], _RATIOS)]
            ahead += self._checksum[rows] != other._checksum[place]
            # Most are too far by these alone.
            few = np.flatnonzero((ahead <= most) & self._there[rows])
            if not len(few):
                continue
            distances = ahead[few] + self._body(first + few, other, place)
            least = int(distances.min())
            if least <= most:
                found, most = (first + int(few[np.flatnonzero(distances == least)[-1]]), least), least
        return found

    def _body(self, rows: npt.NDArray[np.intp], other: "Digests", place: int) -> Distances:
        distances = np.zeros(len(rows), np.int64)
        for word in range(_WORDS):
            steps = self._steps[word][rows] ^ other._steps[word][place]
            three = self._three[word][rows] ^ other._three[word][place]
            whole = steps & (steps >> np.uint64(1)) & three
            # A word holds 32 buckets: six for each is 192, which a byte holds.
            distances += np.bitwise_count(steps) + np.bitwise_count(three) + _MORE * np.bitwise_count(whole)
        return distances


def _words(body: Bytes) -> list[Words]:
    """Return the words of many rows, one array for the first of each, one for the second and so on."""
    words = np.ascontiguousarray(body).view(np.uint64)
    return [np.ascontiguousarray(words[:, word]) for word in range(_WORDS)]


def _around(values: Bytes, value: np.uint8, count: int) -> Bytes:
    """Return how many steps apart values are on a circle of so many, which is a power of two."""
    apart = (values - value) & np.uint8(count - 1)
    steps: Bytes = np.minimum(apart, (np.uint8(0) - apart) & np.uint8(count - 1))
    return steps


def _bytes(text: str) -> bytes:
    if text in ("", "TNULL"):
        return bytes(36)
    found = _DIGEST.fullmatch(text)
    if not found:
        raise NoDigest(f"{text[:80]!a} is no TLSH digest: T1 and 70 hexadecimal digits were expected")
    return bytes.fromhex(found[1]) + b"\1"

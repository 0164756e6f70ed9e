"""Match the hosts of many rows at once: compiled code over tables that lie in plain arrays.

Nearly every host is dismissed by its last two labels, taken as two words and looked up in a Bloom filter. Any other is
found by its longest listed suffix: the hash of every suffix comes out of one walk over its bytes from the right, a
second filter, of all suffixes of all listed names, ends the walk at the first label with which nothing listed goes on,
and a listed name is confirmed byte by byte. Addresses are read and looked up among disjoint ranges.

Whatever is not plainly written (a byte outside ASCII, white space, one colon) is answered with ASK, and stays with
the slow way: here nothing is normalised but case and one trailing dot.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba.cpython.unsafe import numbers

from cleannet.edge.hashing import FOLDER, PRIME, SEED, Bytes, Ints, Texts, Words, compiled, mixed, open_gate, passes
from cleannet.edge.ranges import (
    AN_ADDRESS,
    ASK,
    NO_ADDRESS,
    NONE,
    WITH_COLON,
    Ranges,
    colons,
    find_ipv4,
    find_ipv6,
    read_ipv4,
)

LONGEST = 253
# Brackets, white space and the first colon of an IPv6 address come within so many bytes.
_OPENING = 5
_T = TypeVar("_T", bound=np.generic)

# The count of zero bits before the first one; to a type checker it is no function of one argument.
_zeros = cast(Callable[[np.uint64], int], numbers.leading_zeros)
_ONE = np.uint64(1)
_DOTS, _SPACES = np.uint64(0x2E2E2E2E2E2E2E2E), np.uint64(0x2020202020202020)
_LOW, _HIGH, _TOP = np.uint64(0x7F7F7F7F7F7F7F7F), np.uint64(0x8080808080808080), np.uint64(1 << 63)
_DOT, _ZERO, _NINE = 46, 48, 57


def _folding() -> Bytes:
    fold = np.zeros(256, np.uint8)
    fold[0x21:0x7F] = np.arange(0x21, 0x7F)
    fold[ord("A") : ord("Z") + 1] += 32
    for byte in b":[]":
        fold[byte] = 0
    return fold


FOLD = _folding()


class Names(NamedTuple):
    """Hold the listed names: two Bloom filters before an open-addressing table, whose free slots have the hash 0.

    `endings` are the last two labels of each, `gate` all its suffixes. A slot leads to a name, which lies in `blob`
    from `starts` to `ends`. `exact` is the set to answer for the name itself, `below` for its true subdomains; both
    already hold what the names above it add.
    """

    endings: Words
    gate: Words
    hashes: Words
    slots: Ints
    blob: Bytes
    starts: Ints
    ends: Ints
    exact: Ints
    below: Ints


def is_compiled() -> bool:
    """Say whether the code compiled by an earlier run of the same sources is there."""
    return FOLDER is not None and any(FOLDER.glob(f"*/{Path(__file__).stem}._match-*.nbi"))


def match(hosts: Texts, names: Names, ranges: Ranges) -> Ints:
    """Return for each host the number of the set it meets, NONE, or ASK where it must be normalised first."""
    found = np.empty(len(hosts.starts), np.int32)
    hosts = Texts(_read_only(hosts.data), _read_only(hosts.starts), _read_only(hosts.ends))
    # A word begins at every byte, so that the eight bytes before any place are one load.
    words = np.ndarray(max(0, len(hosts.data) - 7), np.uint64, hosts.data, strides=(1,))
    _match(hosts, words, names, ranges, found)
    return found


def _read_only(array: npt.NDArray[_T]) -> npt.NDArray[_T]:
    """Return a view that nobody writes through: to numba a type of its own, so that one compiled form serves all."""
    view = array.view()
    view.flags.writeable = False
    return view


@compiled
def enter(blob: Bytes, starts: Ints, ends: Ints, endings: Words, gate: Words, hashes: Words, slots: Ints) -> None:
    """Enter folded names into the arrays of a table, all zero and each as long as a power of two."""
    last_slot = np.uint64(len(hashes) - 1)
    for name in range(len(starts)):
        upper, lower = np.uint64(0), np.uint64(0)
        for position in range(max(starts[name], ends[name] - 16), ends[name]):
            lower = (lower >> np.uint64(8)) | (upper << np.uint64(56))
            upper = (upper >> np.uint64(8)) | (np.uint64(blob[position]) << np.uint64(56))
        hashed = _ending(lower, upper, ends[name] - starts[name])
        if hashed != 0:
            open_gate(endings, hashed)
        running = SEED
        for position in range(ends[name] - 1, starts[name] - 1, -1):
            byte = blob[position]
            if byte == _DOT:
                open_gate(gate, mixed(running))
            running = (running ^ np.uint64(byte)) * PRIME
        hashed = mixed(running)
        open_gate(gate, hashed)
        slot = hashed & last_slot
        while hashes[slot] != 0:
            slot = (slot + _ONE) & last_slot
        hashes[slot] = hashed
        slots[slot] = name


@compiled
def _ending(lower: np.uint64, upper: np.uint64, length: int) -> np.uint64:
    """Return the hash of the last two labels of a name, or of its last 16 bytes where they are longer; 0 needs a look.

    The name ends in `upper`, before which comes `lower`. Case does not matter.
    """
    marks_lower, marks_upper = _dots(lower), _dots(upper)
    if length < 8:
        marks_upper |= _TOP >> np.uint64(8 * length)
    elif length < 16:
        marks_lower |= _TOP >> np.uint64(8 * (length - 8))
    if marks_upper != 0:
        first = int(_zeros(marks_upper))
        marks_upper ^= _TOP >> np.uint64(first)
    elif marks_lower != 0:
        first = int(_zeros(marks_lower)) + 64
        marks_lower ^= _TOP >> np.uint64(first - 64)
    else:
        return np.uint64(0)
    if marks_upper != 0:
        bits = int(_zeros(marks_upper))
    elif marks_lower != 0:
        bits = int(_zeros(marks_lower)) + 64
    else:
        bits = 128
    if first >= 8 * length or bits == 0:
        return np.uint64(0)
    if bits <= 64:
        lower = np.uint64(0)
        upper >>= np.uint64(64 - bits)
    else:
        lower >>= np.uint64(128 - bits)
    if (lower | upper) & _HIGH != 0:
        return np.uint64(0)
    return mixed((mixed((upper | _SPACES) * PRIME) ^ (lower | _SPACES)) * PRIME)


@compiled
def _dots(word: np.uint64) -> np.uint64:
    """Return a word with the top bit of each byte that is a dot."""
    other = word ^ _DOTS
    return ~(((other & _LOW) + _LOW) | other | _LOW)


@compiled
def _match(hosts: Texts, words: Words, names: Names, ranges: Ranges, found: Ints) -> None:
    data = hosts.data
    last_slot = np.uint64(len(names.hashes) - 1)
    for row in range(len(hosts.starts)):
        start, end = hosts.starts[row], hosts.ends[row]
        if end - start > LONGEST:
            found[row] = ASK
            continue
        if end > start and data[end - 1] == _DOT:
            end -= 1
        if end <= start:
            found[row] = NONE
            continue
        last = data[end - 1]
        answer = NONE
        if _ZERO <= last <= _NINE:
            written, address = read_ipv4(data, start, end)
            if written == AN_ADDRESS:
                found[row] = find_ipv4(address, ranges)
                continue
            if written == NO_ADDRESS:
                found[row] = NONE
                continue
            if written == WITH_COLON:
                found[row] = find_ipv6(data, start, end, ranges) if colons(data, start, end) > 1 else ASK
                continue
            if not _is_plain(data, start, end):
                found[row] = ASK
                continue
        elif last == _DOT:
            found[row] = ASK
            continue
        elif not _is_plain(data, start, min(end, start + _OPENING)):
            found[row] = find_ipv6(data, start, end, ranges) if colons(data, start, end) > 1 else ASK
            continue
        elif end >= 16 and 97 <= last | 32 <= 122:
            hashed = _ending(words[end - 16], words[end - 8], end - start)
            if hashed != 0 and not passes(names.endings, hashed):
                found[row] = NONE
                continue
        running = SEED
        labels = 0
        position = end
        while True:
            position -= 1
            byte = FOLD[data[position]] if position >= start else np.uint8(_DOT)
            if byte == 0:
                answer = ASK
                break
            if byte == _DOT:
                labels += 1
                if labels > 1:
                    hashed = mixed(running)
                    if not passes(names.gate, hashed):
                        break
                    slot = hashed & last_slot
                    while names.hashes[slot] != 0:
                        name = names.slots[slot]
                        if names.hashes[slot] == hashed and _same(data, position + 1, end, names, name):
                            answer = names.exact[name] if position < start else names.below[name]
                            break
                        slot = (slot + _ONE) & last_slot
                if position < start:
                    break
            running = (running ^ np.uint64(byte)) * PRIME
        found[row] = answer


@compiled
def _is_plain(data: Bytes, start: int, end: int) -> bool:
    plain = True
    for position in range(start, end):
        plain &= FOLD[data[position]] != 0
    return plain


@compiled
def _same(data: Bytes, start: int, end: int, names: Names, name: int) -> bool:
    at = names.starts[name]
    if end - start != names.ends[name] - at:
        return False
    same = True
    for offset in range(end - start):
        same &= FOLD[data[start + offset]] == names.blob[at + offset]
    return bool(same)

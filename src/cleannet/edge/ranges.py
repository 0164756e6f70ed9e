"""Read the addresses that texts write, and find them among disjoint ranges, by compiled code."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleannet.edge.hashing import Bytes, Ints, Words, compiled

NONE, ASK = -1, -2
AN_ADDRESS, NO_ADDRESS, WITH_COLON, NAME = 0, 1, 2, 3
_DOT, _COLON, _ZERO, _NINE = 46, 58, 48, 57
_HALF = np.uint64(32)


class Ranges(NamedTuple):
    """Hold the listed addresses as disjoint ranges in order, each with its set.

    IPv6 in two halves; of IPv4, `first[a]` to `first[a + 1]` are the ranges that begin with the 16 bits a.
    """

    first: Ints
    low: npt.NDArray[np.uint32]
    high: npt.NDArray[np.uint32]
    found: Ints
    low6: Words
    high6: Words
    found6: Ints


@compiled
def read_ipv4(data: Bytes, start: int, end: int) -> tuple[int, int]:
    """Say whether a text writes an address, digits and dots that are none (`1.2.3`), has a colon or is a name."""
    address, octet, digits, dots = 0, 0, 0, 0
    good, named = True, False
    for position in range(start, end):
        byte = data[position]
        if byte == _DOT:
            good &= digits > 0
            address = (address << 8) | octet
            octet, digits = 0, 0
            dots += 1
        elif _ZERO <= byte <= _NINE:
            good &= digits == 0 or octet > 0
            octet = min(octet * 10 + byte - _ZERO, 999)
            digits += 1
            good &= octet < 256
        elif byte == _COLON:
            return WITH_COLON, 0
        else:
            named = True
    if named:
        return NAME, 0
    if good and dots == 3 and digits > 0:
        return AN_ADDRESS, ((address << 8) | octet) & 0xFFFFFFFF
    return NO_ADDRESS, 0


@compiled
def find_ipv4(address: int, ranges: Ranges) -> int:
    """Return the set of an IPv4 address, or NONE."""
    left, right = ranges.first[address >> 16], ranges.first[(address >> 16) + 1]
    while left < right:
        middle = (left + right) >> 1
        if address > ranges.high[middle]:
            left = middle + 1
        elif address < ranges.low[middle]:
            right = middle
        else:
            return int(ranges.found[middle])
    return NONE


@compiled
def colons(data: Bytes, start: int, end: int) -> int:
    """Count the colons of a text."""
    count = 0
    for position in range(start, end):
        count += data[position] == _COLON
    return count


@compiled
def find_ipv6(data: Bytes, start: int, end: int, ranges: Ranges) -> int:
    """Return the set of an IPv6 address; ASK for one with a zone, brackets or an IPv4 address in it, or for none."""
    groups = np.zeros(8, np.uint64)
    count, gap, digits = 0, -1, 0
    value = np.uint64(0)
    position = start
    if data[start] == _COLON:
        if end - start < 2 or data[start + 1] != _COLON:
            return ASK
        gap = 0
        position = start + 2
    while position < end:
        byte = data[position]
        letter = byte | 32
        if _ZERO <= byte <= _NINE:
            value = (value << np.uint64(4)) | np.uint64(byte - _ZERO)
            digits += 1
        elif 97 <= letter <= 102:
            value = (value << np.uint64(4)) | np.uint64(letter - 87)
            digits += 1
        elif byte == _COLON and digits > 0 and count < 7:
            groups[count] = value
            count += 1
            value, digits = np.uint64(0), 0
            if position + 1 == end:
                return ASK
            if data[position + 1] == _COLON:
                if gap >= 0:
                    return ASK
                gap = count
                position += 1
        else:
            return ASK
        if digits > 4:
            return ASK
        position += 1
    if digits > 0:
        if count > 7:
            return ASK
        groups[count] = value
        count += 1
    if (gap < 0 and count != 8) or (gap >= 0 and count > 7):
        return ASK
    upper, lower = np.uint64(0), np.uint64(0)
    for index in range(8):
        source = index
        if gap >= 0 and index >= gap:
            source = -1 if index < gap + 8 - count else index - (8 - count)
        group = groups[source] if source >= 0 else np.uint64(0)
        if index < 4:
            upper = (upper << np.uint64(16)) | group
        else:
            lower = (lower << np.uint64(16)) | group
    if upper == 0 and lower >> _HALF == np.uint64(0xFFFF):
        return ASK
    left, right = 0, len(ranges.found6)
    while left < right:
        middle = (left + right) >> 1
        low, high = 2 * middle, 2 * middle + 1
        if upper > ranges.high6[low] or (upper == ranges.high6[low] and lower > ranges.high6[high]):
            left = middle + 1
        elif upper < ranges.low6[low] or (upper == ranges.low6[low] and lower < ranges.low6[high]):
            right = middle
        else:
            return int(ranges.found6[middle])
    return NONE

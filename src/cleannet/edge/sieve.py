"""Settle in bulk the rows in which nothing is found and nothing is odd, and hand over the others.

A log is nearly all rows of that kind. What is handed over is read row by row and matched by `matching.Index`, so that
the account of a log and its matches do not depend on which way a row took.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleannet.edge.days import DAY, day_of, start_of
from cleannet.edge.hashing import PRIME, SEED, Bytes, Ints, Texts, Words, compiled, mixed, open_gate, passes
from cleannet.edge.kernel import match
from cleannet.edge.matching import Watched
from cleannet.edge.plain import Moments
from cleannet.edge.ranges import ASK
from cleannet.edge.rows import Source
from cleannet.edge.table import Table, texts_of

_BITS_A_SEGMENT = 32


class Batch(NamedTuple):
    """Hold the columns of some rows: when (microseconds since the epoch), where to, and which rows are `odd`."""

    at: Moments
    odd: Bytes
    host: Texts | None = None
    address: Texts | None = None
    uri: Texts | None = None


Rest = Callable[[Batch, Source], npt.NDArray[np.intp]]


class Sieve:
    """Hold a watchlist so that many rows are looked at together."""

    def __init__(self, watched: Iterable[Watched]) -> None:
        table = Table(watched)
        self._names, self._ranges = table.names, table.ranges
        self._segments = _gate_of(table.segments)

    def rest(self, batch: Batch, source: Source) -> npt.NDArray[np.intp]:
        """Account for the rows that are settled, and return the numbers of the others, in order."""
        at, odd = batch.at, batch.odd
        hit = np.zeros(len(at), np.uint8)
        host, places = batch.host, [batch.address] if batch.address is not None else []
        if batch.uri is not None:
            inside = Texts(batch.uri.data, np.zeros_like(batch.uri.starts), np.zeros_like(batch.uri.ends))
            _authorities(*batch.uri, inside.starts, inside.ends, self._segments, hit, odd)
            places.append(inside)
            if host is not None:
                # An absolute URI names its host itself, whatever stands in the column.
                host = host._replace(ends=np.where(inside.starts < inside.ends, host.starts, host.ends))
        if host is not None:
            places.append(host)
        empty = np.ones(len(at), bool)
        for texts in places:
            empty &= texts.starts == texts.ends
            answers = match(texts, self._names, self._ranges)
            hit |= answers >= 0
            odd |= answers == ASK
        late = at < source.earliest if source.earliest is not None else np.zeros(len(at), bool)
        rest = odd.astype(bool) | empty | (at < 0) | (at > source.latest) | (hit.astype(bool) & ~late)
        source.settle(
            len(at) - int(rest.sum()),
            int((late & ~rest).sum()),
            *_when(at[~rest & ~late]),
        )
        return np.flatnonzero(rest)


def _when(at: Moments) -> tuple[tuple[int, int] | None, dict[int, int]]:
    """Return the first and the last of some moments, and how many lie in each day."""
    if not len(at):
        return None, {}
    first, last = int(at.min()), int(at.max())
    day = day_of(first)
    if day == day_of(last):
        return (first, last), {day: len(at)}
    rows = np.bincount((at - start_of(day)) // DAY)
    return (first, last), {day + after: int(rows[after]) for after in np.flatnonzero(rows).tolist()}


def _gate_of(segments: Iterable[str]) -> Words:
    """Return a Bloom filter of the first segments of paths, of length 0 where there are none."""
    texts = texts_of(segments)
    if not len(texts.starts):
        return np.zeros(0, np.uint64)
    gate = np.zeros(1 << (_BITS_A_SEGMENT * len(texts.starts) // 64).bit_length(), np.uint64)
    _enter(*texts, gate)
    return gate


@compiled
def _enter(data: Bytes, starts: Ints, ends: Ints, gate: Words) -> None:
    for row in range(len(starts)):
        running = SEED
        for position in range(starts[row], ends[row]):
            running = (running ^ np.uint64(data[position])) * PRIME
        open_gate(gate, mixed(running))


@compiled
def _authorities(
    data: Bytes,
    starts: Ints,
    ends: Ints,
    host_starts: Ints,
    host_ends: Ints,
    segments: Words,
    hit: Bytes,
    odd: Bytes,
) -> None:
    """Find the host in each absolute URI, and mark as hit what may begin with one of the segments."""
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        if start == end:
            continue
        if not 0x20 < data[start] < 0x7F:
            odd[row] = 1
            continue
        if data[start] != 47:
            start = _after_scheme(data, start, end)
            if start < 0:
                continue
            authority = start
            colon = -1
            while start < end and data[start] not in (35, 47, 63):
                byte = data[start]
                if byte == 58 and colon < 0:
                    colon = start
                elif byte == 64 or byte == 91 or byte == 58 or (colon >= 0 and not 48 <= byte <= 57):
                    odd[row] = 1
                start += 1
            host_starts[row] = authority
            host_ends[row] = start if colon < 0 else colon
            if colon == authority:
                odd[row] = 1
        if len(segments):
            hit[row] |= np.uint8(_may_begin(data, start, end, segments))


@compiled
def _after_scheme(data: Bytes, start: int, end: int) -> int:
    """Return where the authority of an http or https URI begins, or -1."""
    if end - start < 7 or data[start] | 32 != 104 or data[start + 1] | 32 != 116:
        return -1
    if data[start + 2] | 32 != 116 or data[start + 3] | 32 != 112:
        return -1
    start += 5 if data[start + 4] | 32 == 115 else 4
    if end - start < 3 or data[start] != 58 or data[start + 1] != 47 or data[start + 2] != 47:
        return -1
    return start + 3


@compiled
def _may_begin(data: Bytes, start: int, end: int, segments: Words) -> bool:
    """Say whether a target may begin with one of the segments once it is in normal form."""
    running = SEED
    slashes = 0
    ended = False
    for position in range(start, end):
        byte = data[position]
        if byte == 63 or byte == 35:
            break
        if byte == 37 or not 0x20 < byte < 0x7F:
            return True
        if byte == 47:
            slashes += 1
            if position + 1 < end and data[position + 1] == 46:
                return True
        elif byte == 38 or byte == 59:
            ended = True
        elif slashes == 1 and not ended:
            running = (running ^ np.uint64(byte)) * PRIME
    return passes(segments, mixed(running))

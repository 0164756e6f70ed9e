"""Hold who was in contact with what, and when, as disjoint spans of time in arrays that merge.

A subscriber seen at t counts during [t, t + 24 h) (core.tally). One span takes 36 bytes. Spans lie in the order of a
hash: what belongs together is found by sorting hashes that bear their places in the low bits, which is many times
faster than sorting places by hashes.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleannet.core.tally import WINDOW

Words = npt.NDArray[np.uint64]
Moments = npt.NDArray[np.int64]
Counters = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]
# So many rows are ordered at a time: they fit into a processor's cache.
AT_ONCE = 1 << 17
# Of one span.
BYTES = 36
_WORD, _WIDTH = 64, 16
_PRIME, _HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(32)


class Spans(NamedTuple):
    """Hold spans [start, end) in microseconds; `upper` and `lower` are the 16 bytes of a subscriber.

    Those of one counter and subscriber are disjoint, do not touch, and lie side by side in the order of time.
    """

    counter: Counters
    upper: Words
    lower: Words
    start: Moments
    end: Moments

    def at(self, rows: slice | Places) -> "Spans":
        """Return some of the spans."""
        return Spans(self.counter[rows], self.upper[rows], self.lower[rows], self.start[rows], self.end[rows])


_NO_WORDS, _NO_MOMENTS = np.empty(0, np.uint64), np.empty(0, np.int64)
NO_SPANS = Spans(np.empty(0, np.int32), _NO_WORDS, _NO_WORDS, _NO_MOMENTS, _NO_MOMENTS)


def to_bytes(spans: Spans) -> bytes:
    """Return spans as bytes that any machine can read."""
    words = (column.astype("<u8", copy=False).tobytes() for column in (spans.upper, spans.lower))
    moments = (column.astype("<i8", copy=False).tobytes() for column in (spans.start, spans.end))
    return b"".join((*words, *moments, spans.counter.astype("<i4", copy=False).tobytes()))


def from_bytes(data: bytes) -> Spans:
    """Return the spans that `to_bytes` wrote."""
    count = len(data) // BYTES
    upper, lower = (np.frombuffer(data, "<u8", count, 8 * count * place) for place in (0, 1))
    start, end = (np.frombuffer(data, "<i8", count, 8 * count * place) for place in (2, 3))
    return Spans(np.frombuffer(data, "<i4", count, 32 * count), upper, lower, start, end)


def sightings(counter: Counters, subscribers: bytes | bytearray, at: Moments) -> Spans:
    """Return the spans of sightings in whatever order; `subscribers` are 16 bytes each, as even as a cipher's."""
    words = np.frombuffer(subscribers, "<u8").reshape(-1, 2)
    return _from_any(Spans(counter, words[:, 0].copy(), words[:, 1].copy(), at, at + WINDOW))


def subscribers(spans: Spans, counters: Sequence[int]) -> set[bytes]:
    """Return the subscribers, 16 bytes each, that have a span for one of the counters."""
    rows = np.flatnonzero(heads(spans) & np.isin(spans.counter, counters))
    words = np.column_stack((spans.upper[rows], spans.lower[rows])).astype("<u8").tobytes()
    return {words[at : at + _WIDTH] for at in range(0, len(words), _WIDTH)}


def with_subscribers(spans: Spans, change: Callable[[bytes], bytes]) -> Spans:
    """Return the spans with their subscribers changed; `change` takes and gives the 16 bytes of each, in a row."""
    words = np.frombuffer(change(np.column_stack((spans.upper, spans.lower)).astype("<u8").tobytes()), "<u8")
    return _from_any(spans._replace(upper=words[0::2].copy(), lower=words[1::2].copy()))


def regrouped(spans: Spans, counters: Counters) -> Spans:
    """Return the spans with `counters[c]` in place of each counter c; where several become one, their union."""
    return _from_any(spans._replace(counter=counters[spans.counter]))


def union(parts: Sequence[Spans]) -> Spans:
    """Return the union of spans."""
    parts = [part for part in parts if len(part.start)]
    if len(parts) < 2:
        return parts[0] if parts else NO_SPANS
    hashes = [_hashes(part) for part in parts]
    bits = (sum(map(len, hashes)) // AT_ONCE).bit_length()
    bounds = np.arange(1, 1 << bits, dtype=np.uint64) << np.uint64(_WORD - bits) if bits else np.empty(0, np.uint64)
    cuts = [[0, *np.searchsorted(own, bounds).tolist(), len(own)] for own in hashes]
    pieces = []
    for number in range(1 << bits):
        ranges = [slice(cut[number], cut[number + 1]) for cut in cuts]
        piece = _joined([part.at(rows) for part, rows in zip(parts, ranges, strict=True)])
        pieces.append(_united(piece, np.concatenate([own[rows] for own, rows in zip(hashes, ranges, strict=True)])))
    return _joined(pieces)


def heads(spans: Spans) -> Flags:
    """Say of each span whether it is the first of its counter and subscriber."""
    heads = np.ones(len(spans.start), bool)
    heads[1:] = spans.upper[1:] != spans.upper[:-1]
    heads[1:] |= spans.lower[1:] != spans.lower[:-1]
    heads[1:] |= spans.counter[1:] != spans.counter[:-1]
    return heads


def within(spans: Spans, start: int, end: int) -> Spans:
    """Return the part of spans that lies in [start, end)."""
    rows = np.flatnonzero((spans.start < end) & (spans.end > start))
    return spans.at(rows)._replace(start=np.maximum(spans.start[rows], start), end=np.minimum(spans.end[rows], end))


def _from_any(spans: Spans) -> Spans:
    """Return as spans what lies in no order and may overlap."""
    every = (spans.at(slice(at, at + AT_ONCE)) for at in range(0, len(spans.start), AT_ONCE))
    return union([_united(piece, _hashes(piece)) for piece in every])


def _hashes(spans: Spans) -> Words:
    mixed = spans.counter.astype(np.uint64) * _PRIME
    hashes: Words = spans.upper ^ mixed ^ (mixed >> _HALF)
    return hashes


def _united(spans: Spans, hashes: Words) -> Spans:
    """Return the union of rows, in the order of their hashes."""
    if not len(hashes):
        return NO_SPANS
    spans = _ordered(spans, hashes)
    first = heads(spans)
    reach = _reach(spans.end, first)
    begins = first
    begins[1:] |= spans.start[1:] > reach[:-1]
    kept = np.flatnonzero(begins)
    ends = reach[np.append(kept[1:], len(reach)) - 1]
    return spans.at(kept)._replace(end=ends)


def _ordered(spans: Spans, hashes: Words) -> Spans:
    """Return the rows in the order of their hashes, those of one counter and subscriber by their start."""
    # What all hashes share at their top would be wasted on the few bits there are.
    shared = np.uint64(_WORD - int(np.bitwise_or.reduce(hashes ^ hashes[0])).bit_length())
    places = max(1, (len(hashes) - 1).bit_length())
    low = np.uint64((1 << places) - 1)
    keys = (hashes << min(shared, np.uint64(_WORD - 1)) & ~low) | np.arange(len(hashes), dtype=np.uint64)
    keys.sort()
    order = (keys & low).view(np.intp)
    ordered = spans.at(order)
    first = heads(ordered)[1:]
    keys &= ~low
    met = first & np.equal(keys[1:], keys[:-1])
    if met.any():
        # Two that are different met in the bits that were left of their hashes.
        rows = np.flatnonzero(np.isin(keys, keys[1:][met]))
        mixed = ordered.at(rows)
        order[rows] = order[rows][np.lexsort((mixed.start, mixed.lower, mixed.upper, mixed.counter, keys[rows]))]
        ordered = spans.at(order)
        first = heads(ordered)[1:]
    if (~first & (ordered.start[1:] < ordered.start[:-1])).any():
        ordered = ordered.at(np.lexsort((ordered.start, np.cumsum(np.append(0, first)))))
    return ordered


def _reach(ends: Moments, first: Flags) -> Moments:
    """Return for each row the latest end so far, beginning anew at each that is `first`."""
    if not (~first[1:] & (ends[1:] < ends[:-1])).any():
        return ends
    base = ends.min()
    bits = int(ends.max() - base).bit_length()
    group = np.cumsum(first, dtype=np.intp)
    reach = np.empty_like(ends)
    # A group's number before the bits of its ends: so many groups at a time as there is room for.
    for piece in _pieces(group, 1 << (_WORD - 1 - bits)):
        above = (group[piece] - group[piece.start]) << bits
        reach[piece] = np.maximum.accumulate(above | (ends[piece] - base)) - above + base
    return reach


def _pieces(group: Places, most: int) -> list[slice]:
    """Cut rows, whose groups are numbered in order from 1, into pieces of at most so many groups."""
    cuts = np.searchsorted(group, np.arange(1, int(group[-1]) + 1, most)).tolist()
    return [slice(start, end) for start, end in zip(cuts, [*cuts[1:], len(group)], strict=True)]


def _joined(parts: Sequence[Spans]) -> Spans:
    return Spans(
        np.concatenate([part.counter for part in parts]),
        np.concatenate([part.upper for part in parts]),
        np.concatenate([part.lower for part in parts]),
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.end for part in parts]),
    )

"""Counting distinct subscribers in any 24 hours from matches in arrays, as the edge does it, beside the plain way."""

import random
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from statistics import median
from time import process_time

import numpy as np

from cleannet.core.tally import WINDOW
from cleannet.edge.running import counts
from cleannet.edge.spans import AT_ONCE, Counters, Moments, Spans, heads, sightings, union

ROWS, PROGRAMS, PAIRS, HOURS = 10_000_000, 2_500, 3_000_000, 36
THRESHOLDS = (1_000, 10_000, 100_000)
PLAIN_ROWS = 400_000
BYTES_A_SPAN = sum(column.itemsize for column in sightings(np.zeros(1, np.int32), bytes(16), np.zeros(1, np.int64)))


def plain_maximum(rows: Iterable[tuple[int, bytes]]) -> int:
    """Return the greatest number of distinct subscribers within any 24 hours, and nothing else."""
    window: deque[tuple[int, bytes]] = deque()
    inside: Counter[bytes] = Counter()
    maximum = 0
    for at, subscriber in sorted(rows):
        while window and window[0][0] <= at - WINDOW:
            _, gone = window.popleft()
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
        window.append((at, subscriber))
        inside[subscriber] += 1
        maximum = max(maximum, len(inside))
    return maximum


def spans_of(counter: Counters, who: bytes, at: Moments) -> Spans:
    pieces = (slice(start, start + AT_ONCE) for start in range(0, len(at), AT_ONCE))
    return union([sightings(counter[rows], who[16 * rows.start : 16 * rows.stop], at[rows]) for rows in pieces])


def generated(rows: int) -> tuple[Counters, bytes, Moments]:
    """Return matches in the order of time; few programs have most subscribers, who come three times on average."""
    chosen = np.random.default_rng(545)
    program = np.minimum(chosen.pareto(0.8, PAIRS) * 3, PROGRAMS - 1).astype(np.int32)
    subscribers = np.frombuffer(chosen.bytes(16 * PAIRS), np.uint8).reshape(-1, 16)
    pair = chosen.integers(0, PAIRS, rows)
    return program[pair], subscribers[pair].tobytes(), np.sort(chosen.integers(0, HOURS * WINDOW // 24, rows))


def measure(rows: int = ROWS, rounds: int = 5) -> Mapping[str, float]:
    """Return CPU seconds, and bytes of each program's subscriber; a part is counted the plain way too, and agrees."""
    counter, who, at = generated(rows)
    spent = []
    for _ in range(rounds):
        began = process_time()
        spans = spans_of(counter, who, at)
        found = counts(spans, THRESHOLDS)
        spent.append(process_time() - began)
    busiest = max(found, key=lambda program: found[program].maximum)
    places = np.flatnonzero(counter == busiest)[:PLAIN_ROWS]
    own = b"".join(who[16 * place : 16 * place + 16] for place in places.tolist())
    began = process_time()
    exact = counts(spans_of(counter[places], own, at[places]))[busiest].maximum
    exactly = process_time() - began
    shuffled = [(moment, own[16 * n : 16 * n + 16]) for n, moment in enumerate(at[places].tolist())]
    random.Random(545).shuffle(shuffled)
    began = process_time()
    plain = plain_maximum(shuffled)
    plainly = process_time() - began
    if plain != exact:
        raise AssertionError(f"the two ways differ: {plain} and {exact}")
    return {
        "cpu_s": median(spent),
        "programs": len(found),
        "subscribers": int(heads(spans).sum()),
        "greatest": found[busiest].maximum,
        "bytes_a_subscriber": len(spans.start) * BYTES_A_SPAN / int(heads(spans).sum()),
        "ratio_to_plain": exactly / plainly,
    }

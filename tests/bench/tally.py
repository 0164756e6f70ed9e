"""Counting distinct subscribers in any 24 hours, beside the plain way: sort the rows and slide a window over them."""

import random
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from time import process_time

from cleannet.core.tally import WINDOW, Contacts

SIGHTINGS, SUBSCRIBERS, HOURS = 400_000, 60_000, 36
Sighting = tuple[int, bytes]


def plain_maximum(sightings: Iterable[Sighting]) -> int:
    """Return the greatest number of distinct subscribers within any 24 hours, and nothing else."""
    window: deque[Sighting] = deque()
    inside: Counter[bytes] = Counter()
    maximum = 0
    for at, subscriber in sorted(sightings):
        while window and window[0][0] <= at - WINDOW:
            _, gone = window.popleft()
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
        window.append((at, subscriber))
        inside[subscriber] += 1
        maximum = max(maximum, len(inside))
    return maximum


def exact_maximum(sightings: Iterable[Sighting]) -> int:
    contacts = Contacts()
    for at, subscriber in sightings:
        contacts.add(subscriber, at)
    return contacts.count((10_000, 50_000)).maximum


def measure() -> Mapping[str, float]:
    """Return CPU microseconds per sighting of both, and their ratio; the answers must be the same."""
    chosen = random.Random(545)
    names = [number.to_bytes(16, "big") for number in range(SUBSCRIBERS)]
    span = HOURS * WINDOW // 24
    sightings = [(chosen.randrange(span), chosen.choice(names)) for _ in range(SIGHTINGS)]
    spent = {"exact": float("inf"), "plain": float("inf")}
    answers = set()
    for _ in range(3):
        for name, count in (("exact", exact_maximum), ("plain", plain_maximum)):
            began = process_time()
            answers.add(count(sightings))
            spent[name] = min(spent[name], process_time() - began)
    if len(answers) != 1:
        raise AssertionError(f"the two ways differ: {answers}")
    return {
        "exact_us_per_sighting": spent["exact"] / SIGHTINGS * 1e6,
        "plain_us_per_sighting": spent["plain"] / SIGHTINGS * 1e6,
        "ratio_to_plain": spent["exact"] / spent["plain"],
    }

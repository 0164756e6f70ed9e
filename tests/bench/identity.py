"""Finding the nearest of a million TLSH digests, as the identification of samples does."""

import time
from collections.abc import Mapping
from statistics import median

import numpy as np

from cleannet.identity.cascade import NEAR
from cleannet.identity.similarity import Digests


def measure(rows: int = 1_000_000, rounds: int = 50) -> Mapping[str, float]:
    """Return the seconds of a look-up in so many digests, made at random.

    `worst_s` is of digests whose heads are all the same, so that none is left out by its head alone.
    """
    chosen = np.random.default_rng(545)
    figures: dict[str, float] = {"digests": rows}
    for name, alike in (("look_up_s", False), ("worst_s", True)):
        raw = chosen.integers(0, 256, (rows, 35), np.uint8)
        raw[:, 1] = chosen.integers(0x40, 0xA0, rows)
        if alike:
            raw[:, :3] = raw[0, :3]
        began = time.perf_counter()
        library = Digests(f"T1{one.tobytes().hex()}" for one in raw)
        figures["build_s"] = time.perf_counter() - began
        spent = []
        for place in chosen.integers(0, rows, rounds).tolist():
            asked = Digests([f"T1{raw[place].tobytes().hex()}"])
            began = time.perf_counter()
            if library.near(asked, 0, rows, NEAR) != (place, 0):
                raise AssertionError("the digest itself was not found")
            spent.append(time.perf_counter() - began)
        figures[name] = median(spent)
    return figures

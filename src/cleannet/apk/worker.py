"""Be the process in the jail: read the sample from standard input, take it apart, write each part as a line of JSON.

A line before each part says that it begins, so that whoever reads knows which part ended the process. A part that takes
too long is stopped and the next one begins. The lines: {"sample", "name", "begins"} and {"sample", "part", "fields",
"not_read"}; sample 0 is the file, the others are packages inside it.
"""

import gc
import json
import logging
import signal
import sys
from collections.abc import Callable, Collection, Mapping
from functools import partial
from types import FrameType
from typing import Any

from cleannet.apk import addresses, assessing, behaviours, packers
from cleannet.apk.broken import BROKEN, TookTooLong
from cleannet.apk.sample import Sample
from cleannet.core.indicator import public_suffixes, registry_suffixes

AGAIN = 0.5
Say = Callable[[Mapping[str, Any]], None]


def main(options: Mapping[str, Any]) -> None:
    """Read the sample and write its parts; `options`: `password`, `skip` (pairs of sample and part), `seconds`."""
    prepare()
    data = sys.stdin.buffer.read()
    skip = {(int(number), str(part)) for number, part in options["skip"]}
    take_apart(data, str(options["password"]).encode(), skip, float(options["seconds"]), _write)
    sys.stdout.flush()


def prepare() -> None:
    """Load every table that parts use, and listen for the alarm of parts that take too long."""
    gc.disable()
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGVTALRM, _stop)
    addresses.rules()
    behaviours.wanted()
    packers.known()
    public_suffixes()
    registry_suffixes()


def take_apart(data: bytes, password: bytes, skip: Collection[tuple[int, str]], seconds: float, say: Say) -> None:
    """Take a sample apart, and the packages in it where it is an archive of some; tell each part to `say`."""
    sample = Sample(data, password)
    _parts(sample, 0, "", skip, seconds, say)
    found: list[tuple[str, bytes]] = []
    if (0, "inside") not in skip:
        say({"sample": 0, "name": "", "begins": "inside"})
        _timed(partial(_gather, sample, found), sample, seconds)
        say({"sample": 0, "part": "inside", "fields": {}, "not_read": sample.not_read})
    for number, (name, inner) in enumerate(found, 1):
        _parts(Sample(inner), number, name, skip, seconds, say)


def _gather(sample: Sample, found: list[tuple[str, bytes]]) -> assessing.Fields:
    found += assessing.inside(sample)
    return {}


def _parts(sample: Sample, number: int, name: str, skip: Collection[tuple[int, str]], seconds: float, say: Say) -> None:
    for part, read in assessing.PARTS.items():
        if (number, part) in skip:
            continue
        say({"sample": number, "name": name, "begins": part})
        fields = _timed(partial(read, sample), sample, seconds)
        say({"sample": number, "part": part, "fields": fields, "not_read": sample.not_read})
        sample.not_read = []


def _timed(read: Callable[[], assessing.Fields], sample: Sample, seconds: float) -> assessing.Fields:
    """Return what a part says, or nothing, with the reason on record, where it breaks or takes too long."""
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, AGAIN)
        try:
            return read()
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    except TookTooLong:
        sample.not_read.append(f"it took more than {seconds:g} s of work")
    except BROKEN as error:
        sample.not_read.append(f"{type(error).__name__}: {str(error)[:300]}")
    return {}


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise TookTooLong


def _write(line: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()

"""Run the lanes until told to stop. Any number of these may run: leases and unique keys keep the work single."""

import os
import signal
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from django.db import close_old_connections, connection

from cleannet.hub.jobs.lanes import LANES, Lane
from cleannet.hub.ledger import beats

log = structlog.get_logger("cleannet.tick")
LONGEST_REST = 15.0
LOOKS_FOR_PARENT = 1.0
LEAST_BETWEEN_NOTES = 1.0


def come_round(lane: Lane, *, quietly: bool = False) -> int | None:
    """Do what is ready in one lane and note that it came round; return how much it did, None when either failed.

    `quietly` leaves it unnoted that nothing was to be done.
    """
    failure, done = "", None
    try:
        done = lane.work(datetime.now(UTC))
    except Exception as error:
        log.error("lane_failed", lane=lane.name, exc_info=error)
        # Whoever asks whether the hub is ready reads this; the log alone tells names and addresses.
        failure = type(error).__name__
    if quietly and done == 0:
        return done
    try:
        beats.note(lane.name, now=datetime.now(UTC), failure=failure)
    except Exception as error:
        log.error("beat_not_noted", lane=lane.name, exc_info=error)
        return None
    return done


def once(lanes: Sequence[Lane] = LANES) -> int:
    """Let every lane come round until it finds nothing more; return how many failed."""
    beats.expect([lane.name for lane in lanes], now=datetime.now(UTC))
    failed = 0
    for lane in lanes:
        while done := come_round(lane):
            log.info("lane_done", lane=lane.name, done=done)
        failed += done is None
    return failed


def run(stop: threading.Event, lanes: Sequence[Lane] = LANES) -> bool:
    """Let every lane come round in a thread of its own until `stop` is set; return whether each lasted until then.

    A lane that ends before its time ends the others too, so that the process ends and is started again.
    """
    beats.expect([lane.name for lane in lanes], now=datetime.now(UTC))
    lost: list[str] = []
    threads = [threading.Thread(target=_follow, args=(lane, stop, lost), name=lane.name) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return not lost


def until_told(*, with_parent: bool) -> bool:
    """Run until SIGTERM or SIGINT, and, `with_parent`, until the process that started this one is gone.

    Return whether every lane lasted until then.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if with_parent:
        threading.Thread(target=_watch_parent, args=(os.getppid(), stop), daemon=True).start()
    return run(stop)


def _follow(lane: Lane, stop: threading.Event, lost: list[str]) -> None:
    noted = 0.0
    try:
        while not stop.is_set():
            # A lane that hardly rests would write a note several times a second.
            quietly = time.monotonic() < noted + LEAST_BETWEEN_NOTES
            done = come_round(lane, quietly=quietly)
            noted = noted if quietly or done is None else time.monotonic()
            if done is None:
                # Whatever state the failure left the connection in, the next round begins with a fresh one.
                connection.close()
            else:
                close_old_connections()
            if not done:
                # Never longer than this, or the lane would look dead between two rounds.
                stop.wait(min(lane.rest, LONGEST_REST))
        connection.close()
    except BaseException as error:
        log.error("lane_ended", lane=lane.name, exc_info=error)
        lost.append(lane.name)
        stop.set()


def _watch_parent(parent: int, stop: threading.Event) -> None:
    while not stop.wait(LOOKS_FOR_PARENT):
        if os.getppid() != parent:
            stop.set()

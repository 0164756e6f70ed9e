"""Run the lanes until told to stop. Any number of these may run: leases and unique keys keep the work single."""

import os
import signal
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from django.db import close_old_connections, connection

from cleannet.hub.jobs.lanes import LANES, Lane
from cleannet.hub.ledger import beats

log = structlog.get_logger("cleannet.tick")
LONGEST_REST = 15.0
LOOKS_FOR_PARENT = 1.0


def come_round(lane: Lane, now: datetime) -> int | None:
    """Do what is ready in one lane and note that it came round; return how much it did, None when it failed."""
    try:
        done = lane.work(now)
    except Exception as error:
        log.error("lane_failed", lane=lane.name, exc_info=error)
        beats.note(lane.name, now=now, failure=f"{type(error).__name__}: {error}")
        return None
    beats.note(lane.name, now=now, failure="")
    return done


def once(lanes: Sequence[Lane] = LANES) -> int:
    """Let every lane come round until it finds nothing more; return how many failed."""
    failed = 0
    for lane in lanes:
        while done := come_round(lane, datetime.now(UTC)):
            log.info("lane_done", lane=lane.name, done=done)
        failed += done is None
    return failed


def run(stop: threading.Event, lanes: Sequence[Lane] = LANES) -> None:
    """Let every lane come round in a thread of its own until `stop` is set."""
    threads = [threading.Thread(target=_follow, args=(lane, stop), name=lane.name) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def until_told(*, with_parent: bool) -> None:
    """Run until SIGTERM or SIGINT, and, `with_parent`, until the process that started this one is gone."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if with_parent:
        threading.Thread(target=_watch_parent, args=(os.getppid(), stop), daemon=True).start()
    run(stop)


def _follow(lane: Lane, stop: threading.Event) -> None:
    while not stop.is_set():
        done = come_round(lane, datetime.now(UTC))
        close_old_connections()
        if not done:
            # Never longer than this, or the lane would look dead between two rounds.
            stop.wait(min(lane.rest, LONGEST_REST))
    connection.close()


def _watch_parent(parent: int, stop: threading.Event) -> None:
    while not stop.wait(LOOKS_FOR_PARENT):
        if os.getppid() != parent:
            stop.set()

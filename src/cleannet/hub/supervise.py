"""Run the web server and tick side by side, and end both when either is told to end."""

import signal
import subprocess
import sys
import time

import structlog

log = structlog.get_logger("cleannet.serve")

TICK = [sys.executable, "-c", "import sys; from cleannet.cli import main; sys.exit(main())", "hub", "tick"]
GRACE = 30.0
PAUSE = 1.0


def run(*, bind: str, workers: int) -> int:
    """Serve at `bind` until SIGTERM or SIGINT, starting tick again whenever it ends; return the exit status."""
    # No threading.Event: one that a signal sets in the thread that waits for it may wait for itself.
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: told.append(number))
    web = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "cleannet.hub.wsgi:application"),
            *("--config", "python:cleannet.hub.gunicorn_settings"),
            *("--bind", bind, "--workers", str(workers), "--worker-tmp-dir", "/dev/shm", "--no-control-socket"),
        ]
    )
    tick = _start_tick()
    try:
        while not told and web.poll() is None:
            time.sleep(PAUSE)
            if tick.poll() is not None and not told:
                log.error("tick_ended", status=tick.returncode, then="started again")
                tick = _start_tick()
    finally:
        status = _end(web)
        _end(tick)
    return 0 if told else status or 1


def _start_tick() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([*TICK, "--with-parent"])


def _end(process: "subprocess.Popen[bytes]") -> int:
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()

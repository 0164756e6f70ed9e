"""A real web server of the hub on a free port of loopback, for the edges of the demonstration."""

import subprocess
import sys
import time
from pathlib import Path

import httpx

from cleannet.cli.demo_bind import free_port

_PATIENCE = 30.0


class ServerFailed(Exception):
    """Say what the web server said instead of answering."""


class Server:
    """Run one web process until `stop`; use as a context manager. `log` takes what it says."""

    def __init__(self, log: Path) -> None:
        self._log = log
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "cleannet.hub.wsgi:application"),
                    *("--bind", f"127.0.0.1:{port}", "--workers", "1", "--worker-tmp-dir", "/dev/shm"),
                    "--no-control-socket",
                ],
                stdout=output,
                stderr=output,
            )

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait(self) -> None:
        """Wait until the hub answers; raise ServerFailed when it does not."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end and self._process.poll() is None:
            try:
                if httpx.get(f"{self.url}/api/v1/openapi.json", timeout=5).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        said = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise ServerFailed(f"the hub did not answer at {self.url}; it said:\n{said}")

    def stop(self) -> None:
        """End the web process."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

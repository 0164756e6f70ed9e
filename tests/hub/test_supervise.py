import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cleannet.cli.demo_bind import free_port


def wait(done: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + 60
    while not (found := done()):
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
    return found


def ask(port: int) -> Any:
    """Return status and headers of the answer to a request for a page that is not there, None without an answer."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/no-such-page/13800138000", timeout=5)
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.headers
    except OSError:
        return None
    raise AssertionError("there is no such page")


def children(process: int, word: str) -> list[int]:
    found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(child) for child in found if word in Path(f"/proc/{child}/cmdline").read_text()]


def test_serves_with_tick_beside_and_ends_both_and_logs_json(own_hub: Any, tmp_path: Path) -> None:
    port = free_port()
    own_hub.environ["CLEANNET_BIND"] = f"127.0.0.1:{port}"
    own_hub.environ |= {"CLEANNET_WORKERS": "1", "CLEANNET_LOG_LEVEL": "INFO"}
    own_hub.work("write", "w", "0.1")
    command = [sys.executable, "-c", "import sys; from cleannet.cli import main; sys.exit(main(['hub', 'serve']))"]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, env=own_hub.environ, stdout=log, stderr=log)
    try:
        status, headers = wait(lambda: ask(port), "the hub does not serve")
        assert status == 404
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"
        wait(lambda: json.loads(own_hub.work("count"))["unsealed"] == 0, "tick seals nothing")
        (first,) = children(server.pid, "tick")
        os.kill(first, signal.SIGKILL)
        second = wait(lambda: [pid for pid in children(server.pid, "tick") if pid != first], "tick stays dead")
        server.terminate()
        assert server.wait(60) == 0
        assert not Path(f"/proc/{second[0]}").exists()
        assert ask(port) is None
    finally:
        server.kill()
        server.wait()
    written = (tmp_path / "log").read_text()
    lines = [json.loads(line) for line in written.splitlines()]
    assert {"gunicorn.error", "cleannet.serve", "django.request"} <= {line["logger"] for line in lines}
    assert [line["event"] for line in lines if line["logger"] == "cleannet.serve"] == ["tick_ended"]
    assert "13800138000" not in written

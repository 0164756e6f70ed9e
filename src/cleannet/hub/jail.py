"""Read untrusted bytes in a process of its own, which writes no byte to a file and is ended when it takes too much."""

import os
import subprocess
import sys

SECONDS, MEBIBYTES, OPEN_FILES = 20, 768, 64
MOST_SAID = 32 * 2**20
# The limits are taken before anything that reads is imported; no file can be written, no file be large.
_FIRST = (
    "import resource, runpy, sys; "
    "limits = zip(('CPU', 'AS', 'FSIZE', 'NOFILE', 'CORE'), map(int, sys.argv[1].split())); "
    "[resource.setrlimit(getattr(resource, 'RLIMIT_' + name), (most, most)) for name, most in limits]; "
    "sys.argv = sys.argv[2:]; runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=False)"
)
_KEPT = ("PATH", "PYTHONPATH", "LANG", "SYSTEMROOT")


class Broken(Exception):
    """Say in a sentence how the jailed reader ended."""


def run(module: str, content: bytes, *arguments: str) -> bytes:
    """Run a module as a program on `content` under limits of time, memory and files, and return what it wrote.

    It gets none of the hub's settings and secrets. Raises Broken when it fails or takes too much.
    """
    limits = f"{SECONDS} {MEBIBYTES * 2**20} 0 {OPEN_FILES} 0"
    command = [sys.executable, "-c", _FIRST, limits, module, *arguments]
    environ = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, env=environ, timeout=SECONDS + 10, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Broken(f"reading took more than {SECONDS} s") from error
    if done.returncode != 0:
        raise Broken(f"reading took more than {SECONDS} s of work or {MEBIBYTES} MiB, or failed")
    if len(done.stdout) > MOST_SAID:
        raise Broken("it says too much")
    return done.stdout

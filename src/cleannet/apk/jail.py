"""Run the reading of a sample in a process of its own that has no network, can write nothing and is ended in time.

Two jails, chosen by name:

- bwrap: bubblewrap takes away the network, other processes, the file system but for Python and its libraries (to be
  read), every capability and the environment, and limits are set on top;
- rlimits: the limits alone, for machines where no namespaces are allowed. The network and the files of the user that
  runs it stay within reach of whoever breaks the reader: never for samples that are not trusted to be dull.

The sample reaches the process as its standard input, opened for reading, so no path is needed inside.
"""

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BWRAP, RLIMITS = JAILS = ("bwrap", "rlimits")
MOST_FILE = 512 << 20
_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/etc/ld.so.cache", "/etc/alternatives")
_NEEDED = ("cleannet", "apkInspector", "pyaxmlparser", "cryptography", "idna", "publicsuffixlist")
# The limits are taken before anything that reads a sample is imported.
_FIRST = (
    "import json, resource, sys; "
    "path, limits, options = map(json.loads, sys.argv[1:]); "
    "[resource.setrlimit(getattr(resource, 'RLIMIT_' + name), (most, most)) for name, most in limits.items()]; "
    "sys.path[:] = path; "
    "from cleannet.apk.worker import main; main(options)"
)


class NoJail(Exception):
    """Say why a sample cannot be jailed here, and what to do; nothing was read."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Hold what the process may take: seconds of processor and of clock, bytes of memory, of output, open files."""

    cpu_seconds: int = 60
    wall_seconds: int = 120
    memory: int = 1536 << 20
    output: int = 32 << 20
    open_files: int = 32


@dataclass(frozen=True, slots=True)
class Ended:
    """Hold the lines that the process wrote and, where it did not end by itself, why it ended."""

    lines: tuple[bytes, ...]
    reason: str = ""


def check(jail: str) -> None:
    """Raise NoJail, with a sentence, where this jail does not work on this machine."""
    if jail == RLIMITS:
        return
    if jail != BWRAP:
        raise NoJail(f"there is no jail “{jail}”; there are {', '.join(JAILS)}")
    if shutil.which(BWRAP) is None:
        raise NoJail(
            "bubblewrap (bwrap) is not installed, so no sample is opened. "
            "Install it, or choose the weaker jail: --jail rlimits"
        )
    try:
        tried = subprocess.run([*_bwrap(), "/bin/true"], capture_output=True, timeout=20, check=False)
        said = tried.stderr.decode("utf-8", "replace").strip()[:300]
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoJail(f"bubblewrap does not start, so no sample is opened: {error}") from None
    if tried.returncode != 0:
        raise NoJail(
            f"bubblewrap may make no namespaces here, so no sample is opened: {said}. "
            "Allow them, or choose the weaker jail: --jail rlimits"
        )


def run(sample: Path, options: object, *, jail: str, limits: Limits) -> Ended:
    """Run apk.worker on a sample with options for it (as JSON) and return what it wrote.

    Raises OSError where the sample cannot be opened. The process is ended when its limits are reached.
    """
    told = {
        "CPU": limits.cpu_seconds,
        "AS": limits.memory,
        "FSIZE": 0,
        "NOFILE": limits.open_files,
        "CORE": 0,
        "NPROC": 0,
    }
    python = [sys.executable, "-I", "-S", "-B", "-c", _FIRST]
    command = [*python, json.dumps(_path()), json.dumps(told), json.dumps(options)]
    if jail == BWRAP:
        command = [*_bwrap(), *command]
    with sample.open("rb") as file:
        process = subprocess.Popen(
            command,
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        )
    return _read(process, limits)


def _read(process: "subprocess.Popen[bytes]", limits: Limits) -> Ended:
    assert process.stdout is not None
    until = time.monotonic() + limits.wall_seconds
    written = bytearray()
    reason = ""
    with selectors.DefaultSelector() as selector, process.stdout as out:
        selector.register(out, selectors.EVENT_READ)
        while True:
            if not selector.select(max(until - time.monotonic(), 0)):
                reason = f"it took more than {limits.wall_seconds} s"
                break
            data = os.read(out.fileno(), 1 << 16)
            if not data:
                break
            written += data
            if len(written) > limits.output:
                reason = f"it wrote more than {limits.output} bytes"
                break
    if reason:
        os.killpg(process.pid, signal.SIGKILL)
    status = process.wait()
    if status and not reason:
        number = -status if status < 0 else status - 128
        by = f"signal {number}" if number > 0 else f"status {status}"
        reason = f"it was ended by {by}: more than {limits.cpu_seconds} s of work, or a reader that broke"
    # What was being written when it ended is no line.
    return Ended(tuple(bytes(written).split(b"\n")[:-1]), reason)


def _path() -> list[str]:
    """Return where Python looks for modules, as far as it belongs to Python or holds what reads samples."""
    found = []
    for entry in (Path(entry).resolve() for entry in sys.path if entry):
        own = any(entry.is_relative_to(Path(prefix).resolve()) for prefix in (sys.prefix, sys.base_prefix))
        if entry.exists() and (own or any((entry / name).exists() for name in _NEEDED)):
            found.append(str(entry))
    return found


def _bwrap() -> list[str]:
    """Return the command of bubblewrap up to the program that is run."""
    command = [shutil.which(BWRAP) or BWRAP, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    command += ["--uid", "65534", "--gid", "65534", "--clearenv"]
    for name in _SYSTEM:
        place = Path(name)
        if place.is_symlink():
            command += ["--symlink", os.readlink(place), name]
        elif place.exists():
            command += ["--ro-bind", name, name]
    for folder in _own_folders():
        command += ["--ro-bind", folder, folder]
    return [*command, "--remount-ro", "/", "--chdir", "/", "--"]


def _own_folders() -> Sequence[str]:
    """Return the folders that Python and CleanNet are loaded from, those inside others left out."""
    named = {sys.prefix, sys.base_prefix, str(Path(sys.executable).parent), *_path()}
    named |= {str(Path(sys.executable).resolve().parent.parent)}
    found = sorted(name for name in named if not name.startswith(("/usr/", "/lib/", "/bin/")) and name not in _SYSTEM)
    outermost: list[str] = []
    for name in found:
        if not any(name == above or name.startswith(f"{above}/") for above in outermost):
            outermost.append(name)
    return outermost

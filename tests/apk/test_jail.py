"""The jail, tried from inside by code that wants out. bwrap is asked for where a test says so; limits hold in both."""

import os
import re
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from cleannet.apk import jail
from cleannet.apk.jail import BWRAP, RLIMITS, Ended, Limits, NoJail

LIMITS = Limits(cpu_seconds=5, wall_seconds=10, memory=512 << 20, output=1 << 20)
BOTH = [pytest.param(BWRAP, marks=pytest.mark.needs("bwrap")), RLIMITS]
# Tries one thing and writes what came of it.
TRY = """
def tried(what):
    try:
        return repr(what())
    except BaseException as error:
        return type(error).__name__
"""


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Return a function that runs code in a jail on a sample of five bytes."""

    def run(code: str, how: str = BWRAP, limits: Limits = LIMITS) -> Ended:
        first = jail._FIRST.rpartition("from cleannet")[0].replace("; ", "\n").rstrip() + "\n" + TRY + code
        monkeypatch.setattr(jail, "_FIRST", first)
        sample = tmp_path / "sample"
        sample.write_bytes(b"bytes")
        try:
            return jail.run(sample, {"a": 1}, jail=how, limits=limits)
        finally:
            monkeypatch.undo()

    return run


def said(ended: Ended) -> list[str]:
    assert ended.reason == ""
    return [line.decode() for line in ended.lines]


@pytest.mark.parametrize("how", BOTH)
def test_the_sample_and_the_options_arrive(inside: Any, how: str) -> None:
    assert said(inside("print(sys.stdin.buffer.read(), options)", how)) == ["b'bytes' {'a': 1}"]


@pytest.mark.parametrize("how", BOTH)
def test_nothing_of_the_environment_arrives(inside: Any, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEANNET_SECRET_KEY", "secret")
    assert said(inside("import os; print('secret' in str(os.environ), os.getcwd())", how)) == ["False /"]


# What the code inside tries, and how it fails in bubblewrap.
REFUSED = {
    "write to the root": ("open('/x', 'w')", "OSError"),
    "write to a folder that is": ("open('/usr/x', 'w')", "OSError"),
    "write to a temporary folder": ("open('/tmp/x', 'w')", "(FileNotFound|OS)Error"),
    "write to the sample": ("os.write(0, b'x')", "OSError"),
    "read who uses the machine": ("open('/etc/passwd').read()", "FileNotFoundError"),
    "read a home": ("os.listdir('/home')", "FileNotFoundError"),
    "see other processes": ("os.listdir('/proc')", "FileNotFoundError"),
    "see devices": ("os.listdir('/dev')", "FileNotFoundError"),
    "end its parent": ("os.kill(os.getppid(), 9) if os.getppid() > 1 else 1 / 0", "ZeroDivisionError"),
    "look a name up": ("socket.getaddrinfo('example.com', 80)", "gaierror"),
    "ask for raw packets": ("socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)", "PermissionError"),
    "become root": ("os.setuid(0)", "(Permission|OS)Error"),
    "mount": ("ctypes.CDLL(None, use_errno=True).mount(b'/', b'/', None, 0x1000, None)", "-1"),
    "raise its limits": ("resource.setrlimit(resource.RLIMIT_CPU, (999, 999))", "ValueError"),
}


@pytest.mark.needs("bwrap")
@pytest.mark.parametrize(("code", "outcome"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_tried_inside_bubblewrap_fails(inside: Any, code: str, outcome: str) -> None:
    (line,) = said(inside(f"import ctypes, os, socket; print(tried(lambda: {code}))"))
    assert re.fullmatch(outcome, line)


@pytest.mark.needs("bwrap")
def test_bubblewrap_has_no_network_not_even_this_machines(inside: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; print(tried(lambda: socket.create_connection(('127.0.0.1', {port}), 2)))"
        assert said(inside(code)) == ["ConnectionRefusedError"]
        assert "socket.socket" in said(inside(code, RLIMITS))[0]


def test_no_file_is_written_under_limits_alone(inside: Any, tmp_path: Path) -> None:
    code = f"import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); f = open({str(tmp_path / 'out')!r}, 'w', 1)"
    assert said(inside(f"{code}; print(tried(lambda: f.write('line\\n')))", RLIMITS)) == ["OSError"]
    assert (tmp_path / "out").read_bytes() == b""


@pytest.mark.parametrize("how", BOTH)
def test_memory_is_limited(inside: Any, how: str) -> None:
    assert said(inside("print(tried(lambda: len(bytearray(1 << 30))))", how)) == ["MemoryError"]


@pytest.mark.parametrize("how", BOTH)
def test_open_files_are_limited(inside: Any, how: str) -> None:
    assert said(inside("print(tried(lambda: len([open(sys.executable, 'rb') for _ in range(99)])))", how)) == [
        "OSError"
    ]


ENDED = {
    "work without end": ("print('begun', flush=True)\nwhile True: pass", "more than 1 s of work"),
    "waiting without end": ("import time; print('begun', flush=True); time.sleep(99)", "it took more than 3 s"),
    "talking without end": (
        "print('begun', flush=True)\nwhile True: print('x' * 9999)",
        "it wrote more than 100000 bytes",
    ),
    "a broken reader": ("import os; print('begun', flush=True); os.abort()", "it was ended by signal 6"),
    "an error": ("print('begun', flush=True); 1 / 0", "it was ended by status 1"),
}


@pytest.mark.parametrize("how", BOTH)
@pytest.mark.parametrize(("code", "reason"), ENDED.values(), ids=ENDED.keys())
def test_what_takes_too_much_or_breaks_is_ended_and_what_it_said_is_kept(
    inside: Any, how: str, code: str, reason: str
) -> None:
    began = time.monotonic()
    ended = inside(code, how, Limits(cpu_seconds=1, wall_seconds=3, memory=512 << 20, output=100_000))
    assert reason in ended.reason
    assert ended.lines[0] == b"begun"
    assert time.monotonic() - began < 9


@pytest.mark.needs("bwrap", "ps")
def test_nothing_is_left_behind(inside: Any) -> None:
    inside("import time; time.sleep(4321.5)", BWRAP, Limits(wall_seconds=1))
    alive = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "4321.5" not in alive


def test_half_a_line_is_no_line(inside: Any) -> None:
    assert inside("sys.stdout.write('one\\ntw')", RLIMITS).lines == (b"one",)


def test_without_bubblewrap_nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jail.shutil, "which", lambda name: None)
    with pytest.raises(NoJail, match="not installed, so no sample is opened"):
        jail.check(BWRAP)
    jail.check(RLIMITS)


def test_where_namespaces_are_not_allowed_nothing_is_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refusing = tmp_path / "bwrap"
    refusing.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(NoJail, match="No permissions to create new namespace"):
        jail.check(BWRAP)


def test_an_unknown_jail_is_refused() -> None:
    with pytest.raises(NoJail, match="there are bwrap, rlimits"):
        jail.check("none")


@pytest.mark.needs("bwrap")
def test_bubblewrap_works_here() -> None:
    jail.check(BWRAP)


def test_a_sample_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        jail.run(tmp_path / "none", {}, jail=RLIMITS, limits=LIMITS)


def test_only_folders_of_python_and_of_the_product_are_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    shown = [Path(folder) for folder in jail._own_folders()]
    assert not any(tmp_path.is_relative_to(folder) for folder in shown)
    assert not any(Path.home() == folder for folder in shown)
    assert str(tmp_path) not in jail._path()
    product = Path(jail.__file__).parent.parent
    assert any(product.is_relative_to(folder) for folder in shown)

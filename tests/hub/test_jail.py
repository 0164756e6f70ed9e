import sys
from pathlib import Path

import pytest

from cleannet.hub import jail
from cleannet.hub.jail import Broken

PROGRAMS = {
    "echo": "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read() + sys.argv[1].encode())",
    "fails": "raise ValueError",
    "eats": "x = bytearray(2 << 30); print(len(x))",
    "writes": "open('written', 'wb', buffering=0).write(b'x')",
    "tells": "import os; print(sorted(name for name in os.environ if name.startswith('CLEANNET')))",
    "talks": f"import sys; sys.stdout.write('x' * {jail.MOST_SAID + 1})",
    "endless": "while True: pass",
}


@pytest.fixture(autouse=True)
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in PROGRAMS.items():
        (tmp_path / f"jailed_{name}.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{':'.join(sys.path)}")
    monkeypatch.setenv("CLEANNET_DNS_KEY", "secret")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_reads_and_answers() -> None:
    assert jail.run("jailed_echo", b"abc", "d") == b"abcd"


@pytest.mark.parametrize("name", ["fails", "eats", "talks"])
def test_what_fails_or_takes_too_much_is_ended(name: str) -> None:
    with pytest.raises(Broken):
        jail.run(f"jailed_{name}", b"")


def test_no_byte_reaches_a_file(programs: Path) -> None:
    with pytest.raises(Broken):
        jail.run("jailed_writes", b"")
    assert (programs / "written").read_bytes() == b""


def test_what_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jail, "SECONDS", 1)
    with pytest.raises(Broken, match="more than 1 s"):
        jail.run("jailed_endless", b"")


def test_it_knows_no_secret_of_the_hub() -> None:
    assert jail.run("jailed_tells", b"") == b"[]\n"

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.edge.hashing import mixed, open_gate, passes

WORDS = st.integers(1, 2**64 - 1).map(np.uint64)


@given(st.lists(WORDS, max_size=40), st.sampled_from([1, 2, 16]))
def test_a_filter_lets_pass_whatever_was_added(added: list[np.uint64], words: int) -> None:
    gate = np.zeros(words, np.uint64)
    for hashed in added:
        open_gate(gate, hashed)
    assert all(passes(gate, hashed) for hashed in added)


def test_a_filter_with_room_lets_few_others_pass() -> None:
    gate = np.zeros(256, np.uint64)
    for number in range(1000):
        open_gate(gate, np.uint64(mixed(np.uint64(number))))
    passed = sum(passes(gate, np.uint64(mixed(np.uint64(number)))) for number in range(1000, 11_000))
    assert passed < 500


@given(WORDS)
def test_a_hash_is_never_what_marks_a_free_slot(running: np.uint64) -> None:
    assert mixed(running) != 0
    assert mixed(np.uint64(0)) != 0


@pytest.mark.parametrize(("variable", "kept"), [("NUMBA_CACHE_DIR", True), ("XDG_CACHE_HOME", True), ("HOME", False)])
def test_where_compiled_code_is_kept(tmp_path: Path, variable: str, kept: bool) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    given = {"HOME": str(blocked), variable: str(tmp_path if kept else blocked)}
    others = {name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    code = "from cleannet.edge.hashing import FOLDER, SEED, mixed; mixed(SEED); print(FOLDER)"
    ran = subprocess.run([sys.executable, "-c", code], env=others | given, capture_output=True, text=True, check=True)
    folders = list(tmp_path.glob("cleannet-*"))
    assert ran.stdout.strip() == (str(folders[0]) if kept else "None")
    assert len(folders) == kept
    assert len(list(tmp_path.rglob("hashing.mixed-*.nbi"))) == kept

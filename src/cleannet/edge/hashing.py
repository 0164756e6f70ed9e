"""The ground of the compiled code: its types, where it is kept, the hash of a text, and Bloom filters."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]
_P = ParamSpec("_P")
_R = TypeVar("_R")

# A hash runs over bytes: from SEED on, each is taken in by exclusive or, and the whole multiplied by PRIME.
SEED, PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x9E3779B97F4A7C15)
_MIX, _HALF, _ONE = np.uint64(0xD6E8FEB86659FD93), np.uint64(32), np.uint64(1)
_PLACE, _SIX, _BITS = np.uint64(12), np.uint64(6), np.uint64(63)


class Texts(NamedTuple):
    """Hold many texts: text i is `data[starts[i]:ends[i]]`."""

    data: Bytes
    starts: Ints
    ends: Ints


def _folder() -> Path | None:
    """Return the folder where compiled code of just these sources is kept, None where none can be written.

    numba looks only whether the file of a function changed, not those of the functions compiled into it.
    """
    sources = hashlib.sha256(b"\0".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))))
    try:
        given = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = Path(given) / f"cleannet-{sources.hexdigest()[:16]}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return folder if os.access(folder, os.W_OK) else None


FOLDER = _folder()
numba.config.CACHE_DIR = str(FOLDER or "")  # type: ignore[attr-defined] # numba sets its settings by name


def compiled(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile a function when it is first called, and keep what was compiled for later runs if it can be kept."""
    return cast(Callable[_P, _R], numba.njit(cache=FOLDER is not None, nogil=True)(function))


@compiled
def mixed(running: np.uint64) -> np.uint64:
    """Return the hash of a suffix from what running over its bytes left."""
    mixed = (running ^ (running >> _HALF)) * _MIX
    mixed ^= mixed >> _HALF
    return mixed if mixed != np.uint64(0) else _ONE


@compiled
def open_gate(gate: Words, hashed: np.uint64) -> None:
    """Add a hash to a Bloom filter whose length is a power of two."""
    gate[(hashed >> _PLACE) & np.uint64(len(gate) - 1)] |= (_ONE << (hashed & _BITS)) | (
        _ONE << ((hashed >> _SIX) & _BITS)
    )


@compiled
def passes(gate: Words, hashed: np.uint64) -> bool:
    """Say whether a hash may have been added to a Bloom filter."""
    bits = (_ONE << (hashed & _BITS)) | (_ONE << ((hashed >> _SIX) & _BITS))
    return bool((gate[(hashed >> _PLACE) & np.uint64(len(gate) - 1)] & bits) == bits)

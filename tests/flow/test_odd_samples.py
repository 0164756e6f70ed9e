"""Every odd sample gives an assessment, or a partial one that says why, within the limits of the jail."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.flow.odd_samples import Made, kinds

from cleannet.apk import assembling
from cleannet.apk.jail import BWRAP, RLIMITS, Limits
from cleannet.core.allow import AllowLists
from cleannet.core.terms import BEHAVIOURS

NOW = datetime(2026, 11, 27, tzinfo=UTC)
KINDS = list(kinds())
# Those on which a reader is to be ended from outside, and those that lie about paths and sizes.
FEARED = [kind for kind in KINDS if any(word in kind[0] for word in ("bomb", "overlap", "lead out", "sixty", "nests"))]


def assessed(made: Made, path: Path, how: str, said: str) -> None:
    path.write_bytes(made())
    began = time.monotonic()
    told = assembling.assess(path, AllowLists(), NOW, how=how, limits=Limits())
    assert time.monotonic() - began < 60
    assert told.digests is not None
    assert [one.key for one in told.behaviours] == list(BEHAVIOURS)
    reasons = [one.reason for one in told.not_read]
    assert all(reasons)
    assert not said or any(said in sentence for sentence in (*told.signs, *reasons)), (told.signs, reasons)


@pytest.mark.parametrize(("made", "said"), [kind[1:] for kind in KINDS], ids=[kind[0] for kind in KINDS])
def test_an_odd_sample_is_assessed_or_says_why_not(made: Made, said: str, tmp_path: Path) -> None:
    assessed(made, tmp_path / "sample", RLIMITS, said)


@pytest.mark.needs("bwrap")
@pytest.mark.parametrize(("made", "said"), [kind[1:] for kind in FEARED], ids=[kind[0] for kind in FEARED])
def test_what_is_feared_is_assessed_in_bubblewrap(made: Made, said: str, tmp_path: Path) -> None:
    folder = tmp_path / "only"
    folder.mkdir()
    assessed(made, folder / "sample", BWRAP, said)
    assert [path.name for path in folder.iterdir()] == ["sample"]


def test_there_are_enough_of_them() -> None:
    assert len({name for name, _, _ in KINDS}) == len(KINDS) >= 100

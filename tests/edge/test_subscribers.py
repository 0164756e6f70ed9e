import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.edge import subscribers
from cleannet.edge.subscribers import Pseudonyms, normalise
from cleannet.edge.wrong_use import WrongUse

KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13800138000", "8613800138000"),
        ("8613800138000", "8613800138000"),
        ("+8613800138000", "8613800138000"),
        ("008613800138000", "8613800138000"),
        (" +86 138-0013-8000", "8613800138000"),
        ("1064812345678", "861064812345678"),
        ("861064812345678", "861064812345678"),
        ("+44 20 7946 0958", "442079460958"),
        ("00442079460958", "442079460958"),
        ("12345678901", ""),
        ("1380013800", ""),
        ("138001380000", ""),
        ("442079460958", ""),
        ("+999123456789", ""),
        ("１３８００１３８０００", ""),
        ("1.38E+10", ""),
        ("", ""),
        ("name", ""),
    ],
)
def test_normalise(written: str, number: str) -> None:
    assert normalise(written) == number


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", "86", "+86", "0086"]))
def test_one_number_however_written_is_one_pseudonym(number: str, prefix: str) -> None:
    pseudonyms = Pseudonyms(KEY)
    pseudonym = pseudonyms.of(normalise(prefix + number))
    assert pseudonym == pseudonyms.of(normalise(number))
    assert len(pseudonym) == 16
    assert number.encode() not in pseudonym


def test_another_number_or_key_gives_another_pseudonym() -> None:
    numbers = [f"86138{number:08}" for number in range(1000)] + ["8613800138000"[:12], "442079460958"]
    found = {Pseudonyms(key).of(number) for key in (KEY, bytes(32)) for number in numbers}
    assert len(found) == 2 * len(numbers)


def test_a_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "key"
    subscribers.write_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(subscribers.read_key(path)) == 32
    with pytest.raises(WrongUse, match="never overwritten"):
        subscribers.write_key(path)
    os.chmod(path, 0o640)
    with pytest.raises(WrongUse, match="chmod 600"):
        subscribers.read_key(path)


def test_a_file_that_is_no_key(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="edge key"):
        subscribers.read_key(tmp_path / "missing")
    with pytest.raises(WrongUse, match="cannot be written"):
        subscribers.write_key(tmp_path / "missing" / "key")
    path = tmp_path / "short"
    path.write_text("abc")
    path.chmod(0o600)
    with pytest.raises(WrongUse, match="64 hexadecimal"):
        subscribers.read_key(path)

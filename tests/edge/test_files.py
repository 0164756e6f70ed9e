import gzip
import hashlib
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.edge import files
from cleannet.edge.files import LogFile

TEXT = b"".join(b"line %d\n" % number for number in range(50_000))


def read(path: Path, data: bytes) -> tuple[list[bytes | None], LogFile]:
    path.write_bytes(data)
    file = LogFile(path)
    lines = list(file.lines())
    assert file.sha256 == hashlib.sha256(data).hexdigest()
    return lines, file


@pytest.mark.parametrize(
    "data",
    [
        TEXT,
        gzip.compress(TEXT),
        gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:]),
        gzip.compress(TEXT) + b"\0" * 512,
    ],
)
def test_plain_and_gzip_give_the_same_lines(tmp_path: Path, data: bytes) -> None:
    lines, file = read(tmp_path / "log", data)
    assert lines == TEXT.splitlines()
    assert file.cut_off == ""
    assert file.start().startswith(b"line 0\n")


@pytest.mark.parametrize("keep", [30, 1000, len(gzip.compress(TEXT)) - 1, len(gzip.compress(TEXT)) - 9])
def test_a_truncated_gzip_gives_what_was_there(tmp_path: Path, keep: int) -> None:
    lines, file = read(tmp_path / "log.gz", gzip.compress(TEXT)[:keep])
    assert "too early" in file.cut_off
    whole = [line for line in lines if line is not None]
    assert whole == TEXT.splitlines()[: len(whole)]
    assert lines.count(None) <= 1


def test_a_damaged_gzip_gives_what_came_before(tmp_path: Path) -> None:
    damaged = bytearray(gzip.compress(TEXT))
    damaged[-8] ^= 0xFF
    lines, file = read(tmp_path / "log.gz", bytes(damaged))
    assert "damaged" in file.cut_off
    assert lines[:-1] == TEXT.splitlines()[:-1]
    assert len(lines) == 50_000


def test_what_follows_a_gzip_member_is_not_ignored(tmp_path: Path) -> None:
    lines, file = read(tmp_path / "log.gz", gzip.compress(b"a\n") + b"more")
    assert (lines, bool(file.cut_off)) == ([b"a"], True)


def test_a_bomb_is_read_in_pieces(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.compress(b"\nend\n") + packer.flush()
    lines, _ = read(tmp_path / "log.gz", data)
    assert lines == [None, b"end"]


def test_a_line_without_end_and_one_too_long(tmp_path: Path) -> None:
    long = b"x" * (files.LONGEST_LINE * 3)
    assert read(tmp_path / "log", b"a\n" + long + b"\nb\n\nc")[0] == [b"a", None, b"b", b"", b"c"]
    assert read(tmp_path / "log", long)[0] == [None]
    assert read(tmp_path / "log", b"")[0] == []


def test_start_of_what_is_no_gzip_after_all(tmp_path: Path) -> None:
    path = tmp_path / "log.gz"
    path.write_bytes(b"\x1f\x8bnonsense")
    assert LogFile(path).start() == b""


@given(st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"")), max_size=30), st.integers(1, 40))
def test_every_truncation_gives_a_prefix(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], cut: int
) -> None:
    data = gzip.compress(b"".join(line + b"\n" for line in lines))
    path = tmp_path_factory.mktemp("cut") / "log"
    path.write_bytes(data[: max(len(data) - cut, 2)])
    file = LogFile(path)
    found = [line for line in file.lines() if line is not None]
    assert found == lines[: len(found)]
    assert file.cut_off

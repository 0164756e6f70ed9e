import contextlib
import gzip
import hashlib
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from cleannet.edge import files
from cleannet.edge.files import LogFile

TEXT = b"".join(b"line %d\n" % number for number in range(50_000))

SKIPPED = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc"


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
        zstandard.compress(TEXT),
        zstandard.compress(TEXT[:1000]) + SKIPPED + zstandard.compress(TEXT[1000:]),
        SKIPPED + zstandard.compress(TEXT, 19) + SKIPPED,
    ],
)
def test_plain_and_packed_files_give_the_same_lines(tmp_path: Path, data: bytes) -> None:
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
    assert lines == [*TEXT.splitlines()]


def test_what_follows_a_gzip_member_is_not_ignored(tmp_path: Path) -> None:
    lines, file = read(tmp_path / "log.gz", gzip.compress(b"a\n") + b"more")
    assert (lines, bool(file.cut_off)) == ([b"a"], True)


@pytest.mark.parametrize("keep", [30, 1000, len(zstandard.compress(TEXT)) - 1])
def test_a_truncated_zstandard_file_gives_what_was_there(tmp_path: Path, keep: int) -> None:
    lines, file = read(tmp_path / "log.zst", zstandard.compress(TEXT)[:keep])
    assert file.cut_off == files.TOO_SHORT
    whole = [line for line in lines if line is not None]
    assert whole == TEXT.splitlines()[: len(whole)]


def test_what_follows_a_zstandard_frame_is_not_ignored(tmp_path: Path) -> None:
    lines, file = read(tmp_path / "log.zst", zstandard.compress(b"a\n") + b"more")
    assert (lines, file.cut_off) == ([b"a"], files.DAMAGED)


def test_a_zstandard_bomb_is_read_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "log.zst"
    path.write_bytes(zstandard.compress(bytes(256 << 20)))
    assert max(map(len, LogFile(path).chunks())) <= 16 << 20


@given(
    st.lists(st.binary(max_size=40), min_size=1, max_size=6),
    st.sampled_from([gzip.compress, zstandard.compress]),
    st.integers(0, 300),
    st.integers(1, 255),
)
def test_a_changed_byte_leaves_a_prefix(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], pack: Callable[[bytes], bytes], at: int, by: int
) -> None:
    data = bytearray(b"".join(map(pack, parts)))
    at = 4 + at % (len(data) - 4)
    if pack is gzip.compress and at < 10:
        # Time, flags and system of a header are not protected.
        return
    data[at] ^= by
    path = tmp_path_factory.mktemp("changed") / "log"
    path.write_bytes(data)
    file = LogFile(path)
    found = b"".join(file.chunks())
    assert file.sha256 == hashlib.sha256(data).hexdigest()
    assert file.cut_off or len(found) <= len(b"".join(parts))


@pytest.mark.parametrize("at", [9, 30, 127, 800, 3000])
def test_all_before_the_damage_of_a_gzip_counts(tmp_path: Path, at: int) -> None:
    data = bytearray(gzip.compress(TEXT[:60_000]))
    data[-at] ^= 0x10
    path = tmp_path / "log.gz"
    path.write_bytes(data)
    member, whole = zlib.decompressobj(31), b""
    with contextlib.suppress(zlib.error):
        for byte in data:
            whole += member.decompress(bytes([byte]))
    file = LogFile(path)
    # Long texts in an assertion take minutes to show.
    is_whole = b"".join(file.chunks()) == whole
    assert is_whole
    assert file.cut_off


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


@pytest.mark.parametrize("packed", [bytes, gzip.compress, zstandard.compress])
def test_what_passed_comes_to_the_file(tmp_path: Path, packed: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "x"
    path.write_bytes(packed(bytes(range(256)) * 20_000))
    passed: list[int] = []
    file = LogFile(path, passed.append)
    file.start()
    assert passed == []
    assert sum(1 for _ in file.lines())
    assert sum(passed) == path.stat().st_size

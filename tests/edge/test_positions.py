import gzip
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from cleannet.edge import positions
from cleannet.edge.files import FIRST_LINE, MARKED_LINES, LogPart
from cleannet.edge.positions import KNOWN_BYTES, Log, Logs, Position, moved, part
from cleannet.edge.rows import Source

LINES = b"".join(b"line %d\n" % number for number in range(2000))
Change = Callable[[Path], Path]


def read(path: Path, position: Position, *, is_settled: bool = False) -> tuple[Position, bytes]:
    """Return the position after all there is was read, and what was."""
    status = path.stat()
    taken = part(path, position, status.st_size, None, is_settled=is_settled)
    if taken is None:
        return position, b""
    content = b"".join(taken.chunks())
    return moved(position, taken, status), content


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.log"
    path.write_bytes(LINES)
    return path


@pytest.fixture
def known(path: Path) -> Log:
    return Log(read(path, Position(str(path)))[0], Source("a.log", 0), 1)


def grown(path: Path) -> Path:
    with path.open("ab") as file:
        file.write(b"new\n")
    return path


def renamed(path: Path) -> Path:
    return path.rename(path.with_suffix(".1"))


def copied(path: Path) -> Path:
    return Path(shutil.copy(path, path.with_suffix(".copy")))


def zipped(path: Path) -> Path:
    packed = path.with_suffix(".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    return packed


def in_many_members(path: Path) -> Path:
    packed = path.with_suffix(".gz")
    data = path.read_bytes()
    packed.write_bytes(b"".join(gzip.compress(data[at : at + 100]) for at in range(0, len(data), 100)))
    return packed


def zstd(path: Path) -> Path:
    packed = path.with_suffix(".zst")
    packed.write_bytes(zstandard.compress(path.read_bytes()))
    return packed


def cut(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def written_anew(path: Path) -> Path:
    path.write_bytes(b"other " + LINES)
    return path


def changed_before_the_end(path: Path) -> Path:
    path.write_bytes(LINES[:-20] + b"x" * 19 + b"\n")
    return path


@pytest.mark.parametrize(
    ("change", "rest", "remark"),
    [
        ([], b"", ""),
        ([grown], b"new\n", ""),
        ([renamed], b"", ""),
        ([grown, renamed], b"new\n", ""),
        ([copied], b"", "repeats"),
        ([copied, grown], b"new\n", "repeats"),
        ([grown, zipped], b"new\n", "repeats"),
        ([zipped], b"", "repeats"),
        ([in_many_members], b"", "repeats"),
        ([grown, zstd], b"new\n", "repeats"),
        ([cut, grown], b"new\n", "was cut"),
        ([written_anew], b"other " + LINES, "was cut"),
        ([changed_before_the_end], LINES[:-20] + b"x" * 19 + b"\n", "was cut"),
    ],
)
def test_a_log_is_read_on_from_where_it_was_read(
    path: Path, known: Log, change: list[Change], rest: bytes, remark: str
) -> None:
    now = path
    for step in change:
        now = step(now)
    log, said = Logs([known]).find(now, now.stat())
    assert said.startswith(remark)
    assert (said != "") == (remark != "")
    after, content = read(now, log.position)
    assert content == rest
    assert after.lines == (log.position.lines + rest.count(b"\n"))
    assert (log is known) == (not remark)
    if rest:
        assert after.shown == str(now)
        assert after.is_at(now.stat())


def test_what_was_cut_is_known_again_where_it_was_copied_to(path: Path, known: Log) -> None:
    copy = copied(path)
    cut(path)
    grown(path)
    log, _ = Logs([known]).find(path, path.stat())
    assert log is not known
    log = Log(read(path, log.position)[0], log.source, 2)
    assert Logs([known, log]).find(path, path.stat())[0] is log
    assert Logs([known, log]).find(copy, copy.stat())[1].startswith("repeats")


def test_only_whole_lines_are_taken_until_a_file_is_settled(path: Path, known: Log) -> None:
    with path.open("ab") as file:
        file.write(b"one\ntw")
    position, content = read(path, known.position)
    assert content == b"one\n"
    assert not position.is_at(path.stat())
    assert read(path, position) == (position, b"")
    position, content = read(path, position, is_settled=True)
    assert (content, position.is_at(path.stat())) == (b"tw", True)
    with path.open("ab") as file:
        file.write(b"o\nthree\n")
    assert read(path, Logs([Log(position, Source("a", 0))]).find(path, path.stat())[0].position)[1] == b"three\n"


def test_a_large_log_is_taken_in_parts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positions, "MOST", 1000)
    position, content, contents = Position(str(path)), b"-", []
    while content:
        position, content = read(path, position, is_settled=True)
        contents.append(content)
    assert b"".join(contents) == LINES
    assert all(piece.endswith(b"\n") and len(piece) <= 1000 for piece in contents[:-1])
    assert (position.lines, position.is_at(path.stat())) == (2000, True)


def test_what_is_too_long_for_a_line_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"x" * (3 << 20))
    position, content = read(path, Position(str(path)))
    assert len(content) == 3 << 20
    assert position.offset == 3 << 20


@pytest.mark.parametrize("pack", [None, gzip.compress])
@pytest.mark.parametrize(
    ("before", "after", "lines", "ahead"),
    [
        (b"1\n2\n", b"3\n", [b"3"], 0),
        (b"1\n2", b"\n3\n", [b"3"], 1),
        (b"1\n2", b"2\n3\n", [b"3"], 1),
        (b"1\n2", b"2" * (3 << 20) + b"\n3\n4", [b"3", b"4"], 1),
        (b"1\n2", b"2", [], 0),
        (b"1\n2", b"\n", [], 1),
    ],
)
def test_the_rest_of_a_line_is_passed_over(
    tmp_path: Path,
    before: bytes,
    after: bytes,
    lines: list[bytes],
    ahead: int,
    pack: Callable[[bytes], bytes] | None,
) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(pack(before + after) if pack else before + after)
    taken = LogPart(path, len(before), len(before + after))
    assert list(taken.lines()) == lines
    assert (taken.ahead, taken.offset, taken.count) == (ahead, len(before + after), after.count(b"\n"))


@pytest.mark.parametrize(
    ("heading", "text", "header"),
    [
        (
            MARKED_LINES,
            b"#separator x\n#fields a\n1\n#close\n#separator y\n#fields b\n2\n",
            b"#separator y\n#fields b\n",
        ),
        (MARKED_LINES, b"#fields a\n1\n#fields b\n", b"#fields a\n#fields b\n"),
        (FIRST_LINE, b"\r\n\na,b\n1,2\n3,4\n", b"a,b\n"),
        (None, b"#a\n", b""),
    ],
)
def test_the_header_is_read_again_before_each_part(tmp_path: Path, heading: object, text: bytes, header: bytes) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(text)
    taken = part(path, Position("a"), len(text), heading, is_settled=True)
    assert taken is not None
    assert b"".join(taken.chunks()) == text
    position = moved(Position("a"), taken, path.stat())
    assert (position.header.encode("latin-1"), position.lines) == (header, text.count(b"\n"))
    with path.open("ab") as file:
        file.write(b"more\n")
    taken = part(path, position, path.stat().st_size, heading, is_settled=True)
    assert taken is not None
    assert b"".join(taken.chunks()) == header + b"more\n"
    assert (taken.count, taken.ahead) == (1, -header.count(b"\n"))
    assert moved(position, taken, path.stat()).header.encode("latin-1") == header


def test_two_logs_that_begin_alike_are_two(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_bytes(b"x" * KNOWN_BYTES + b"\n" + b"1\n" * 4000)
    second.write_bytes(b"x" * KNOWN_BYTES + b"\n" + b"2\n" * 4000)
    known = Log(read(first, Position("1"))[0], Source("1", 0), 1)
    log, remark = Logs([known]).find(second, second.stat())
    assert (log.position.offset, remark) == (0, "")


def test_a_file_that_is_gone_is_an_error(tmp_path: Path, known: Log) -> None:
    status = os.stat(tmp_path)
    with pytest.raises(OSError, match="No such file"):
        Logs([known]).find(tmp_path / "gone", status)

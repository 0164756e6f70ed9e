from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cleannet.edge import files
from cleannet.edge.blocks import Blocks, split
from cleannet.edge.files import LONGEST_LINE, LogFile
from cleannet.edge.rows import Source


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60).map(lambda data: data.replace(b"x", b"\n")), st.sampled_from([1, 3, 50]))
def test_blocks_are_whole_lines_and_make_up_the_file(tmp_path: Path, data: bytes, chunk: int) -> None:
    path, data = tmp_path / "log", b"no magic" + data
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "CHUNK", chunk)
        blocks = Blocks(LogFile(path), Source("log", 0))
        given_, before = [], []
        for block in blocks:
            given_.append(block)
            before.append(blocks.before)
    assert b"".join(given_) == data
    assert all(block.endswith(b"\n") for block in given_[:-1])
    assert before == [b"".join(given_[:number]).count(b"\n") for number in range(len(given_))]


def test_the_lines_left_begin_with_the_block_given_last(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"a\nb\nc\nd")
    blocks = Blocks(LogFile(path), Source("log", 0))
    assert list(blocks.lines(next(iter(blocks)))) == [b"a", b"b", b"c", b"d"]


@pytest.mark.parametrize(
    ("data", "given_", "line"),
    [
        (b"a\n" + b"x" * (LONGEST_LINE * 3) + b"\nb\n", [b"a\n", b"b\n"], 2),
        (b"a\n" + b"x" * (LONGEST_LINE * 3), [b"a\n"], 2),
    ],
)
def test_a_line_too_long_is_broken(tmp_path: Path, data: bytes, given_: list[bytes], line: int) -> None:
    path = tmp_path / "log"
    path.write_bytes(data)
    source = Source("log", 0)
    assert [block for block in Blocks(LogFile(path), source) if block] == given_
    assert [row.line for row in source.shown] == [line]


def test_fields() -> None:
    block = b"a,b,c\n\nd,e\nf,g,h\r\ni,j\rk,l\n"
    fields = split(block, ord(","), 3, [2, -1, 0, 2])
    texts = [[bytes(one.data[a:b]) for a, b in zip(one.starts, one.ends, strict=True)] for one in fields.texts]
    assert texts[0] == [b"c", b"", b"h", b""]
    assert texts[1] == [b""] * 4
    assert texts[2] == [b"a", b"", b"f", b""]
    assert texts[3] == texts[0]
    assert fields.odd.tolist() == [0, 1, 0, 1]
    assert fields.numbers.tolist() == [1, 3, 4, 5]
    assert [block[a:b] for a, b in zip(fields.starts, fields.ends, strict=True)] == [
        b"a,b,c", b"d,e", b"f,g,h\r", b"i,j\rk,l",
    ]  # fmt: skip


# What lies above and below the signs that end a field, and so may be taken for one.
BYTES = st.lists(
    st.sampled_from([b",", b"-", b"+", b"\n", b"\v", b"\r", b"\f", b"\t", b"\x0e", b"a", b"\xac", b"\xff"])
)


@given(BYTES.map(b"".join), st.sampled_from([b",", b"\t", b"|", b"-"]), st.integers(1, 4))
def test_fields_are_those_that_lie_between_delimiters(block: bytes, delimiter: bytes, width: int) -> None:
    block += b"\n"
    fields = split(block, ord(delimiter), width, range(width))
    lines = [line.removesuffix(b"\r") for line in block.split(b"\n")[:-1]]
    whole = [(number, line) for number, line in enumerate(lines, 1) if line]
    assert fields.numbers.tolist() == [number for number, _ in whole]
    for row, (_, line) in enumerate(whole):
        parts = line.split(delimiter)
        assert bool(fields.odd[row]) == (len(parts) != width or b"\r" in line)
        if not fields.odd[row]:
            assert [bytes(one.data[one.starts[row] : one.ends[row]]) for one in fields.texts] == parts

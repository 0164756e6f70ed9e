import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.apk.made_axml import write_pool

from cleannet.apk.pool import Pool

texts = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), max_size=8)


@given(texts, st.booleans(), st.integers(0, 20))
def test_what_was_written_is_read(written: list[str], utf8: bool, before: int) -> None:
    pool = Pool(bytes(before) + write_pool(written, utf8=utf8), before)
    assert [pool.text(index) for index in range(pool.count)] == written


def test_a_text_of_many_units_has_a_long_length() -> None:
    assert Pool(write_pool(["a", "字" * 40_000]), 0).text(1) == "字" * 40_000


def test_a_lie_about_the_count_is_cut() -> None:
    assert Pool(write_pool(["a", "b"], count=0x7FFFFFFF), 0).count == 2


def test_texts_that_overlap_end_with_the_size_of_the_file() -> None:
    data = bytearray(write_pool(["x" * 3000, *[""] * 500], utf8=True))
    for row in range(501):
        data[28 + 4 * row : 32 + 4 * row] = bytes(4)
    assert sum(map(len, Pool(bytes(data), 0).texts())) <= len(data)


@pytest.mark.parametrize("at", [-1, 5, 10_000])
def test_what_is_no_pool_is_empty(at: int) -> None:
    pool = Pool(bytes(64), at)
    assert (pool.count, pool.text(0), list(pool.texts())) == (0, "", [])


@given(st.binary(max_size=60), st.integers(0, 60))
def test_no_bytes_break_it(noise: bytes, at: int) -> None:
    data = write_pool(["one", "two"])
    pool = Pool(data[:at] + noise + data[at + len(noise) :], 0)
    assert all(isinstance(pool.text(index), str) for index in range(min(pool.count, 5)))

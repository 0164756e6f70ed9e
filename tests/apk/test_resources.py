import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.apk.made_axml import write_table

from cleannet.apk import resources

NUMBER = 0x7F010000
BOTH = {"": "Sample", "zh": "示例", "zh-CN": "样本"}


def test_a_text_is_found_in_every_language() -> None:
    assert resources.texts(write_table(BOTH), NUMBER) == BOTH


def test_a_reference_is_followed() -> None:
    assert resources.texts(write_table(BOTH, through=1), NUMBER + 1) == BOTH


def test_a_reference_to_itself_ends() -> None:
    data = write_table(BOTH, through=1)
    circle = data.replace(struct.pack("<HBBI", 8, 0, 1, NUMBER), struct.pack("<HBBI", 8, 0, 1, NUMBER + 1))
    assert resources.texts(circle, NUMBER + 1) == {}


def test_what_is_not_there_has_no_text() -> None:
    for number in (NUMBER + 5, NUMBER + 0x10000, 0x01010000, 0):
        assert resources.texts(write_table(BOTH), number) == {}
    assert resources.texts(b"", NUMBER) == {}
    assert resources.texts(bytes(500), NUMBER) == {}


def test_sparse_and_short_offsets_and_compact_entries_are_read() -> None:
    data = write_table({"": "Sample"})
    type_at = data.index(struct.pack("<HH", 0x201, 84))
    sparse = data[: type_at + 9] + b"\1" + data[type_at + 10 :]
    assert resources.texts(sparse, NUMBER) == {"": "Sample"}
    short = data[: type_at + 9] + b"\2" + data[type_at + 10 :]
    assert resources.texts(short, NUMBER) == {"": "Sample"}
    entry = data.rindex(struct.pack("<HHI", 8, 0, 0))
    compact = data[:entry] + struct.pack("<HHI", 0, 8 | 3 << 8, 0) + data[entry + 8 :]
    assert resources.texts(compact, NUMBER) == {"": "Sample"}


@given(st.binary(max_size=40), st.integers(0, 500))
def test_no_bytes_break_it(noise: bytes, at: int) -> None:
    data = write_table(BOTH, through=1)
    assert isinstance(resources.texts(data[:at] + noise + data[at + len(noise) :], NUMBER + 1), dict)

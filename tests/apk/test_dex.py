import hashlib
import struct
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.apk.made_dex import HEADER, patched, sealed, write_dex

from cleannet.apk import dex

SMS = ("Landroid/telephony/SmsManager;", "sendTextMessage")
CALLS = ("Landroid/provider/CallLog$Calls;", "CONTENT_URI")
MINE = "Lcom/example/A;"
ORDINARY = write_dex(["http://a.example/"], [SMS], [CALLS], [MINE])
STRINGS, TYPES, FIELDS, METHODS, CLASSES = 56, 64, 80, 88, 96

text = st.text(max_size=40)
name = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=12)
reference = st.tuples(name.map(lambda it: f"L{it};"), name)


@given(
    st.sets(text, max_size=20), st.lists(reference, max_size=8), st.lists(reference, max_size=8), st.sampled_from("<>")
)
def test_what_was_written_is_read(
    strings: set[str], methods: list[tuple[str, str]], fields: list[tuple[str, str]], order: str
) -> None:
    read = dex.read(write_dex(strings, methods, fields, [MINE], order=order))
    assert strings <= set(map(dex.decoded, read.strings))
    assert (list(read.methods), list(read.fields)) == (methods, fields)
    assert read.classes == [MINE]
    assert read.problems == ()


@pytest.mark.parametrize("version", ["035", "037", "038", "039", "040"])
def test_every_version_is_known(version: str) -> None:
    read = dex.read(write_dex(["a"], version=version))
    assert (read.version, read.problems) == (version, ())


def _swapped(at: int, count: int) -> bytes:
    return patched(ORDINARY, at, count, struct.unpack_from("<I", ORDINARY, at + 4)[0])


# What is done to an ordinary file, what is said of it, and whether its method is still read.
ODD = {
    "another magic": (b"xyz\n" + ORDINARY[4:], "the magic is not that of DEX", True),
    "no version": (sealed(b"dex\nabc" + ORDINARY[7:]), "the version is none of", True),
    "a future version": (sealed(b"dex\n099" + ORDINARY[7:]), "the version is none of", True),
    "no byte order": (patched(ORDINARY, 40, 0), "the byte order mark", True),
    "a long header": (patched(ORDINARY, 36, 4096), "the header says it has 4096 bytes", True),
    "another size": (patched(ORDINARY, 32, 7), "the header says the file has 7 bytes", True),
    "bytes after the end": (ORDINARY + bytes(100), f"the file has {len(ORDINARY)} bytes, it has", True),
    "a wrong checksum": (ORDINARY[:8] + bytes(4) + ORDINARY[12:], "the checksum is wrong", True),
    "half of it": (ORDINARY[: len(ORDINARY) // 2], "the header says the file has", False),
    "the header alone": (ORDINARY[:HEADER], "the table of strings has", False),
    "a table elsewhere": (
        patched(ORDINARY, METHODS, 1, 0xFFFFFF00),
        "the table of methods is where the map says",
        True,
    ),
    "no map and a table elsewhere": (
        patched(patched(ORDINARY, 52, 0), METHODS, 1, 0xFFFFFF00),
        "the table of methods has 1 rows, 0 are in the file",
        False,
    ),
    "a giant table": (patched(patched(ORDINARY, 52, 0), STRINGS, 0xFFFFFFFF), "has 4294967295 rows", True),
    "a giant table of classes": (_swapped(CLASSES, 0x7FFFFFFF), "the table of classes is where the map says", True),
    "a map that differs": (_swapped(TYPES, 1), "header and map differ about the table of types", False),
    "a table in the header": (patched(patched(ORDINARY, 52, 0), FIELDS, 3, 8), "the table of fields has 3 rows", True),
    "an optimised file": (
        b"dey\n036\0" + struct.pack("<8I", 40, len(ORDINARY), 0, 0, 0, 0, 0, 0) + ORDINARY,
        "only the file inside is read",
        True,
    ),
}


@pytest.mark.parametrize(("data", "said", "still"), ODD.values(), ids=ODD.keys())
def test_an_odd_file_is_read_as_far_as_it_goes_and_said_to_be_odd(data: bytes, said: str, still: bool) -> None:
    read = dex.read(data)
    assert any(said in problem for problem in read.problems), read.problems
    assert (SMS in read.methods) == still


@pytest.mark.parametrize(
    "data", [b"", b"dex\n035\0", bytes(4096), b"PK\3\4" + bytes(4096)], ids=["empty", "short", "zeros", "zip"]
)
def test_what_is_no_dex_is_refused(data: bytes) -> None:
    with pytest.raises(dex.NotDex):
        dex.read(data)


def test_strings_that_overlap_cost_no_more_than_the_file_is_long() -> None:
    data = write_dex(["x" * 50_000], [SMS])
    at = struct.unpack_from("<I", data, STRINGS + 4)[0]
    long = max(struct.unpack_from("<4I", data, at), key=lambda offset: data.find(0, offset + 3) - offset)
    table = len(data)
    bomb = data + struct.pack("<20000I", *[long] * 20_000)
    read = dex.read(patched(bomb, STRINGS, 20_000, table))
    assert sum(map(len, read.strings)) <= len(bomb)
    assert any("the strings overlap" in problem for problem in read.problems)


def test_references_are_found_by_their_name() -> None:
    read = dex.read(write_dex(["a"], [SMS, CALLS, SMS]))
    wanted = {read.strings.index(b"sendTextMessage")}
    assert list(read.methods.named(wanted)) == [0, 2]
    assert [read.methods[position] for position in read.methods.named(wanted)] == [SMS, SMS]


@given(st.sets(text, min_size=1, max_size=20))
def test_texts_in_a_row_and_one_by_one_are_the_same(strings: set[str]) -> None:
    data = write_dex({*strings, "x" * 200, "y" * 20_000})
    count, at = struct.unpack_from("<II", data, STRINGS)
    offsets = array("I", data[at : at + 4 * count])
    in_a_row = dex._in_a_row(data, offsets)
    assert in_a_row == dex._one_by_one(data, offsets, [])
    assert len(in_a_row) == count


def test_texts_in_another_order_are_read_one_by_one() -> None:
    data = write_dex(["a", "b", "c"])
    count, at = struct.unpack_from("<II", data, STRINGS)
    offsets = struct.unpack_from(f"<{count}I", data, at)
    turned = patched(data, at, *reversed(offsets))
    assert list(dex.read(turned).strings) == list(dex.read(data).strings)[::-1]


def test_an_index_that_leads_nowhere_leaves_the_others() -> None:
    data = write_dex(["a"], [SMS, CALLS])
    at = struct.unpack_from("<I", data, METHODS + 4)[0]
    read = dex.read(sealed(data[: at + 4] + b"\xff\xff\xff\x7f" + data[at + 8 :]))
    assert list(read.methods) == [("Landroid/telephony/SmsManager;", ""), CALLS]
    assert "1 of 2 references lead nowhere" in read.problems


def test_strings_outside_the_file_are_counted() -> None:
    data = write_dex(["a"])
    at = struct.unpack_from("<I", data, STRINGS + 4)[0]
    read = dex.read(patched(data, at, 0xFFFFFFF0, 3))
    assert "2 strings lie outside the file" in read.problems


def test_a_string_without_an_end_is_cut() -> None:
    data = write_dex(["a"]) + b"zz"
    at = struct.unpack_from("<I", data, STRINGS + 4)[0]
    read = dex.read(patched(data, at, len(data) - 3))
    assert read.strings[0] == b"zz"
    assert any("have no end" in problem for problem in read.problems)


def test_a_container_has_several_files() -> None:
    first, second = write_dex(["first"], version="041"), write_dex(["second"], [SMS], version="041")
    # Offsets of the second count from the start of the container: its file begins with as many bytes as the first has.
    moved = bytearray(second)
    for position in (52, STRINGS + 4, TYPES + 4, 76, METHODS + 4, 108):
        struct.pack_into("<I", moved, position, struct.unpack_from("<I", second, position)[0] + len(first))
    at, count = struct.unpack_from("<I", second, STRINGS + 4)[0], struct.unpack_from("<I", second, STRINGS)[0]
    for row in range(count):
        struct.pack_into("<I", moved, at + 4 * row, struct.unpack_from("<I", second, at + 4 * row)[0] + len(first))
    one, other = (dex.read(part) for part in dex.parts(first + bytes(moved)))
    assert (b"first" in one.strings, b"second" in other.strings) == (True, True)
    assert list(other.methods) == [SMS]


def test_a_container_that_leads_back_ends() -> None:
    data = write_dex(["a"], version="041")
    assert len(list(dex.parts(data + data[:HEADER] * 100))) <= 1 + dex.MOST_PARTS


def test_a_file_is_its_only_part() -> None:
    assert list(dex.parts(ORDINARY)) == [ORDINARY]


@given(st.binary(max_size=400), st.integers(0, len(ORDINARY)))
def test_no_bytes_break_the_reader(noise: bytes, at: int) -> None:
    for data in (noise, ORDINARY[:at] + noise + ORDINARY[at + len(noise) :]):
        try:
            read = dex.read(data)
        except dex.NotDex:
            continue
        assert sum(map(len, read.strings)) <= len(data)


def test_the_writer_makes_what_the_format_says() -> None:
    assert ORDINARY[12:32] == hashlib.sha1(ORDINARY[32:]).digest()

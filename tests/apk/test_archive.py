import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.apk.made_zip import STORED, Member, write_zip

from cleannet.apk.archive import Archive, NotArchive, NotRead

CONTENT = b"the content of an entry " * 20
MOST = 1 << 20


def test_it_reads_what_zipfile_writes() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        written.writestr("a", CONTENT)
        written.writestr("b/c", CONTENT, zipfile.ZIP_DEFLATED)
    archive = Archive(file.getvalue())
    assert [entry.name for entry in archive.entries] == ["a", "b/c"]
    assert [archive.read(name, MOST) for name in ("a", "b/c")] == [CONTENT] * 2
    assert (archive.signs, archive.encrypted) == ([], False)


@given(
    st.dictionaries(st.text("abc/", min_size=1, max_size=5), st.binary(max_size=300), max_size=6),
    st.sampled_from([0, 8]),
)
def test_what_was_written_is_read(written: dict[str, bytes], method: int) -> None:
    archive = Archive(write_zip(Member(name, data, method) for name, data in written.items()))
    assert {entry.name: archive.unpack(entry, MOST) for entry in archive.entries} == written


# What is odd about the one entry or the file, and what is said; the content is still read.
ODD = {
    "the flag of encryption": (write_zip([Member("a", CONTENT, flags=1)]), "1 entries have the flag of encryption"),
    "an unknown method, stored": (
        write_zip([Member("a", CONTENT, STORED, told_method=0x1337)]),
        "compression method 4919 of 1 entries",
    ),
    "an unknown method, deflated": (
        write_zip([Member("a", CONTENT, told_method=77)]),
        "compression method 77 of 1 entries",
    ),
    "another name in the local header": (
        write_zip([Member("a", CONTENT, local="b")]),
        "1 entries are called otherwise in their local header",
    ),
    "bytes before": (write_zip([Member("a", CONTENT)], before=b"#!/bin/sh\n"), "other bytes before the first entry"),
    "a span mark": (write_zip([Member("a", CONTENT)], before=b"PK00"), "a span mark before the first entry"),
    "two of a name": (write_zip([Member("a", b"first"), Member("a", CONTENT)]), "1 names stand more than once: a"),
    "a path that leaves": (
        write_zip([Member("a", CONTENT), Member("../../etc/passwd"), Member("/x"), Member("..\\y")]),
        "3 names lead out of the folder: ../../etc/passwd, ..\\y, /x",
    ),
    "a file that is a folder": (
        write_zip([Member("a", CONTENT), Member("a/b")]),
        "1 names are a file and a folder at once: a",
    ),
    "a name that is not shown": (
        write_zip([Member("a", CONTENT), Member("x\u202egpj.exe")]),
        "1 names hold characters",
    ),
    "a claim of size": (
        write_zip([Member("a", CONTENT), Member("b", b"x" * 99, size=0xFFFFFFF0)]),
        "1 entries claim more than 1000 times their packed size: b",
    ),
    "two ends": (write_zip([Member("a", CONTENT)], comment=b"PK\5\6" + bytes(18)), "2 ends of a central directory"),
    "shared bytes": (
        write_zip([Member("a", CONTENT), Member("b", CONTENT, at=0)]),
        "1 entries share their bytes with others",
    ),
    "an entry astray": (
        write_zip([Member("a", CONTENT), Member("b", at=0x7FFFFFF0)]),
        "1 entries have no local header",
    ),
}


@pytest.mark.parametrize(("data", "said"), ODD.values(), ids=ODD.keys())
def test_an_odd_archive_is_read_and_said_to_be_odd(data: bytes, said: str) -> None:
    archive = Archive(data)
    assert any(said in sign for sign in archive.signs), archive.signs
    assert archive.read("a", MOST) == CONTENT
    assert not archive.encrypted


def test_a_directory_that_zipfile_refuses_is_read_as_android_does() -> None:
    data = write_zip([Member("a", CONTENT)], comment=b"x")
    damaged = data.replace(b"PK\1\2\x14\0\x14\0", b"PK\1\2\x14\0\xff\xff")
    with pytest.raises(NotImplementedError):
        zipfile.ZipFile(io.BytesIO(damaged))
    archive = Archive(damaged)
    assert archive.read("a", MOST) == CONTENT
    assert archive.signs[0].startswith("an ordinary ZIP reader refuses it")


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\3\4" + bytes(100), b"PK\5\6" + bytes(8), bytes(5000), write_zip([Member("a", CONTENT)])[:60]],
    ids=["empty", "no directory", "half an end", "zeros", "truncated"],
)
def test_what_has_no_directory_is_refused(data: bytes) -> None:
    with pytest.raises(NotArchive):
        Archive(data)


@pytest.mark.parametrize(
    ("member", "code"),
    [
        (Member("a", bytes(50 << 20)), "too_large"),
        (Member("a", bytes(50 << 20), size=5), "too_large"),
        (Member("a", b"\xff" * 50, STORED, told_method=8), "broken"),
        (Member("a", b"\xff" * 50, STORED, told_method=8, flags=1), "encrypted"),
        (Member("a", CONTENT, told_method=99, flags=1), "encrypted"),
        (Member("a", CONTENT, at=0x7FFFFFF0), "broken"),
    ],
    ids=["a bomb", "a bomb that says it is small", "no deflate", "encrypted", "AES", "astray"],
)
def test_an_entry_that_cannot_be_read_says_why(member: Member, code: str) -> None:
    archive = Archive(write_zip([member]))
    with pytest.raises(NotRead) as caught:
        archive.read("a", MOST)
    assert caught.value.code == code


def test_the_head_of_a_bomb_is_read_without_unpacking_it() -> None:
    archive = Archive(write_zip([Member("a", b"dex\n035\0" + bytes(50 << 20))]))
    assert archive.head(archive.entries[0], 8) == b"dex\n035\0"


def test_what_is_encrypted_in_truth_is_told_from_the_flag() -> None:
    assert Archive(write_zip([Member("a", b"noise", STORED, flags=1, crc=1)])).encrypted
    assert not Archive(write_zip([Member("a", b"plain", STORED, flags=1)])).encrypted


def test_a_missing_entry_is_named() -> None:
    with pytest.raises(NotRead, match="there is no entry b") as caught:
        Archive(write_zip([Member("a")])).read("b", MOST)
    assert caught.value.code == "missing"


@given(st.binary(max_size=60), st.integers(0, 200))
def test_no_bytes_break_the_reader(noise: bytes, at: int) -> None:
    data = write_zip([Member("a", CONTENT), Member("b", CONTENT, STORED)])
    try:
        archive = Archive(data[:at] + noise + data[at + len(noise) :])
    except NotArchive:
        return
    for entry in archive.entries:
        try:
            assert len(archive.unpack(entry, 2000)) <= 2000
        except NotRead:
            continue

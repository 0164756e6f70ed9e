from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.edge.conftest import mangled
from tests.edge.test_kernel import ENTRIES, INDEX
from tests.edge.test_zeek import AT, DNS, HTTP

from cleannet.edge import files, plain_zeek, zeek
from cleannet.edge.files import LogFile
from cleannet.edge.rows import Row, Source
from cleannet.edge.sieve import Sieve

SIEVE = Sieve(ENTRIES)
OF_DNS = [
    "1763769600.000001\tC1\t10.0.0.1\tgood.net",
    "1763769601.5\tC1\t10.0.0.2\tx.Evil.example",
    "1763769602\tC1\t10.0.0.3\t-",
    "1763769602\tC1\t-\tgood.net",
    "1763769602\tC1\t10.0.0.3\t(empty)",
    "1763769602\tC1\t10.0.0.3\tevil\\x2eexample",
    "2025-11-22T00:00:00Z\tC1\t10.0.0.3\tevil.example\r",
    "1\tC1\t10.0.0.3\tgood.net",
    "763769600.000001\tC1\t10.0.0.1\tgood.net",
    "9999999999\tC1\t10.0.0.3\tgood.net",
    "1763769602\tC1\t10.0.0.3",
    "#fields\tts\tid.orig_p\tid.orig_h\tquery",
    "",
    "#close\t2026",
    "#fields\tts\tid.orig_h\tquery",
    "#path\thttp",
    "#path\tother",
    "#separator ,",
    "#separator \\x0a",
    "#separator \\x0d",
]
OF_HTTP = [
    "1763769600\t10.0.0.1\t192.0.2.1\t80\tgood.net\t/a",
    "1763769600\t10.0.0.1\t192.0.2.7\t80\tgood.net\t/a",
    "1763769600\t10.0.0.1\t192.0.2.1\t80\t-\t-",
    "1763769600\t10.0.0.1\t-\t-\t-\t-",
    "1763769600\t10.0.0.1\t192.0.2.1\t8080\tnamed.example\thttp://evil.example/",
    "1763769600\t10.0.0.1\t192.0.2.1\t80\tgood.net\t/panel/login.php?x",
    "1763769600\t10.0.0.1\t192.0.2.1\t80\tgood.net:443:x\tgood.net:443",
]


def both(path: Path) -> tuple[tuple[Source, list[Row]], tuple[Source, list[Row]]]:
    """Return what is said of a file and which rows match, read the fast way and row by row."""
    fast, slow = Source(path.name, 2 * AT, AT - 1000), Source(path.name, 2 * AT, AT - 1000)
    rows = plain_zeek.read_tab_separated(LogFile(path), fast, SIEVE.rest)
    matching = [row for row in rows if INDEX.find(row.host, row.address, row.port, row.target)]
    every = zeek.read_tab_separated(LogFile(path), slow)
    return (fast, matching), (slow, [row for row in every if INDEX.find(row.host, row.address, row.port, row.target)])


def rows_of(lines: list[str]) -> st.SearchStrategy[bytes]:
    return st.lists(st.sampled_from(lines), max_size=12).map(lambda chosen: "".join(f"{x}\n" for x in chosen).encode())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True)
@given(
    data=st.one_of(
        st.tuples(st.just(DNS.encode()), rows_of(OF_DNS) | mangled(*OF_DNS[:4])),
        st.tuples(st.just(HTTP.encode()), rows_of([*OF_HTTP, *OF_DNS[-8:]]) | mangled(*OF_HTTP)),
    ),
    chunk=st.sampled_from([1, 7, 64, 1 << 20]),
    ended=st.booleans(),
)
@example(data=(DNS.encode(), "".join(f"{line}\n" for line in OF_DNS).encode()), chunk=1 << 20, ended=True)
@example(data=(HTTP.encode(), "".join(f"{line}\n" for line in OF_HTTP).encode()), chunk=1 << 20, ended=False)
@example(
    data=(DNS.encode(), "\n".join([OF_DNS[11], OF_DNS[1].replace("C1", "4242")]).encode()), chunk=1 << 20, ended=True
)
@example(data=(b"#fields\tts\n", b""), chunk=1, ended=True)
@example(data=(b"#path\tdns", b""), chunk=1 << 20, ended=False)
@example(data=(DNS.encode(), b"#separator \\x0a\n" + OF_DNS[1].encode()), chunk=1 << 20, ended=False)
def test_the_account_and_the_matches_do_not_depend_on_the_way(
    tmp_path: Path, data: tuple[bytes, bytes], chunk: int, ended: bool
) -> None:
    path = tmp_path / "x.log"
    text = b"".join(data)
    path.write_bytes(text if ended else text.rstrip(b"\n"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "CHUNK", chunk)
        fast, slow = both(path)
    assert fast == slow

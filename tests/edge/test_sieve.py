import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.edge.test_kernel import ENTRIES, INDEX, PIECES, watched

from cleannet.edge.days import day_of
from cleannet.edge.matching import Index
from cleannet.edge.rows import Source, requested
from cleannet.edge.sieve import Batch, Sieve
from cleannet.edge.table import texts_of

DAY = 86_400_000_000
SIEVE = Sieve(ENTRIES)


def batch(rows: list[tuple[str, str, str]], at: list[int] | None = None) -> Batch:
    host, address, uri = (texts_of(column) for column in zip(*rows, strict=True))
    moments = np.array(at if at is not None else [DAY] * len(rows), np.int64)
    return Batch(moments, np.zeros(len(rows), np.uint8), host, address, uri)


@pytest.mark.parametrize(
    ("host", "address", "uri", "stays"),
    [
        ("good.example", "203.0.113.9", "/index.html", False),
        ("good.example", "", "", False),
        ("", "203.0.113.9", "", False),
        ("evil.example", "", "", True),
        ("good.example", "192.0.2.7", "", True),
        ("good.example", "", "http://evil.example/", True),
        ("good.example", "", "HTTPS://x.evil.example:8443?x", True),
        ("evil.example", "", "http://good.example/", False),
        ("evil.example", "", "http:///path", True),
        ("good.example", "", "http://user@good.example/", True),
        ("good.example", "", "http://good.example:80/", False),
        ("good.example", "", "ftp://evil.example/", False),
        ("good.example", "", "/panel/login.php?a=b", True),
        ("good.example", "", "/panel", True),
        ("good.example", "", "/panel;x/login.php", True),
        ("good.example", "", "/panels/login.php", False),
        ("good.example", "", "/a/../panel/login.php", True),
        ("good.example", "", "/%70anel/login.php", True),
        ("good.example", "", "/a?/panel/login.php", False),
        ("good.example", "", "http://other.example/panel/login.php", True),
        ("good.example", "", " /x", True),
        ("恶意.example", "", "", True),
        ("", "", "", True),
    ],
)
def test_which_rows_stay(host: str, address: str, uri: str, stays: bool) -> None:
    source = Source("x", 2 * DAY)
    assert SIEVE.rest(batch([(host, address, uri)]), source).tolist() == [0] * stays
    assert source.rows == (not stays)


TEXTS = st.lists(PIECES, max_size=8).map("".join)
URIS = st.lists(
    st.sampled_from(
        "/ http:// https:// evil.example host.example good.net panel login.php a ? # & ; . .. %70 : 80 @".split()
    )
    | PIECES,
    max_size=8,
).map("".join)


@given(st.lists(st.tuples(TEXTS, TEXTS, URIS), min_size=1, max_size=6), st.sampled_from([0, 80, 443, 8080]))
def test_what_is_settled_matches_nothing(rows: list[tuple[str, str, str]], port: int) -> None:
    rest = set(SIEVE.rest(batch(rows), Source("x", 2 * DAY)).tolist())
    for number, (host, address, uri) in enumerate(rows):
        if number not in rest:
            # The readers strip a field before they ask.
            asked, port_told, target = requested(host.strip(), uri.strip(), str(port))
            assert not INDEX.find(asked, address.strip(), port_told, target)
            assert asked or address


def test_settled_rows_are_accounted_for_with_their_times() -> None:
    source = Source("x", 10 * DAY, 5 * DAY)
    moments = [DAY, 6 * DAY, 9 * DAY, 7 * DAY, DAY, 11 * DAY, -1]
    names = ["a.net", "a.net", "b.net", "evil.example", "evil.example", "a.net", "a.net"]
    rest = SIEVE.rest(batch([(name, "", "") for name in names], moments), source)
    assert rest.tolist() == [3, 5, 6]
    assert (source.rows, source.late, source.first, source.last) == (4, 2, 6 * DAY, 9 * DAY)
    assert source.days == {day_of(6 * DAY): 1, day_of(9 * DAY): 1}


@given(st.lists(st.integers(0, 40 * DAY), min_size=1, max_size=30))
def test_settled_rows_are_counted_by_day_as_others_are(moments: list[int]) -> None:
    settled, taken = Source("x", 50 * DAY), Source("x", 50 * DAY)
    assert not len(SIEVE.rest(batch([("a.net", "", "")] * len(moments), moments), settled))
    for line, at in enumerate(moments):
        taken.takes(at, line)
    assert settled == taken


def test_an_odd_row_stays() -> None:
    odd = batch([("good.example", "", "")] * 2)
    odd.odd[1] = 1
    assert SIEVE.rest(odd, Source("x", 2 * DAY)).tolist() == [1]


def test_paths_are_not_looked_for_without_one_on_the_list() -> None:
    entries = watched("evil.example")
    rows = [("good.example", "", "/%70anel/../login.php")]
    assert SIEVE.rest(batch(rows), Source("x", 2 * DAY)).tolist() == [0]
    assert Sieve(entries).rest(batch(rows), Source("x", 2 * DAY)).tolist() == []
    assert not Index(entries).find("good.example", "", 0, "/%70anel/../login.php")

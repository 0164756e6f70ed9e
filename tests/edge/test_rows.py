import pytest

from cleannet.edge.days import DAY, day_of
from cleannet.edge.rows import SHOWN_PER_SOURCE, Source, port_or_zero, requested


@pytest.mark.parametrize(
    ("host", "uri", "port", "found"),
    [
        ("a.example", "", "", ("a.example", 0, "")),
        ("a.example", "/x?y", "80", ("a.example", 80, "/x?y")),
        ("a.example:81", "", "80", ("a.example", 80, "")),
        ("a.example:81", "", "x", ("a.example", 81, "")),
        ("[2001:db8::1]:81", "", "", ("2001:db8::1", 81, "")),
        ("2001:DB8::1", "", "", ("2001:db8::1", 0, "")),
        ("proxy.example", "HTTP://a.example:81/x", "3128", ("a.example", 3128, "/x")),
        ("", "https://13800138000:p@x@a.example", "", ("a.example", 0, "/")),
        ("", "http://a.example?q", "", ("a.example", 0, "/?q")),
        ("a.example", "a.example:443", "443", ("a.example", 443, "")),
        ("a.example", "ftp://b.example/x", "999999", ("a.example", 0, "")),
    ],
)
def test_what_a_row_asked_for(host: str, uri: str, port: str, found: tuple[str, int, str]) -> None:
    assert requested(host, uri, port) == found


@pytest.mark.parametrize(
    ("text", "port"),
    [("1", 1), ("65535", 65535), ("65536", 0), ("-1", 0), ("", 0), ("8x", 0), ("８０", 0), ("9" * 5000, 0)],
)
def test_a_port(text: str, port: int) -> None:
    assert port_or_zero(text) == port


def test_every_row_is_accounted_for() -> None:
    source = Source("a.log", latest=100, earliest=10)
    assert [source.takes(at, line) for line, at in enumerate((50, 101, 9, 10, 100, -1), 1)] == [
        True,
        False,
        False,
        True,
        True,
        False,
    ]
    source.pass_over()
    source.break_row(7, "why", 3)
    assert (source.rows, source.broken, source.late, source.unmapped) == (10, 5, 1, 1)
    assert (source.first, source.last) == (10, 100)
    assert [(row.file, row.line) for row in source.shown] == [("a.log", 2), ("a.log", 6), ("a.log", 7)]


def test_rows_are_counted_by_the_day_they_lie_in() -> None:
    source = Source("a.log", latest=9 * DAY, earliest=DAY)
    for line, at in enumerate((0, DAY, 2 * DAY, 2 * DAY + 1, 10 * DAY), 1):
        source.takes(at, line)
    assert source.days == {day_of(DAY): 1, day_of(2 * DAY): 2}
    both = source.plus(source)
    assert (both.days, source.days) == ({day_of(DAY): 2, day_of(2 * DAY): 4}, {day_of(DAY): 1, day_of(2 * DAY): 2})


def test_only_the_first_broken_rows_are_shown() -> None:
    source = Source("a.log", latest=100)
    for line in range(1, 20):
        source.break_row(line, "why")
    assert (source.broken, len(source.shown)) == (19, SHOWN_PER_SOURCE)

from cleannet.edge.rows import SHOWN_PER_SOURCE, Source


def test_every_row_is_accounted_for() -> None:
    source = Source("a.log", latest=100, earliest=10)
    assert [source.takes(at, line) for line, at in enumerate((50, 101, 9, 10, 100), 1)] == [
        True,
        False,
        False,
        True,
        True,
    ]
    source.pass_over()
    source.break_row(7, "why", 3)
    assert (source.rows, source.broken, source.late, source.unmapped) == (9, 4, 1, 1)
    assert (source.first, source.last) == (10, 100)
    assert [(row.file, row.line) for row in source.shown] == [("a.log", 2), ("a.log", 7)]


def test_only_the_first_broken_rows_are_shown() -> None:
    source = Source("a.log", latest=100)
    for line in range(1, 20):
        source.break_row(line, "why")
    assert (source.broken, len(source.shown)) == (19, SHOWN_PER_SOURCE)

from datetime import UTC, datetime, timedelta

from cleannet.core.tally import to_micros
from cleannet.edge import coverage
from cleannet.edge.rows import Source
from cleannet.formats import canonical
from cleannet.formats.messages import CoveredSource

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_files_of_one_name_are_one_source_with_its_last_row() -> None:
    latest = to_micros(NOW) + 9
    sources = [Source(name, latest) for name in ("a/dns.log", "b/dns.log", "c/http.log")]
    for source, at in zip(sources, (to_micros(NOW), 5, None), strict=True):
        if at is not None:
            source.takes(at, 1)
    assert coverage.of(sources) == (CoveredSource("dns.log", 2, NOW), CoveredSource("http.log", 0, None))


def test_a_source_run_again_is_replaced_and_others_stay() -> None:
    first = coverage.merged((), (CoveredSource("a", 1, None), CoveredSource("b", 1, None)), NOW)
    later = coverage.merged(first, (CoveredSource("a", 2, NOW),), NOW + timedelta(hours=1))
    assert [(one.source.file, one.source.rows) for one in later] == [("a", 2), ("b", 1)]
    assert coverage.read(canonical.decode(canonical.encode(coverage.write(later)))) == later


def test_only_the_newest_two_hundred_of_seven_days_are_kept() -> None:
    kept: tuple[coverage.Covered, ...] = ()
    for number in range(coverage.MOST + 5):
        kept = coverage.merged(kept, (CoveredSource(str(number), 1, None),), NOW + timedelta(minutes=number))
    assert {one.source.file for one in kept} == {str(number) for number in range(5, coverage.MOST + 5)}
    end = kept[0].counted_at + coverage.FORGOTTEN_AFTER
    assert [one.source.file for one in coverage.current(kept, end)] == ["204"]
    assert coverage.merged(kept, (), end + timedelta(seconds=1)) == ()

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.edge.test_findings import FOUND
from tests.edge.test_kept import DAY_0, START, found, log

from cleannet.core.allow import Decision
from cleannet.edge.days import DAY, date_of
from cleannet.edge.findings import Findings, digest
from cleannet.edge.kept import Kept
from cleannet.edge.ranking import rank


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    opened = Kept(tmp_path / "counted.db")
    read = log()
    for day, who, province in ((0, b"a", "32"), (0, b"b", "44"), (0, b"c", "32"), (2, b"a", "")):
        at = START + day * DAY
        read.source.days[DAY_0 + day] = 1
        read = opened.commit(found((at, who, province)), read)
    opened.commit(found((START, b"c", "")), read)
    yield opened
    opened.close()


def test_programs_are_ranked_with_servers_and_provinces(kept: Kept) -> None:
    lines = list(rank(kept, DAY_0 - 1, DAY_0 + 3).lines(20))
    before, first, second, third, last = (date_of(DAY_0 + day) for day in range(-1, 4))
    assert lines[:2] == [
        f"{before} to {last}, by the logs of 2 days.",
        f"Not covered, as no log holds a row of them: {before}, {second}, {last}.",
    ]
    assert lines[3].split() == ["P", "5", "3", "3", "0", "0", "0.00"]
    assert lines[4:] == [
        "P: infected 江苏 Jiangsu 2, not told 2, 广东 Guangdong 1",
        f"  控制服务器 Control server evil.example of P: 5 rows, {first} to {third}",
    ]


def test_days_in_a_row_that_are_not_covered_are_named_as_one(kept: Kept) -> None:
    (line,) = (line for line in rank(kept, DAY_0 - 5, DAY_0).lines(1) if line.startswith("Not covered"))
    assert line.endswith(f": {date_of(DAY_0 - 5)} to {date_of(DAY_0 - 1)}.")


def test_a_ranking_as_values(kept: Kept) -> None:
    document = rank(kept, DAY_0, DAY_0 + 1).document
    assert (document["schema"], document["from"], document["without_rows"]) == (
        1,
        str(date_of(DAY_0)),
        [str(date_of(DAY_0 + 1))],
    )
    (program,) = document["programs"]
    assert (program["infected"]["subscribers"], program["infected"]["by_province"]["44"]["maximum_24h"]) == (3, 1)
    assert "curve" not in program["infected"]
    assert [(one["indicator"], one["hits"]) for one in program["seen"]] == [("evil.example", 4)]


def test_what_an_allow_list_holds_back_is_not_ranked(kept: Kept) -> None:
    held = Findings(digest)
    held.seen[replace(FOUND[0], decision=Decision("hold", "nothing", "ordinary", "evil.example", "a", 1)), DAY_0] = 9
    kept.commit(held, log("other.log"))
    assert len(kept.seen(DAY_0)) == 2
    assert [one["hits"] for one in rank(kept, DAY_0, DAY_0).seen] == [4]


def test_days_that_were_forgotten_are_not_covered(kept: Kept) -> None:
    kept.forget(DAY_0 + 1)
    found = rank(kept, DAY_0, DAY_0 + 2)
    assert (found.without_rows, list(found.rows)) == ([DAY_0, DAY_0 + 1], [DAY_0 + 2])


def test_an_indicator_of_a_list_that_was_read_anew_is_one(kept: Kept) -> None:
    moved = Findings(digest)
    (entry,) = FOUND
    moved.seen[replace(entry, indicator=replace(entry.indicator, line=99)), DAY_0 + 2] = 7
    kept.commit(moved, log("other.log"))
    (one,) = rank(kept, DAY_0, DAY_0 + 2).seen
    assert (one["hits"], one["watchlist_line"], one["last"]) == (12, 99, str(date_of(DAY_0 + 2)))


def test_days_in_which_nothing_was_counted(kept: Kept) -> None:
    assert list(rank(kept, DAY_0 + 9, DAY_0 + 9).lines(9))[-1] == "Nothing was counted in these days."

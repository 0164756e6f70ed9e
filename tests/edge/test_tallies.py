from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tests.edge.test_findings import FOUND, ROW
from tests.edge.test_kernel import watched

from cleannet.core.allow import Decision
from cleannet.edge.findings import Findings, digest
from cleannet.edge.rows import Source
from cleannet.edge.tallies import draw_up, of_changed, seen
from cleannet.edge.watchlists import load_allow_lists, load_watchlists

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def test_the_document_says_what_was_looked_for_and_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "android_evil.txt").write_text("evil.example\n")
    allowed = load_allow_lists([])
    watchlist = load_watchlists([tmp_path], allowed.lists, NOW, {}, 0)
    findings = Findings(digest)
    findings.take(ROW, FOUND, bytes(16))
    source = Source("x.log", 2**60, subscribers="numbers", rows=3)
    source.break_row(2, "why")
    run = draw_up(
        findings.programs([0]),
        [source],
        watchlist,
        allowed,
        batch="b",
        found_at=NOW,
        seen=seen(findings.seen),
        thresholds=[0, 0],
        policy={"id": "p"},
    )
    assert run.tally.subscribers == "numbers"
    assert run.document["rows"] == {"read": 4, "broken": 1, "late": 0, "unmapped": 0}
    assert run.document["broken"] == [{"file": "x.log", "line": 2, "reason": "why"}]
    assert (run.document["thresholds"], run.document["indicators"]["understood"]) == ([0], 1)
    assert [program.program for program in run.tally.programs] == ["P"]
    assert run.document["held"] == []
    (one,) = run.document["seen"]
    assert (one["indicator"], one["role"], one["hits"], one["first"]) == ("evil.example", "control", 1, "2025-11-22")


def test_indicators_are_told_with_their_rows_of_all_days() -> None:
    (entry,) = FOUND
    held = replace(
        watched("other.example")[0], decision=Decision("hold", "nothing", "ordinary", "other.example", "a", 3)
    )
    told = seen({(entry, 1): 2, (held, 1): 4, (entry, 2): 3})
    assert [(row["indicator"], row["hits"], row["first"], row["last"]) for row in told] == [
        ("evil.example", 5, "1970-01-02", "1970-01-03"),
        ("other.example", 4, "1970-01-02", "1970-01-02"),
    ]
    allowed = load_allow_lists([])
    watchlist = load_watchlists([], allowed.lists, NOW, {}, 0)
    document = draw_up([], [], watchlist, allowed, batch="b", found_at=NOW, seen=told).document
    assert [row["indicator"] for row in document["seen"]] == ["evil.example"]
    assert [(row["indicator"], row["reason"]) for row in document["held"]] == [("other.example", "ordinary")]


def test_without_a_source_subscribers_are_addresses() -> None:
    allowed = load_allow_lists([])
    run = draw_up([], [], load_watchlists([], allowed.lists, NOW, {}, 0), allowed, batch="b", found_at=NOW, seen=[])
    assert (run.tally.subscribers, run.tally.programs) == ("addresses", ())


def test_only_programs_that_changed_are_told_again() -> None:
    document = {"batch": "b", "programs": [{"program": "A", "hits": 1}, {"program": "B", "hits": 2}]}
    first, digests = of_changed(document, {})
    assert first == document | {"unchanged": []}
    again, _ = of_changed(document, digests)
    assert again == {"batch": "b", "programs": [], "unchanged": ["A", "B"]}
    document["programs"] = [{"program": "A", "hits": 1}, {"program": "C", "hits": 2}]
    other, digests = of_changed(document, digests)
    assert (other["programs"], other["unchanged"], sorted(digests)) == (
        [{"program": "C", "hits": 2}],
        ["A"],
        ["A", "C"],
    )

from datetime import UTC, datetime

import pytest

from cleannet.core.allow import AllowLists, Listed
from cleannet.core.indicator import Indicator, parse
from cleannet.core.policy_file import shipped
from cleannet.edge.deadlines import owed
from cleannet.edge.matching import Watched
from cleannet.edge.page import explanation_lines, owed_lines, run_lines
from cleannet.edge.tallies import Run
from cleannet.edge.watchlists import Allowed, NotTaken, Watchlist
from cleannet.formats.tally import ProgramTally, Scale, Tally

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
LISTS = AllowLists([Listed("service.example", "ordinary", "in use", 3)])


def run(subscribers: str, *programs: ProgramTally) -> Run:
    document = {
        "rows": {"read": 9, "broken": 1, "late": 0, "unmapped": 2},
        "assignments": None,
        "sources": [],
        "broken": [{"file": "a.csv", "line": 4, "reason": "the time cannot be read"}],
        "indicators": {"understood": 5, "not_understood": 1, "held_by_allow_list": 1},
        "seen": [
            {
                "indicator": f"c{number}.example",
                "role": "control",
                "program": "Evil",
                "hits": 9 - number,
                "first": "2026-11-20",
                "last": f"2026-11-2{number % 2}",
            }
            for number in range(11)
        ],
        "held": [
            {
                "indicator": "log.service.example",
                "program": "Evil",
                "hits": 3,
                "reason": "ordinary_below",
                "allow_list": "in use",
                "allow_list_line": 3,
            }
        ],
    }
    return Run(document, Tally(subscribers, NOW, "ab", None, programs), ())


def test_a_run_in_words() -> None:
    found = run("numbers", ProgramTally("Evil", 7, Scale(100_001, 100_001), Scale(2, 2), 1234))
    watchlist = Watchlist(shown=[NotTaken("x.txt", 2, "it is a public suffix")])
    allowed = Allowed(LISTS, [], [NotTaken("y.json", 0, "not JSON")])
    law = shipped()["mobile_malware_2011"]
    lines = (*run_lines(found, watchlist, allowed), *owed_lines(owed(found.tally, law, NOW), NOW))
    text = "\n".join(lines)
    for words in (
        "9 read, 1 broken",
        "a.csv:4: the time cannot be read",
        "x.txt:2: it is a public suffix",
        "y.json:0: not JSON",
        "Evil",
        "100001",
        "12.34",
        "控制服务器 Control server c0.example of Evil: 9 rows, 2026-11-20\n",
        "c1.example of Evil: 8 rows, 2026-11-20 to 2026-11-21",
        "… and 1 indicators more (--json)",
        "Held, not counted: log.service.example (Evil), 3 rows: ordinary_below, by in use:3",
        "特别重大 I by 八",
        "found 2026-11-22 16:00:00 Beijing time",
        "due 2026-11-22 18:00:00: incident.reported to miit, copied to bureau:relevant, cncert (十(二))",
    ):
        assert words in text


def test_addresses_are_said_not_to_be_numbers() -> None:
    text = "\n".join(run_lines(run("addresses"), Watchlist(), Allowed(LISTS, [], [])))
    assert "No row matched" in text
    assert "not phone numbers" in text


def assigned(**rows: int) -> dict[str, int]:
    return dict.fromkeys(("joined", "unknown", "no_port", "ambiguous"), 0) | rows


@pytest.mark.parametrize(
    ("logs", "words", "absent"),
    [
        (
            [assigned(joined=7, unknown=2, no_port=1)],
            [
                "Assignments: 5 read, 1 broken.",
                "r.csv:9: the address cannot be read",
                "7 joined with the number that had it, 3 counted for nobody (2 without an assignment then, "
                "1 without the port that tells whose it was, 0 with two numbers at once).",
                "No matched row counts for anybody.",
            ],
            ["0.log", "No row matched"],
        ),
        (
            [assigned(joined=1), assigned(ambiguous=4), None, assigned(unknown=1)],
            ["1 joined", "5 counted for nobody", "1.log: 0 joined", "4 with two numbers", "3.log: 0 joined"],
            ["0.log", "2.log"],
        ),
        ([assigned(unknown=1)] * 12, ["12 counted for nobody", "9.log: ", "… and 2 logs more"], ["10.log"]),
        ([assigned(joined=1), None], ["0 counted for nobody", "No row matched"], ["0.log"]),
    ],
)
def test_who_it_was_is_said(logs: list[dict[str, int] | None], words: list[str], absent: list[str]) -> None:
    found = run("numbers")
    found.document["sources"] = [{"file": f"{number}.log", "assigned": log} for number, log in enumerate(logs)]
    found.document["assignments"] = {
        "slack": 0,
        "rows": {name: sum((log or assigned())[name] for log in logs) for name in assigned()},
        "files": [{"rows": 3, "broken": 0}, {"rows": 2, "broken": 1}],
        "broken": [{"file": "r.csv", "line": 9, "reason": "the address cannot be read"}],
    }
    text = "\n".join(run_lines(found, Watchlist(), Allowed(LISTS, [], [])))
    assert [word for word in words if word not in text] == []
    assert [word for word in absent if word in text] == []


def test_an_explanation_names_lists_and_lines() -> None:
    pattern = parse("log.service.example")
    decision = LISTS.decide(pattern, NOW)
    entry = Watched(Indicator(pattern, "Evil", "control", "infected", "ioc.yaml", 606), decision)
    text = "\n".join(explanation_lines("log.service.example", [entry], decision))
    for words in ("ioc.yaml:606", "控制服务器", "受感染", "hold: ", "service.example, in use:3"):
        assert words in text
    assert "no indicator matches" in next(explanation_lines("x.example", [], decision))


def test_files_passed_over_are_counted_and_the_first_named() -> None:
    names = [f"{number}.md" for number in range(12)]
    text = "\n".join(run_lines(run("numbers"), Watchlist(passed_over=names), Allowed(LISTS, [], [], ["LICENSE"])))
    assert "13 files: 0.md, 1.md" in text
    assert "9.md …" in text
    assert "passed over" not in "\n".join(run_lines(run("numbers"), Watchlist(), Allowed(LISTS, [], [])))

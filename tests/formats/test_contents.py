from pathlib import PurePath

from cleannet.core.indicator import Indicator, parse
from cleannet.formats.contents import Collector, Contents, LeftOut, told_apart, without_comments


def test_comments_end_lines_but_not_fragments() -> None:
    lines = ["# a", "", "evil.example # why", "/a#b", "x\t#y", " # c"]
    assert list(without_comments(lines)) == [(3, "evil.example"), (4, "/a#b"), (5, "x")]


def test_a_collector_keeps_what_it_did_not_understand() -> None:
    collector = Collector("list")
    collector.take("evil.example", 1, "p", lambda _: "distribution")
    collector.take("*.com", 2, "p", lambda _: "control")
    collector.leave_out(3, "field", "a sentence")
    contents = collector.contents("plain")
    assert contents == Contents(
        "plain",
        (Indicator(parse("evil.example"), "p", "distribution", "exposed", "list", 1),),
        (contents.left_out[0], LeftOut(3, "field", "a sentence")),
    )
    assert (contents.left_out[0].line, contents.left_out[0].code) == (2, "too_wide")


def test_lists_are_told_from_other_files_by_their_suffix() -> None:
    files = [PurePath(name) for name in ("z.txt", "a.TXT", "b.md", "LICENSE", "x.txt.bak", ".txt")]
    found, others = told_apart(files, frozenset({".txt"}))
    assert [str(file) for file in found] == ["a.TXT", "z.txt"]
    assert [str(file) for file in others] == [".txt", "LICENSE", "b.md", "x.txt.bak"]

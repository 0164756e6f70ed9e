import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.apk.made_dex import write_dex

from cleannet.apk import behaviours, dex
from cleannet.apk.assessment import Piece
from cleannet.apk.behaviours import BadRule, Facts, Rule
from cleannet.core.terms import BEHAVIOURS

CASES = tomllib.loads((Path(behaviours.__file__).parent / "rules" / "behaviours.cases.toml").read_text())["case"]
RULES = {rule.key: rule for rule in behaviours.shipped()}


def facts_of(listed: Mapping[str, list[str]]) -> Facts:
    facts = Facts()
    for kind, texts in listed.items():
        for text in texts:
            facts.add(kind, text, f"where {text} is")
    return facts


def met(facts: Facts) -> list[str]:
    return [evidence.rule for behaviour in behaviours.behaviours(facts) for evidence in behaviour.evidence]


@pytest.mark.parametrize("case", CASES, ids=[case["about"] for case in CASES])
def test_a_case_meets_exactly_its_rules(case: dict[str, Any]) -> None:
    assert met(facts_of(case["facts"])) == case["expect"]


def test_every_rule_has_a_case() -> None:
    assert RULES.keys() - {key for case in CASES for key in case["expect"]} == set()


def without_a_need() -> Iterator[tuple[dict[str, list[str]], str]]:
    for case in CASES:
        for key in case["expect"]:
            for need in RULES[key].needs:
                left = {
                    kind: [text for text in texts if text not in need.get(kind, ())]
                    for kind, texts in case["facts"].items()
                }
                yield left, key


@pytest.mark.parametrize(("left", "key"), list(without_a_need()))
def test_without_one_of_its_needs_a_rule_is_silent(left: dict[str, list[str]], key: str) -> None:
    assert key not in met(facts_of(left))


def test_every_fact_a_rule_lists_can_meet_its_need() -> None:
    for rule in RULES.values():
        for position, need in enumerate(rule.needs):
            for kind, texts in need.items():
                for text in texts:
                    others = [other for place, other in enumerate(rule.needs) if place != position]
                    listed: dict[str, list[str]] = {kind: [text]}
                    for other in others:
                        first, (some, *_) = next(iter(other.items()))
                        listed.setdefault(first, []).append(some)
                    assert rule.key in met(facts_of(listed)), (rule.key, kind, text)


def test_all_eight_stand_in_their_order_with_their_words() -> None:
    told = behaviours.behaviours(Facts())
    assert [(one.key, one.zh, one.en) for one in told] == [(key, term.zh, term.en) for key, term in BEHAVIOURS.items()]
    assert all(one.evidence == () for one in told)


def test_each_piece_has_its_places_and_each_once() -> None:
    facts = Facts()
    for place in ("a", "b", "a", "c", "d"):
        facts.add("string", "su", place)
    assert facts.piece("string", "su") == Piece("string", "su", ("a", "b", "c"))
    assert facts.piece("string", "other") is None


def test_what_the_rules_ask_for_is_found_in_a_dex_file() -> None:
    facts = Facts()
    read = dex.read(
        write_dex(
            ["su", "ls; screencap -p /sdcard/x", "plain"],
            [("Ljava/lang/Runtime;", "exec"), ("Lcom/example/R;", "abortBroadcast"), ("Lcom/example/R;", "other")],
            [("Landroid/provider/CallLog$Calls;", "CONTENT_URI")],
        )
    )
    facts.add_dex(read, "classes.dex")
    assert facts.piece("method", "Ljava/lang/Runtime;->exec") == Piece(
        "method", "Ljava/lang/Runtime;->exec", ("classes.dex method 0",)
    )
    inherited = facts.piece("method", "->abortBroadcast")
    assert inherited is not None
    assert inherited.places == ("classes.dex method 1 Lcom/example/R;",)
    assert facts.piece("field", "Landroid/provider/CallLog$Calls;->CONTENT_URI")
    string, part = facts.piece("string", "su"), facts.piece("part", "screencap -p")
    assert string is not None
    assert part is not None
    assert string.places == (f"classes.dex string {list(read.strings).index(b'su')}",)
    assert part.places == (f"classes.dex string {list(read.strings).index(b'ls; screencap -p /sdcard/x')}",)


def test_a_part_that_stands_often_is_found_at_its_first_places() -> None:
    facts = Facts()
    facts.add_parts([b"x", b"content://sms", b"", b"content://sms/a content://sms/b", b"content://sms"], "f")
    part = facts.piece("part", "content://sms")
    assert part is not None
    assert part.places == ("f string 1", "f string 3", "f string 4")


BAD = {
    "[[rule]]\nkey = 'a'": "a: without behaviour, en, needs, zh",
    "[[rule]]\nkey='a'\nbehaviour='bad'\nzh='z'\nen='e'\nneeds=[{string=['x']}]": "a: no such behaviour",
    "[[rule]]\nkey='a'\nbehaviour='rogue'\nzh='z'\nen='e'\nneeds=[]": "a: a rule needs at least one fact",
    "[[rule]]\nkey='a'\nbehaviour='rogue'\nzh='z'\nen='e'\nneeds=[{string=[]}]": "a: a rule needs at least one fact",
    "[[rule]]\nkey='a'\nbehaviour='rogue'\nzh='z'\nen='e'\nneeds=[{smell=['x']}]": "a: no such kind of fact: smell",
    "[[rule]]\nkey='a'\nbehaviour='rogue'\nzh='z'\nen='e'\nneeds=[{string=['x']}]\n" * 2: "these keys stand twice: a",
}


@pytest.mark.parametrize(("text", "said"), BAD.items())
def test_a_bad_rule_is_named(text: str, said: str) -> None:
    with pytest.raises(BadRule, match=said):
        behaviours.load(text)


def test_a_rule_is_loaded_as_it_is_written() -> None:
    text = "[[rule]]\nkey='a'\nbehaviour='rogue'\nzh='z'\nen='e'\nneeds=[{string=['x']}, {part=['y','z']}]"
    assert behaviours.load(text) == (Rule("a", "rogue", "z", "e", ({"string": ("x",)}, {"part": ("y", "z")})),)

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.apk.assessment import (
    MOST_TEXT,
    Assessment,
    Behaviour,
    Certificate,
    Component,
    Digests,
    Evidence,
    Manifest,
    NotAnAssessment,
    NotRead,
    Packer,
    Piece,
    Signing,
    clean,
    from_json,
    to_json,
)

WHOLE = Assessment(
    name="a.apk",
    kind="apk",
    size=3,
    digests=Digests("m", "s", "t", ""),
    manifest=Manifest(package="a.b", components=(Component("activity", "a.b.C", None),), metadata=(("k", "v"),)),
    signing=Signing(("v1",), (Certificate("1", "2"),), ()),
    packers=(Packer("p", "lib/x.so"),),
    behaviours=(Behaviour("rogue", "流氓行为", "x", (Evidence("r", "z", "e", (Piece("string", "su", ("a",)),)),)),),
    inside=(Assessment(name="b.apk"),),
)


def written(assessment: Assessment) -> Any:
    return json.loads(json.dumps(to_json(assessment)))


def test_what_was_written_is_read() -> None:
    assert from_json(written(WHOLE)) == WHOLE


WRONG = {
    "no object": [],
    "an unknown field": {"shoe_size": 4},
    "a text for a number": {"size": "4"},
    "a truth for a number": {"size": True},
    "a number for a text": {"name": 4},
    "an object for a list": {"signs": {}},
    "a list of other things": {"signs": [1]},
    "a deep one": {"behaviours": [{"key": "a", "zh": "b", "en": "c", "evidence": [{"rule": 1}]}]},
    "less than it needs": {"digests": {"md5": "a"}},
    "a pair of three": {"manifest": {"metadata": [["a", "b", "c"]]}},
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG.keys())
def test_another_shape_is_refused(data: object) -> None:
    with pytest.raises(NotAnAssessment, match=r"^assessment"):
        from_json(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda it: st.lists(it, max_size=3)
)


@given(st.dictionaries(st.sampled_from(list(to_json(WHOLE))), json_values, max_size=4))
def test_any_json_is_read_or_refused(data: dict[str, Any]) -> None:
    try:
        assert isinstance(from_json(data), Assessment)
    except NotAnAssessment:
        return


def test_it_is_whole_when_nothing_was_left_unread_at_any_depth() -> None:
    assert WHOLE.whole
    assert not Assessment(not_read=(NotRead("code", "x"),)).whole
    assert not Assessment(inside=(Assessment(not_read=(NotRead("code", "x"),)),)).whole


@given(st.text())
def test_a_clean_text_can_be_shown_and_stored(text: str) -> None:
    assert clean(text).isprintable()
    clean(text).encode()


def test_a_long_text_is_cut_and_what_turns_writing_around_is_replaced() -> None:
    assert clean("x" * (MOST_TEXT + 5)) == "x" * MOST_TEXT + "…"
    assert clean("a\u202egpj.apk\x1b[2J\ud800") == "a�gpj.apk�[2J�"

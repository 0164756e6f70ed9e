import secrets
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.edge.test_contacts import MOMENTS

from cleannet.edge import tokens
from cleannet.edge.contacts import Contacts, Counter
from cleannet.edge.days import DAY, number_of, start_of
from cleannet.edge.spans import within
from cleannet.edge.subscribers import Pseudonyms, check_value
from cleannet.edge.tokens import Tokens, derived, document, together, turned
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats import canonical, envelope
from cleannet.formats.tally import scale_of

FIRST, LAST = date(2026, 11, 20), date(2026, 11, 29)
START = start_of(number_of(FIRST))
SHARED = bytes(range(32))
SIGNER = envelope.new_key()
KEYS = {envelope.key_id(SIGNER.public_key()): SIGNER.public_key()}
Seen = tuple[int, int, str]


def collected(seen: list[Seen], key: bytes) -> Contacts:
    contacts, pseudonym = Contacts(), Pseudonyms(key).of
    for at, number, province in seen:
        contacts.add(Counter("P", "infected", province), pseudonym(f"86138{number:08}"), START + at)
    return contacts


def answer(party: str, seen: list[Seen], shared: bytes = SHARED) -> Tokens:
    key, request = secrets.token_bytes(32), "REQUEST-1"
    contacts, of = collected(seen, key), derived(shared, request, "P")
    spans = within(contacts.spans(), START, START + 10 * DAY)
    return Tokens(request, "P", party, "e", FIRST, LAST, (), check_value(of), contacts.counters, turned(spans, key, of))


def signed(payload: bytes) -> bytes:
    return envelope.sign(payload, SIGNER, next(iter(KEYS)), tokens.KIND)


SEEN = st.lists(st.tuples(MOMENTS, st.integers(0, 5), st.sampled_from(["", "32", "44"])), max_size=12)


@given(SEEN, SEEN, SEEN)
def test_operators_together_count_as_one(one: list[Seen], two: list[Seen], three: list[Seen]) -> None:
    answers = [answer("a", one), answer("b", two), answer("c", three)]
    read = [tokens.read(signed(tokens.write(each)), KEYS) for each in answers]
    found = together(read, [1, 2])
    whole = collected([*one, *two, *three], bytes(32)).counts([1, 2])
    if ("P", "infected") in whole:
        count, shares = whole["P", "infected"]
        assert found.scales["infected"] == scale_of(count, shares if list(shares) != [""] else {})
    else:
        assert found.scales["infected"].subscribers == 0
    people = [{number for _, number, _ in seen} for seen in (one, two, three)]
    assert found.several["infected"] == sum(sum(who in own for own in people) > 1 for who in range(6))


def test_tokens_of_two_requests_or_programs_have_nothing_in_common() -> None:
    of = [derived(SHARED, request, program) for request, program in (("r", "P"), ("s", "P"), ("r", "Q"), ("rP", ""))]
    made = {Pseudonyms(key).of("8613800000000") for key in of}
    assert len(made) == 4


def test_what_was_counted_together_as_values() -> None:
    told = document([answer("a", [(0, 1, "32")]), answer("b", [(0, 1, ""), (5, 2, "")])], together([answer("a", [])]))
    assert [(one["party"], one["subscribers"]) for one in told["operators"]] == [("a", 1), ("b", 2)]
    assert (told["from"], told["infected"]["subscribers"], told["infected"]["at_several"]) == ("2026-11-20", 0, 0)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"request": "REQUEST-2"}, "b: answers another request than a: REQUEST-2, not REQUEST-1"),
        ({"program": "Q"}, "another program"),
        ({"first": date(2026, 11, 19)}, "another first day"),
        ({"last": date(2026, 11, 30)}, "another last day"),
        ({"check": "00"}, "another shared key"),
    ],
)
def test_answers_that_do_not_belong_together(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(WrongUse, match=sentence):
        together([answer("a", [(0, 1, "")]), replace(answer("b", [(0, 1, "")]), **change)])  # type: ignore[arg-type] # one of several members


def test_two_edges_of_one_operator_are_one_operator() -> None:
    one, other = answer("a", [(0, 1, "32")]), replace(answer("a", [(0, 1, "44")]), edge="e2")
    found = together([one, other])
    assert (found.scales["infected"].subscribers, found.several["infected"]) == (1, 0)
    with pytest.raises(WrongUse, match="answers twice"):
        together([one, one])


def test_another_shared_key_is_known() -> None:
    with pytest.raises(WrongUse, match="another shared key"):
        together([answer("a", [(0, 1, "")]), answer("b", [(0, 1, "")], bytes(32))])


@pytest.mark.parametrize(
    "change",
    [
        {"spans": "AAAA"},
        {"spans": "?"},
        {"spans": 1},
        {"from": "yesterday"},
        {"counters": [["infected", "99"]]},
        {"counters": [["told", ""]]},
        {"counters": []},
        {"counters": [1]},
        {"to": "2026-11-01"},
        {"from": "2000-01-01"},
        {"without_rows": None},
        {"schema": 2},
        {"request": None, "extra": 1, "spans": None},
    ],
)
def test_what_are_no_tokens(change: dict[str, object]) -> None:
    told = canonical.decode(tokens.write(answer("a", [(0, 1, "32"), (DAY, 2, "")])))
    with pytest.raises(WrongUse, match="tokens"):
        tokens.read(signed(canonical.encode(told | change)), KEYS)


def test_an_edge_that_nobody_knows_and_a_changed_answer() -> None:
    message = signed(tokens.write(answer("a", [(0, 1, "32")])))
    with pytest.raises(WrongUse, match="not among the trusted"):
        tokens.read(message, {})
    with pytest.raises(WrongUse, match="signature"):
        tokens.read(message.replace(b"REQUEST-1", b"REQUEST-2"), KEYS)


def test_spans_outside_the_days_are_refused() -> None:
    one = answer("a", [(0, 1, "")])
    far = one.spans._replace(end=np.full(1, 1 << 62))
    with pytest.raises(WrongUse, match="not tokens"):
        tokens.read(signed(tokens.write(replace(one, spans=far))), KEYS)

from datetime import timedelta

import pytest
from tests.hub.world import NOW

from cleannet.hub.api import claims
from cleannet.hub.api.models import Answered
from cleannet.hub.ledger.models import Entry

pytestmark = pytest.mark.django_db
MADE = Entry(id="01a2-first")


def claim(request: str = "asked", minutes: float = 0) -> tuple[Answered, bool]:
    return claims.claim(party="op1", key="k", request=request, now=NOW + timedelta(minutes=minutes))


def refused(request: str = "asked", minutes: float = 0) -> str:
    with pytest.raises(claims.KeyRefused) as refusal:
        claim(request, minutes)
    return refusal.value.code


def test_a_key_is_answered_as_before_and_only_for_the_same_request() -> None:
    row, new = claim()
    assert new
    assert refused() == "api.in_progress"
    assert refused("something else") == "api.key_reused"
    claims.answer(row, status=201, body={"n": 1})
    again, new = claim()
    assert (new, again.status, again.body) == (False, 201, {"n": 1})


@pytest.mark.parametrize(("minutes", "new"), [(10, False), (10.01, True)])
def test_a_claim_under_which_nothing_was_entered_is_free_after_a_while(minutes: float, new: bool) -> None:
    claim()
    if new:
        assert claim(minutes=minutes)[1]
    else:
        assert refused(minutes=minutes) == "api.in_progress"


def test_a_claim_under_which_something_was_entered_is_never_free_and_names_the_first_entry() -> None:
    row, _ = claim()
    claims.mark(row, MADE)
    claims.mark(row, Entry(id="01a2-second"))
    claims.release(row)
    assert refused(minutes=60 * 24) == "api.done_unanswered"
    assert Answered.objects.get().entry == MADE.pk


def test_a_released_key_may_be_used_again_but_an_answer_stays() -> None:
    row, _ = claim()
    claims.release(row)
    row, new = claim("something else")
    assert new
    claims.answer(row, status=200, body=None)
    claims.release(row)
    assert not claim("something else")[1]


def test_answers_are_forgotten_after_thirty_days() -> None:
    claim()
    assert claims.forget(now=NOW + claims.KEPT) == 0
    assert claims.forget(now=NOW + claims.KEPT + timedelta(seconds=1)) == 1
    assert not Answered.objects.exists()

import itertools

import pytest
from tests.hub.world import NOW

from cleannet.core.terms import ORDER_STATES
from cleannet.hub.disposal import steps
from cleannet.hub.disposal.queries import Order
from cleannet.hub.disposal.steps import FINAL, STEPS, OutOfTurn

pytestmark = pytest.mark.django_db


def test_every_state_is_a_term_and_a_final_one_leads_nowhere_but_again() -> None:
    states = {state for before, after in STEPS.values() for state in (*before, after)}
    assert states == set(ORDER_STATES)
    assert not [step for step, (before, _) in STEPS.items() if before & FINAL]


@pytest.mark.parametrize(("step", "state"), list(itertools.product(STEPS, ORDER_STATES)))
def test_a_step_is_taken_from_its_states_only(step: str, state: str) -> None:
    order = Order.objects.create(number="N", host="evil.example", status=state, issued_at=NOW)
    before, after = STEPS[step]
    if state in before:
        steps.take(order, step)
        order.refresh_from_db()
        assert order.status == after
    else:
        with pytest.raises(OutOfTurn) as refused:
            steps.take(order, step)
        assert refused.value.facts["status"] == state

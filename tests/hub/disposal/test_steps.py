import itertools

import pytest

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
def test_a_step_is_taken_from_its_states_only(order: Order, step: str, state: str) -> None:
    Order.objects.filter(pk=order.pk).update(status=state)
    before, after = STEPS[step]
    if state in before:
        steps.take(order, step)
        order.refresh_from_db()
        assert order.status == after
    else:
        with pytest.raises(OutOfTurn) as refused:
            steps.take(order, step)
        assert refused.value.facts["status"] == state

import itertools

import pytest
from django.db import transaction
from tests.hub.world import NOW

from cleannet.core.terms import ORDER_STATES
from cleannet.hub.disposal import steps
from cleannet.hub.disposal.queries import Order
from cleannet.hub.disposal.steps import FINAL, STEPS, OutOfTurn

pytestmark = pytest.mark.django_db


def test_every_state_is_a_term_and_a_final_one_leads_only_off_the_network_or_back_by_a_relapse() -> None:
    states = {state for leads in STEPS.values() for pair in leads.items() for state in pair}
    assert states == set(ORDER_STATES)
    assert {step for step, leads in STEPS.items() if leads.keys() & FINAL} == {"withdraw", "expire", "lift", "relapse"}
    assert not [step for step, leads in STEPS.items() if leads.keys() & {*steps.ENDED, "reissued"}]


@pytest.mark.parametrize(("step", "state"), list(itertools.product(STEPS, ORDER_STATES)))
def test_a_step_is_taken_from_its_states_only(step: str, state: str) -> None:
    order = Order.objects.create(number="N", target="evil.example", status=state, issued_at=NOW)
    if state in STEPS[step]:
        steps.take(order, step)
        order.refresh_from_db()
        assert order.status == STEPS[step][state]
    else:
        with pytest.raises(OutOfTurn) as refused:
            steps.take(order, step)
        assert refused.value.facts["status"] == state


def test_a_step_of_many_is_taken_by_all_or_none(order: Order) -> None:
    other = Order.objects.create(number="N", target="evil.example", status="expired", issued_at=NOW)
    with pytest.raises(OutOfTurn) as refused, transaction.atomic():
        steps.take_all([order, other], "withdraw", reason="误报")
    assert refused.value.facts == {"order": "N", "step": "withdraw", "status": "expired"}
    order.refresh_from_db()
    assert (order.status, order.reason) == ("issued", "")
    steps.take_all([order], "withdraw", reason="误报")
    order.refresh_from_db()
    assert (order.status, order.reason) == ("withdrawn", "误报")

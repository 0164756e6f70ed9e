from datetime import timedelta

import pytest
from tests.hub.world import NOW, viewer

from cleannet.hub.disposal import settling
from cleannet.hub.disposal.queries import Order
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger import queries as ledger

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_nothing_is_disposed_of_while_an_order_waits(order: Order) -> None:
    notice = cases.notice(viewer("op1"), order.notice)
    settling.disposed(viewer("op1"), notice, NOW + 2 * MINUTE, NOW + 3 * MINUTE)
    assert not ledger.entries(viewer("op1"), kind="disposal.done").exists()
    Order.objects.filter(pk=order.pk).update(status="done")
    settling.disposed(viewer("op1"), notice, NOW + 2 * MINUTE, NOW + 3 * MINUTE)
    (entry,) = ledger.entries(viewer("op1"), kind="disposal.done")
    assert entry.facts["orders"] == [order.number]


def test_a_warning_is_told_once_and_says_whether_it_was_owed(order: Order) -> None:
    notice = cases.notice(viewer("op1"), order.notice)
    given = (viewer("op1"), notice, 9, NOW + 2 * MINUTE, NOW + 3 * MINUTE)
    assert [settling.warned(*given), settling.warned(*given)] == [True, False]


def test_the_disposers_own_province_is_concerned(order: Order) -> None:
    notice = cases.notice(viewer("op1"), order.notice)
    context = settling.context(viewer("op1"), notice, NOW)
    assert context["participants"].of("disposer") == ("op1",)
    assert context["participants"].of("bureau:relevant") == ("js",)

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings
from tests.hub.disposal.conftest import HOST, Answering, fed, look
from tests.hub.world import NOW, viewer

from cleannet.hub.accepted import days
from cleannet.hub.disposal import actions, probes, queries, relapses, verification
from cleannet.hub.disposal.models import Probe
from cleannet.hub.disposal.queries import Order
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents.grading import IncidentRefused
from cleannet.hub.incidents.queries import Case
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.viewer import Viewer

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
CENTRE = viewer("cncert")


@given(st.lists(st.integers(1, 30), max_size=40))
def test_it_is_looked_again_once_on_each_day_within_thirty(wanted: list[int]) -> None:
    found = relapses.times(NOW, wanted)
    assert [at - NOW for at in found] == sorted({timedelta(days=day) for day in wanted})
    assert all(NOW < at <= NOW + 30 * DAY for at in found)


@pytest.mark.parametrize(
    ("text", "right"), [("1,3,7,14,30", True), ("", True), ("0", False), ("31", False), ("1,1", False), ("x", False)]
)
def test_only_days_within_thirty_are_a_setting(text: str, right: bool) -> None:
    assert (days(text) == "") is right


@pytest.fixture
def verified(order: Order, resolver: Answering) -> Order:
    """Return an order that was verified as gone five minutes after it began."""
    made = fed(order)
    resolver.say = lambda name: "NXDOMAIN"
    look(order.case, NOW + 4 * MINUTE)
    verification.verify(viewer=CENTRE, feedback=made.number, now=NOW + 5 * MINUTE)
    order.refresh_from_db()
    return order


def close(case: str) -> None:
    Case.objects.filter(number=case).update(status="closed", ended_at=NOW + 6 * MINUTE)


def looked(at_day: int) -> int:
    """Let the lane look at all that is due at the end of a day; return at how many."""
    count = 0
    while probes.probe(now=NOW + at_day * DAY + 6 * MINUTE, lease=MINUTE):
        count += 1
    return count


def test_looks_are_scheduled_and_wait_unseen(verified: Order, settings: Settings) -> None:
    waiting = Probe.objects.filter(scheduled=True).order_by("ready_at").values_list("ready_at", flat=True)
    assert [(at - NOW - 5 * MINUTE).days for at in waiting] == settings.CLEANNET_RELAPSE_DAYS == [1, 3, 7, 14, 30]
    assert queries.looking(CENTRE, case=verified.case) == set()
    assert queries.oldest_look(now=NOW + DAY) is None
    assert queries.oldest_look(now=NOW + DAY + 6 * MINUTE) == MINUTE
    assert [looked(day) for day in (0, 1, 2, 3, 30)] == [0, 1, 0, 1, 3]


def test_what_comes_back_stands_on_the_desk_and_nothing_flips(verified: Order, resolver: Answering) -> None:
    close(verified.case)
    assert looked(1) == 1
    assert queries.relapsed(CENTRE) == []
    resolver.say = lambda name: "192.0.2.80"
    assert looked(3) == 1
    assert queries.relapsed(CENTRE) == queries.relapsed(viewer("op1")) == [verified]
    assert queries.relapsed(viewer("op2")) == []
    verified.refresh_from_db()
    assert (verified.status, Case.objects.get().status) == ("verified", "closed")
    assert [one.vantage for one in queries.returned(verified)] == ["甲"]


@pytest.mark.parametrize("said", ["SERVFAIL", "silence"])
def test_no_answer_is_no_relapse(verified: Order, resolver: Answering, said: str) -> None:
    resolver.say = lambda name: said
    looked(1)
    assert queries.relapsed(CENTRE) == []


def test_a_person_reopens_and_the_order_is_issued_again(verified: Order, resolver: Answering) -> None:
    close(verified.case)
    resolver.say = lambda name: "192.0.2.80"
    looked(1)
    at = NOW + 2 * DAY
    with pytest.raises(OrderRefused, match="relapse_reason_missing"):
        relapses.reopen(viewer=CENTRE, case=verified.case, reason=" ", now=at)
    nobody = Viewer("cncert", "cncert", "", "", CENTRE.rights)
    with pytest.raises(OrderRefused, match="relapse_reason_missing"):
        relapses.reopen(viewer=nobody, case=verified.case, reason="复现", now=at)
    assert relapses.reopen(viewer=CENTRE, case=verified.case, reason="复现", now=at) == [verified]
    assert Case.objects.get().status == "open"
    (reopened,) = ledger.entries(CENTRE, case=verified.case, kind="incident.reopened")
    assert {"op1", "miit"} <= set(reopened.recipients)
    (entry,) = ledger.entries(CENTRE, case=verified.case, kind="order.reopened")
    assert entry.facts["orders"] == [[verified.number, HOST]]
    assert entry.facts["seen"][0][1:3] == ["resolver", "甲"]
    assert queries.relapsed(CENTRE) == []
    with pytest.raises(OrderRefused, match="no_relapse"):
        relapses.reopen(viewer=CENTRE, case=verified.case, reason="复现", now=at)
    (again,) = actions.issue_again(viewer=CENTRE, case=verified.case, now=at + MINUTE)
    assert (again.target, again.status) == (HOST, "issued")
    assert looked(30) == 4
    assert queries.relapsed(CENTRE) == []


def test_in_an_open_case_only_the_order_is_reopened(verified: Order, resolver: Answering) -> None:
    resolver.say = lambda name: "192.0.2.80"
    look(verified.case, NOW + 10 * MINUTE)
    relapses.reopen(viewer=CENTRE, case=verified.case, reason="复现", now=NOW + 11 * MINUTE)
    verified.refresh_from_db()
    assert verified.status == "failed"
    assert not ledger.entries(CENTRE, case=verified.case, kind="incident.reopened").exists()


def test_what_is_dismissed_is_watched_on(verified: Order, resolver: Answering) -> None:
    resolver.say = lambda name: "192.0.2.80"
    looked(1)
    at = NOW + 2 * DAY
    assert relapses.dismiss(viewer=CENTRE, case=verified.case, reason="停放页", now=at) == [verified]
    assert queries.relapsed(CENTRE) == []
    (entry,) = ledger.entries(CENTRE, case=verified.case, kind="order.relapse_dismissed")
    assert ledger.note(CENTRE, entry) == "停放页"
    assert looked(3) == 1
    assert queries.relapsed(CENTRE) == [verified]


def test_where_the_program_has_a_newer_case_that_one_goes_on(verified: Order, resolver: Answering) -> None:
    close(verified.case)
    resolver.say = lambda name: "192.0.2.80"
    looked(1)
    old = Case.objects.get()
    Case.objects.create(
        number="newer", program=old.program, opened_at=NOW + DAY, counted_from=old.ended_at, laws=old.laws
    )
    with pytest.raises(IncidentRefused, match="newer_case"):
        relapses.reopen(viewer=CENTRE, case=verified.case, reason="复现", now=NOW + 2 * DAY)
    verified.refresh_from_db()
    assert verified.status == "verified"

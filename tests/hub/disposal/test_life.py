from datetime import datetime, timedelta

import pytest
from tests.hub.disposal.conftest import HOST, Answering, fed, look, met
from tests.hub.world import NOW, PROGRAM, viewer

from cleannet.core.allow import AllowLists
from cleannet.hub.disposal import actions, delivery, feedback, life, queries, verification
from cleannet.hub.disposal.actions import Exemption, Wanted
from cleannet.hub.disposal.feedback import Done
from cleannet.hub.disposal.queries import NoOrder, Order
from cleannet.hub.disposal.steps import OrderRefused, OutOfTurn
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import queries as papers
from cleannet.hub.programs import actions as programs

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
OTHER = "dl.evil-emial.example.net"


@pytest.fixture
def orders(case: str) -> list[Order]:
    """Return three orders: two of op1, one of op2 for a name op1 has, too."""
    wanted = [
        Wanted("op1", "control", HOST),
        Wanted("op1", "distribution", OTHER),
        Wanted("op2", "control", HOST),
    ]
    return actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + MINUTE)


def withdraw(*orders: Order, at: datetime = NOW + 5 * MINUTE, reason: str = "误报") -> None:
    life.withdraw(viewer=viewer("cncert"), orders=[order.number for order in orders], reason=reason, now=at)


def states(case: str) -> list[str]:
    return list(queries.orders(viewer("cncert"), case=case).order_by("number").values_list("status", flat=True))


def test_a_withdrawal_is_an_act_with_its_reason_told_to_the_party(orders: list[Order]) -> None:
    withdraw(orders[0], orders[2])
    assert states(orders[0].case) == ["withdrawn", "issued", "withdrawn"]
    acts = ledger.entries(viewer("cncert"), kind="order.withdrawn")
    assert sorted((act.recipients, act.record["text"]) for act in acts) == [(("op1",), "误报"), (("op2",), "误报")]
    assert ledger.entries(viewer("op1"), kind="order.withdrawn").count() == 1
    assert list(delivery.standing_names()) == [OTHER]


def test_a_name_stands_while_any_order_for_it_does(orders: list[Order]) -> None:
    withdraw(orders[0])
    assert HOST in delivery.standing_names()
    withdraw(orders[2])
    assert HOST not in delivery.standing_names()


@pytest.mark.parametrize(
    ("code", "numbers", "reason", "refusal"),
    [
        ("cncert", 1, " ", "order.reason_missing"),
        ("cncert", 0, "误报", "order.unknown"),
        ("miit", 1, "误报", ""),
        ("op1", 1, "误报", "order.issued_by_another"),
        ("op2", 1, "误报", "order.unknown"),
    ],
)
def test_who_may_withdraw_and_with_what(order: Order, code: str, numbers: int, reason: str, refusal: str) -> None:
    given = {"orders": [order.number][:numbers], "reason": reason, "now": NOW + 5 * MINUTE}
    if not refusal:
        life.withdraw(viewer=viewer(code), **given)  # type: ignore[arg-type]  # as given above
        assert states(order.case) == ["withdrawn"]
        return
    with pytest.raises((OrderRefused, NoOrder)) as refused:
        life.withdraw(viewer=viewer(code), **given)  # type: ignore[arg-type]  # as given above
    assert refused.value.code == refusal
    assert states(order.case) == ["issued"]


def test_what_ended_is_withdrawn_and_prolonged_no_more_and_all_or_none_are(orders: list[Order]) -> None:
    withdraw(orders[0])
    with pytest.raises(OutOfTurn):
        withdraw(*orders)
    with pytest.raises(OrderRefused, match="stands_no_longer"):
        life.prolong(
            viewer=viewer("cncert"), orders=[order.number for order in orders], until=None, now=NOW + 6 * MINUTE
        )
    assert states(orders[0].case) == ["withdrawn", "issued", "issued"]
    assert not ledger.entries(viewer("cncert"), kind="order.prolonged").exists()


def test_an_order_expires_at_its_moment_unless_it_is_prolonged(orders: list[Order]) -> None:
    early, late, _ = orders
    centre, hour = viewer("cncert"), NOW + timedelta(hours=1)
    with pytest.raises(OrderRefused, match="until_past"):
        life.prolong(viewer=centre, orders=[early.number], until=NOW, now=NOW + MINUTE)
    life.prolong(viewer=centre, orders=[early.number, late.number], until=hour, now=NOW + 2 * MINUTE)
    life.prolong(viewer=centre, orders=[late.number], until=None, now=NOW + 3 * MINUTE)
    assert [life.expire(now=at) for at in (hour - MINUTE, hour, hour)] == [0, 1, 0]
    assert states(early.case) == ["expired", "issued", "issued"]
    (act,) = ledger.entries(viewer("op1"), kind="order.expired")
    assert (act.role, act.recipients) == ("calendar", ("op1",))
    untils = [one.facts["until"] for one in ledger.entries(viewer("op1"), kind="order.prolonged")]
    assert sorted(map(bool, untils)) == [False, True]


@pytest.mark.parametrize(("hours", "code"), [(None, "order.exempt_fixed"), (7, "order.exempt_fixed"), (6, ""), (5, "")])
def test_an_exception_ends_no_later_than_it_was_agreed(case: str, hours: int | None, code: str) -> None:
    hour, centre = timedelta(hours=1), viewer("cncert")
    exempt = [Exemption(HOST, "agreed", NOW + 6 * hour)]
    wanted = [Wanted("op1", "control", HOST)]
    (order,) = actions.issue(viewer=centre, case=case, wanted=wanted, now=NOW + MINUTE, exempt=exempt)
    until = None if hours is None else NOW + hours * hour
    if code:
        with pytest.raises(OrderRefused, match=code):
            life.prolong(viewer=centre, orders=[order.number], until=until, now=NOW + 2 * MINUTE)
        order.refresh_from_db()
        assert order.until == NOW + 6 * hour
        return
    (changed,) = life.prolong(viewer=centre, orders=[order.number], until=until, now=NOW + 2 * MINUTE)
    assert changed.until == until


def test_a_program_lets_an_order_end_earlier_and_never_later(order: Order) -> None:
    hour, program = timedelta(hours=1), Viewer("cncert", "cncert")
    life.prolong(viewer=program, orders=[order.number], until=NOW + 2 * hour, now=NOW + 2 * MINUTE)
    life.prolong(viewer=program, orders=[order.number], until=NOW + hour, now=NOW + 3 * MINUTE)
    for until in (None, NOW + 2 * hour):
        with pytest.raises(OrderRefused, match="no_person"):
            life.prolong(viewer=program, orders=[order.number], until=until, now=NOW + 4 * MINUTE)
    life.prolong(viewer=viewer("cncert"), orders=[order.number], until=None, now=NOW + 5 * MINUTE)


def test_a_verified_order_stands_until_it_is_withdrawn_also_after_its_case_is_closed(
    order: Order, resolver: Answering
) -> None:
    resolver.say = lambda name: "NXDOMAIN"
    given = fed(order)
    look(order.case, NOW + 4 * MINUTE)
    verification.verify(viewer=viewer("cncert", "p-2"), feedback=given.number, now=NOW + 5 * MINUTE)
    assert (states(order.case), list(delivery.standing_names())) == (["verified"], [HOST])
    ledger_open = ledger.open_duties(viewer("cncert"), case=order.case)
    if not ledger_open.exclude(expects="report.supplemented").exists():
        actions.close(viewer=viewer("cncert"), case=order.case, now=NOW + 6 * MINUTE)
    assert list(delivery.standing_names()) == [HOST]
    withdraw(order, at=NOW + 7 * MINUTE)
    assert list(delivery.standing_names()) == []


def test_the_feedback_stays_owed_and_lists_what_was_withdrawn(orders: list[Order]) -> None:
    first, second, _ = orders
    withdraw(first, at=NOW + 2 * MINUTE)
    assert "11.4.significant" not in met(first.case)
    given = feedback.feed_back(
        viewer=viewer("op1"),
        notice=first.notice,
        items=[Done(second.number, True)],
        users_told=1,
        disposed_at=NOW + 2 * MINUTE,
        now=NOW + 3 * MINUTE,
    )
    assert "11.4.significant" in met(first.case)
    paper = papers.latest(number=given.number)
    assert paper is not None
    assert papers.values(paper)["reason_left"] == f"{HOST}：处置任务已撤回"
    (done,) = ledger.entries(viewer("op1"), kind="disposal.done")
    assert (done.facts["orders"], done.facts["ended"]) == ([second.number], [first.number])


def test_a_party_all_of_whose_orders_were_withdrawn_feeds_back_without_items(order: Order) -> None:
    withdraw(order, at=NOW + 2 * MINUTE)
    given = feedback.feed_back(
        viewer=viewer("op1"),
        notice=order.notice,
        items=[],
        users_told=0,
        disposed_at=NOW + 2 * MINUTE,
        now=NOW + 3 * MINUTE,
    )
    assert "11.4.significant" in met(order.case)
    with pytest.raises(OrderRefused, match="nothing_to_look_at"):
        verification.verify(viewer=viewer("cncert", "p-2"), feedback=given.number, now=NOW + 5 * MINUTE)
    verification.verify(
        viewer=viewer("cncert", "p-2"), feedback=given.number, now=NOW + 5 * MINUTE, reason="处置任务已撤回"
    )


def test_an_annulled_case_takes_its_orders_off_the_network(orders: list[Order]) -> None:
    case = orders[0].case
    withdraw(orders[0], at=NOW + 2 * MINUTE)
    incidents.propose_annulment(viewer=viewer("cncert"), case=case, reason="并非恶意", now=NOW + 3 * MINUTE)
    life.annul(viewer=viewer("cncert", "p-2"), case=case, now=NOW + 4 * MINUTE)
    assert cases.case(viewer("cncert"), case).status == "annulled"
    assert (states(case), list(delivery.standing_names())) == (["withdrawn"] * 3, [])
    told = [act.record["text"] for act in ledger.entries(viewer("cncert"), kind="order.withdrawn")]
    assert sorted(told) == ["并非恶意", "并非恶意", "误报"]


def test_what_is_issued_again_replaces_what_failed_on_the_network(order: Order) -> None:
    until = NOW + timedelta(days=3)
    life.prolong(viewer=viewer("cncert"), orders=[order.number], until=until, now=NOW + 2 * MINUTE)
    fed(order, done=False, reason="设备升级", told=None)
    (again,) = actions.issue_again(viewer=viewer("cncert"), case=order.case, now=NOW + 4 * MINUTE)
    order.refresh_from_db()
    again.refresh_from_db()
    assert (order.leaves, again.leaves, again.until) == (again.enters, None, until)
    assert list(delivery.standing_names()) == [HOST]
    withdraw(again)
    assert list(delivery.standing_names()) == []


def test_many_are_withdrawn_with_no_more_questions_than_one(case: str, django_assert_max_num_queries: object) -> None:
    hosts = [f"c{number}.evil-emial.example.org" for number in range(60)]
    for host in hosts:
        programs.add_indicator(program=PROGRAM, text=host, role="control", source="t", allow=AllowLists(), now=NOW)
    made = actions.issue(
        viewer=viewer("cncert"), case=case, wanted=[Wanted("op1", "control", host) for host in hosts], now=NOW
    )
    with django_assert_max_num_queries(45):  # type: ignore[operator]  # pytest-django's fixture is not typed
        withdraw(*made)

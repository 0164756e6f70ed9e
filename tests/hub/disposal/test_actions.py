import socket
from datetime import timedelta

import pytest
from pytest_django import Settings
from tests.hub.disposal.conftest import HOST, fed
from tests.hub.world import NOW, PROGRAM, World, viewer

from cleannet.core.allow import ORDINARY, RESOLVER, AllowLists, Listed
from cleannet.hub.disposal import actions, feedback, queries
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.feedback import Done
from cleannet.hub.disposal.queries import NoOrder, Order
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties.rights import HELD_BY
from cleannet.hub.programs import actions as programs

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=30)


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("unknown.example", "order.not_a_resource"),
        ("alog.umeng.com", "order.held_by_allow_list"),
        ("93.184.216.34", "order.held_by_allow_list"),
    ],
)
def test_what_may_not_be_blocked_is_refused_and_nothing_is_issued(case: str, target: str, code: str) -> None:
    allow = AllowLists([Listed("alog.umeng.com", ORDINARY, "ordinary"), Listed("93.184.216.34", RESOLVER, "open")])
    for text in ("alog.umeng.com", "93.184.216.34"):
        programs.add_indicator(program=PROGRAM, text=text, role="control", source="t", allow=allow, now=NOW)
    wanted = [Wanted("op1", "control", HOST), Wanted("op1", "control", target)]
    with pytest.raises(OrderRefused) as refused:
        actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW)
    assert refused.value.code == code
    assert not queries.orders(viewer("cncert")).exists()
    assert cases.notices(viewer("cncert"), case=case) == []


def test_an_order_without_anything_is_refused(case: str) -> None:
    with pytest.raises(OrderRefused, match="nothing_wanted"):
        actions.issue(viewer=viewer("cncert"), case=case, wanted=[], now=NOW)


def test_signing_for_an_order_is_once_and_the_addressees_own(order: Order) -> None:
    with pytest.raises(NoOrder):
        actions.acknowledge(viewer=viewer("op2"), order=order.number, now=NOW + MINUTE)
    actions.acknowledge(viewer=viewer("op1"), order=order.number, now=NOW + MINUTE)
    with pytest.raises(OrderRefused, match="out_of_turn"):
        actions.acknowledge(viewer=viewer("op1"), order=order.number, now=NOW + MINUTE)
    assert [entry.facts["target"] for entry in ledger.entries(viewer("op1"), kind="order.acknowledged")] == [HOST]


def test_without_a_primary_the_delivery_waits_and_says_why(order: Order) -> None:
    assert actions.deliver(now=NOW + MINUTE, lease=LEASE) == 1
    assert actions.deliver(now=NOW + MINUTE, lease=LEASE) == 0
    (waiting,) = queries.deliveries(viewer("cncert"), case=order.case)
    assert "no primary is set" in waiting.failure
    assert queries.oldest_delivery(now=NOW + 5 * MINUTE) == 4 * MINUTE


def test_a_server_that_refuses_or_hangs_leaves_the_delivery_waiting_ever_longer(
    order: Order, settings: Settings
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        settings.CLEANNET_DNS_PRIMARY = f"127.0.0.1:{hanging.getsockname()[1]}"
        settings.CLEANNET_DNS_KEY = "c2VjcmV0"
        settings.CLEANNET_DNS_SECONDS = 1
        assert actions.deliver(now=NOW + MINUTE, lease=LEASE) == 1
    (waiting,) = queries.deliveries(viewer("cncert"), case=order.case)
    assert "did not answer within 1 seconds" in waiting.failure
    first = waiting.ready_at
    assert actions.deliver(now=NOW + MINUTE, lease=LEASE) == 0
    assert actions.deliver(now=first, lease=LEASE) == 1
    waiting.refresh_from_db()
    assert "cannot be reached" in waiting.failure
    assert waiting.ready_at - first > first - (NOW + MINUTE)
    assert waiting.done_at is None
    assert not ledger.entries(viewer("cncert"), kind="order.delivered").exists()


def test_a_key_that_is_none_is_the_deliverys_failure_and_not_the_lanes(order: Order, settings: Settings) -> None:
    settings.CLEANNET_DNS_PRIMARY, settings.CLEANNET_DNS_KEY = "127.0.0.1:9", "abc"
    assert actions.deliver(now=NOW + MINUTE, lease=LEASE) == 1
    (waiting,) = queries.deliveries(viewer("cncert"), case=order.case)
    assert waiting.failure.startswith("no update can be made of zone, key name, key and host")


def test_each_delivery_is_tried_in_a_round_and_a_lease_of_its_own(case: str) -> None:
    wanted = [Wanted("op1", "control", HOST), Wanted("op2", "control", HOST)]
    actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW)
    assert [actions.deliver(now=NOW + MINUTE, lease=LEASE) for _ in range(3)] == [1, 1, 0]


def test_nothing_is_issued_again_while_nothing_failed(order: Order) -> None:
    with pytest.raises(OrderRefused, match="nothing_failed"):
        actions.issue_again(viewer=viewer("cncert"), case=order.case, now=NOW)


def test_what_was_not_done_is_issued_again_under_the_same_task_number(order: Order) -> None:
    feedback.feed_back(
        viewer=viewer("op1"),
        notice=order.notice,
        items=[Done(order.number, False, "设备升级")],
        users_told=None,
        disposed_at=NOW + MINUTE,
        now=NOW + 2 * MINUTE,
    )
    (again,) = actions.issue_again(viewer=viewer("cncert"), case=order.case, now=NOW + 3 * MINUTE)
    order.refresh_from_db()
    assert (order.status, order.again_id) == ("reissued", again.number)
    assert {row.task_number for row in cases.notices(viewer("op1"), case=order.case)} == {f"RW-{order.case}"}


def test_a_case_with_an_order_not_verified_is_not_closed(order: Order) -> None:
    with pytest.raises(OrderRefused, match="not_verified"):
        actions.close(viewer=viewer("cncert"), case=order.case, now=NOW)


def test_a_name_is_ordered_once_and_as_what_it_is(case: str) -> None:
    for wanted, code in (
        ([Wanted("op1", "distribution", HOST)], "another_kind"),
        ([Wanted("op1", "control", HOST), Wanted("op1", "domain", HOST)], "wanted_twice"),
    ):
        with pytest.raises(OrderRefused, match=code):
            actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + MINUTE)


def test_what_an_annulled_case_had_waiting_is_given_up(order: Order) -> None:
    incidents.propose_annulment(viewer=viewer("cncert"), case=order.case, reason="误报", now=NOW + MINUTE)
    incidents.confirm_annulment(viewer=viewer("cncert", "p-2"), case=order.case, now=NOW + MINUTE)
    assert actions.deliver(now=NOW + 2 * MINUTE, lease=LEASE) == 1
    assert [row.given_up for row in queries.deliveries(viewer("cncert"), case=order.case)] == [True]
    assert queries.oldest_delivery(now=NOW + 3 * MINUTE) is None
    assert not ledger.entries(viewer("cncert"), kind="order.delivered").exists()
    with pytest.raises(cases.NoCase, match="not_open"):
        actions.acknowledge(viewer=viewer("op1"), order=order.number, now=NOW + 3 * MINUTE)


@pytest.mark.parametrize("code", ["js", "miit"])
def test_only_who_can_dispose_is_ordered(case: str, code: str) -> None:
    with pytest.raises(OrderRefused, match="cannot_dispose"):
        actions.issue(viewer=viewer("cncert"), case=case, wanted=[Wanted(code, "control", HOST)], now=NOW)
    assert not queries.orders(viewer("cncert"), case=case).exists()


@pytest.mark.parametrize("role", ["access", "idc"])
def test_an_access_or_idc_provider_is_asked_about_a_url_and_owes_nothing(case: str, role: str) -> None:
    parties.register(code="host", zh="托管", en="H", role=role, actor=Actor("cncert", "cncert"), now=NOW)
    owed = {duty.key for duty in ledger.duties(viewer("cncert")) if duty.owes == "host"}
    url = "http://93.184.216.34/x.apk"
    programs.add_indicator(program=PROGRAM, text=url, role="distribution", source="t", allow=AllowLists(), now=NOW)
    wanted = [Wanted("host", "distribution", "93.184.216.34/x.apk")]
    (order,) = actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + MINUTE)
    assert (order.reach, list(queries.deliveries(viewer("cncert"), case=case))) == ("url", [])
    host = Viewer("host", role, "", "p-host", HELD_BY[role])
    actions.acknowledge(viewer=host, order=order.number, now=NOW + 2 * MINUTE)
    assert {duty.key for duty in ledger.duties(viewer("cncert")) if duty.owes == "host"} == owed
    feedback.feed_back(
        viewer=host,
        notice=order.notice,
        items=[Done(order.number, True)],
        users_told=None,
        disposed_at=NOW + 2 * MINUTE,
        now=NOW + 3 * MINUTE,
    )
    order.refresh_from_db()
    assert order.status == "done"


def test_an_order_on_an_address_or_url_sends_no_rule_to_the_network(case: str) -> None:
    for text in ("93.184.216.34", "http://files.example.org/a.apk"):
        programs.add_indicator(program=PROGRAM, text=text, role="control", source="t", allow=AllowLists(), now=NOW)
    targets = ("93.184.216.34", "files.example.org/a.apk", HOST)
    wanted = [Wanted("op1", "control", target) for target in targets]
    made = actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + MINUTE)
    assert {order.target: order.reach for order in made} == dict(zip(targets, ("address", "url", "name"), strict=True))
    assert [row.order.target for row in queries.deliveries(viewer("cncert"), case=case)] == [HOST]
    assert queries.blocked_hosts() == [HOST]


def test_what_failed_under_several_notices_is_issued_again_once(case: str) -> None:
    for minute in (1, 2):
        (order,) = actions.issue(
            viewer=viewer("cncert"), case=case, wanted=[Wanted("op1", "control", HOST)], now=NOW + minute * MINUTE
        )
        fed(order, done=False, reason="系统割接", told=None, now=NOW + (minute + 3) * MINUTE)
    (again,) = actions.issue_again(viewer=viewer("cncert"), case=case, now=NOW + 9 * MINUTE)
    replaced = queries.orders(viewer("cncert"), case=case).exclude(number=again.number)
    assert {row.status for row in replaced} == {"reissued"}


def test_a_case_that_never_had_an_order_is_closed() -> None:
    (case,) = World().populate().tally("op1", 5, NOW).cases
    actions.close(viewer=viewer("cncert"), case=case, now=NOW + MINUTE)
    assert cases.case(viewer("cncert"), case).status == "closed"

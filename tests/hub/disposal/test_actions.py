from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.hub.disposal.conftest import HOST, fed
from tests.hub.world import CENTRE, NOW, PROGRAM, World, viewer

from cleannet.core.allow import ORDINARY, RESOLVER, AllowLists, Listed
from cleannet.hub.disposal import actions, delivery, feedback, life, queries, tables
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.feedback import Done
from cleannet.hub.disposal.queries import NoOrder, Order
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.grading import standing
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties.rights import HELD_BY
from cleannet.hub.programs import actions as programs

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


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
    assert (order.reach, order.in_zone) == ("url", False)
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
    assert list(delivery.standing_names()) == [HOST]


def test_the_bureau_of_a_servers_province_is_concerned_from_the_notice_on(case: str) -> None:
    data = b"prefix,party,province\n198.51.100.0/24,op2,33"
    tables.take(actor=CENTRE, source="networks", data=data, now=NOW)
    address = "198.51.100.7"
    programs.add_indicator(program=PROGRAM, text=address, role="control", source="t", allow=AllowLists(), now=NOW)
    (order,) = actions.issue(viewer=viewer("cncert"), case=case, wanted=[Wanted("op1", "control", address)], now=NOW)
    (issued,) = ledger.entries(viewer("miit"), case=case, kind="notice.issued")
    assert {"js", "zj"} <= set(issued.recipients)
    found = cases.case(viewer("zj"), case)
    assert {"js", "zj"} == set(standing(found, NOW, of=order.party)["participants"].of("bureau:relevant"))


def test_what_stands_is_not_ordered_of_the_same_party_again_but_issued_again_where_it_failed(case: str) -> None:
    wanted = [Wanted("op1", "control", HOST)]
    (order,) = actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + MINUTE)
    more = [*wanted, Wanted("op2", "control", HOST)]
    for asked in (wanted, more):
        with pytest.raises(OrderRefused, match="stands_already"):
            actions.issue(viewer=viewer("cncert"), case=case, wanted=asked, now=NOW + 2 * MINUTE)
    actions.issue(viewer=viewer("cncert"), case=case, wanted=more[1:], now=NOW + 2 * MINUTE)
    fed(order, done=False, reason="系统割接", told=None, now=NOW + 4 * MINUTE)
    (again,) = actions.issue_again(viewer=viewer("cncert"), case=case, now=NOW + 9 * MINUTE)
    assert (again.party, again.target) == ("op1", HOST)
    life.withdraw(viewer=viewer("cncert"), orders=[again.number], reason="误报", now=NOW + 10 * MINUTE)
    assert actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + 11 * MINUTE)


def test_a_case_that_never_had_an_order_is_closed() -> None:
    (case,) = World().populate().tally("op1", 5, NOW).cases
    actions.close(viewer=viewer("cncert"), case=case, now=NOW + MINUTE)
    assert cases.case(viewer("cncert"), case).status == "closed"


def test_an_order_ends_at_no_moment_that_is_past(case: str) -> None:
    wanted = [Wanted("op1", "control", HOST)]
    with pytest.raises(OrderRefused, match="until_past"):
        actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW, until=NOW)
    (made,) = actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW, until=NOW + MINUTE)
    assert queries.own_order(viewer("op1"), made.number).until == NOW + MINUTE


@pytest.mark.parametrize(("party", "in_zone"), [("op1", True), ("rr", False)])
def test_only_an_operators_resolvers_take_a_rule(case: str, party: str, in_zone: bool) -> None:
    (made,) = actions.issue(viewer=viewer("cncert"), case=case, wanted=[Wanted(party, "control", HOST)], now=NOW)
    made.refresh_from_db()
    assert (made.in_zone, made.enters, made.leaves) == (in_zone, 1, None)
    assert delivery.standing().exists() is in_zone


def test_a_thousand_orders_take_no_more_questions_than_one(case: str) -> None:
    """Fifty against one: what grows with each order would show a hundred times."""
    add = {"program": PROGRAM, "role": "control", "source": "t", "allow": AllowLists(), "now": NOW}
    for number in range(50):
        programs.add_indicator(text=f"c{number}.evil-emial.example.org", **add)  # type: ignore[arg-type]  # as above
    asked = []
    for hosts in (range(1), range(50)):
        party = f"op{2 - len(asked)}"
        wanted = [Wanted(party, "control", f"c{number}.evil-emial.example.org") for number in hosts]
        with CaptureQueriesContext(connection) as captured:
            actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + len(hosts) * MINUTE)
        asked.append(len(captured))
    assert asked[1] <= asked[0] + 5

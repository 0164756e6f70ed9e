from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.hub.disposal.conftest import HOST, fed
from tests.hub.world import LAW, NOW, PROGRAM, World, viewer

from cleannet.core.allow import ORDINARY, AllowLists, Listed
from cleannet.core.form import UnknownField
from cleannet.core.policy_file import shipped
from cleannet.hub.disposal import batches, life, queries
from cleannet.hub.disposal.actions import Exemption, Wanted
from cleannet.hub.disposal.batches import Batch, NoBatch
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import notices
from cleannet.hub.incidents.first import First
from cleannet.hub.incidents.grading import IncidentRefused
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties import queries as registered
from cleannet.hub.programs import actions as programs

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
ONE, TWO, PROGRAM_OF_CNCERT = viewer("cncert", "p-1"), viewer("cncert", "p-2"), Viewer("cncert", "cncert")
WANTED = [Wanted("op1", "control", HOST)]
SHARED = "files.example.com"


@pytest.fixture
def batch(case: str) -> Batch:
    return batches.draft(viewer=ONE, case=case, wanted=WANTED, now=NOW + MINUTE)


def adopt_rule() -> None:
    parties.adopt(policy=shipped()["two_persons"], actor=Actor("cncert", "cncert"), now=NOW)


def kinds(case: str) -> list[str]:
    return [entry.kind for entry in ledger.entries(ONE, case=case) if entry.kind.startswith("order.")]


def test_nothing_goes_out_before_a_second_person_confirms(batch: Batch) -> None:
    assert not queries.orders(ONE, case=batch.case).exists()
    assert [one.number for one in batches.batches(TWO)] == [batch.number]
    (order,) = batches.confirm(viewer=TWO, batch=batch.number, now=NOW + 2 * MINUTE)
    assert (order.target, order.party, order.status) == (HOST, "op1", "issued")
    after = batches.own(ONE, batch.number)
    assert (after.status, after.notice, after.drafted_by, after.decided_by) == ("issued", order.notice, "p-1", "p-2")
    assert batches.batches(ONE) == []
    assert kinds(batch.case) == ["order.drafted", "order.issued", "order.confirmed"]


@pytest.mark.parametrize(
    ("who", "code"),
    [(ONE, "order.second_person"), (PROGRAM_OF_CNCERT, "order.no_person"), (viewer("miit", "p-2"), "order.no_batch")],
)
def test_only_another_person_of_the_same_party_issues(batch: Batch, who: object, code: str) -> None:
    with pytest.raises((OrderRefused, NoBatch)) as refused:
        batches.confirm(viewer=who, batch=batch.number, now=NOW + 2 * MINUTE)  # type: ignore[arg-type]  # a viewer
    assert refused.value.code == code
    assert not queries.orders(ONE, case=batch.case).exists()


def test_a_program_drafts_nothing(case: str) -> None:
    with pytest.raises(OrderRefused, match="no_person"):
        batches.draft(viewer=PROGRAM_OF_CNCERT, case=case, wanted=WANTED, now=NOW + MINUTE)
    assert batches.batches(ONE, case=case) == []


def test_a_batch_is_issued_once(batch: Batch) -> None:
    batches.confirm(viewer=TWO, batch=batch.number, now=NOW + 2 * MINUTE)
    acts: list[Callable[[], object]] = [
        lambda: batches.confirm(viewer=TWO, batch=batch.number, now=NOW + 3 * MINUTE),
        lambda: batches.decline(viewer=TWO, batch=batch.number, reason="late", now=NOW + 3 * MINUTE),
        lambda: batches.countersign(viewer=TWO, batch=batch.number, now=NOW + 3 * MINUTE),
        lambda: batches.issue_alone(viewer=ONE, batch=batch.number, reason="late", now=NOW + 3 * MINUTE),
    ]
    for act in acts:
        with pytest.raises(OrderRefused, match="batch_decided"):
            act()
    assert queries.orders(ONE, case=batch.case).count() == 1


def test_a_declined_batch_keeps_why_and_issues_nothing(batch: Batch) -> None:
    with pytest.raises(OrderRefused, match="declined_without_reason"):
        batches.decline(viewer=TWO, batch=batch.number, reason=" ", now=NOW + 2 * MINUTE)
    batches.decline(viewer=TWO, batch=batch.number, reason="a wrong name", now=NOW + 2 * MINUTE)
    assert batches.own(ONE, batch.number).reason == "a wrong name"
    with pytest.raises(OrderRefused, match="batch_decided"):
        batches.confirm(viewer=TWO, batch=batch.number, now=NOW + 3 * MINUTE)
    assert kinds(batch.case) == ["order.drafted", "order.declined"]


def test_one_person_alone_issues_at_once_and_the_confirmation_is_owed_with_a_limit(batch: Batch) -> None:
    adopt_rule()
    with pytest.raises(OrderRefused, match="alone_without_reason"):
        batches.issue_alone(viewer=ONE, batch=batch.number, reason="", now=NOW + 2 * MINUTE)
    at = NOW + 2 * MINUTE
    batches.issue_alone(viewer=ONE, batch=batch.number, reason="nobody else awake", now=at)
    (duty,) = ledger.own_duties(ONE).filter(expects="order.confirmed")
    assert (duty.rule, duty.due) == ("house.confirm", at + timedelta(hours=4))
    assert [one.status for one in batches.batches(ONE)] == ["alone"]
    with pytest.raises(OrderRefused, match="second_person"):
        batches.countersign(viewer=ONE, batch=batch.number, now=at + MINUTE)
    batches.countersign(viewer=TWO, batch=batch.number, now=at + MINUTE, remark="agreed")
    assert ledger.duty(ONE, duty.key).met_by_id
    assert batches.batches(ONE) == []
    assert kinds(batch.case)[-1] == "order.confirmed"


def test_alone_without_an_adopted_rule_nothing_is_issued(batch: Batch) -> None:
    with pytest.raises(OrderRefused, match="alone_without_rule"):
        batches.issue_alone(viewer=ONE, batch=batch.number, reason="nobody else", now=NOW + 2 * MINUTE)
    assert batches.own(ONE, batch.number).status == "waiting"
    assert not queries.orders(ONE, case=batch.case).exists()


def test_an_exception_lets_a_held_host_be_ordered_until_its_end(case: str) -> None:
    allow = AllowLists([Listed(SHARED, ORDINARY, "ordinary")])
    programs.add_indicator(program=PROGRAM, text=SHARED, role="control", source="t", allow=allow, now=NOW)
    wanted = [Wanted("op1", "control", SHARED), *WANTED]
    with pytest.raises(OrderRefused, match="held_by_allow_list"):
        batches.draft(viewer=ONE, case=case, wanted=wanted, now=NOW + MINUTE)
    until = NOW + timedelta(hours=6)
    made = batches.draft(
        viewer=ONE, case=case, wanted=wanted, now=NOW + MINUTE, exempt=[Exemption(SHARED, "agreed with it", until)]
    )
    orders = batches.confirm(viewer=TWO, batch=made.number, now=NOW + 2 * MINUTE)
    told = {order.target: (order.reach, order.exempt, order.until) for order in orders}
    assert told == {SHARED: ("name", "agreed with it", until), HOST: ("name", "", None)}


@pytest.mark.parametrize(
    ("exemption", "code"),
    [
        (Exemption(HOST, " ", NOW + timedelta(days=1)), "order.exempt_without_reason"),
        (Exemption(HOST, "why", NOW), "order.until_past"),
        (Exemption("strange.example", "why", NOW + timedelta(days=1)), "order.exempt_for_nothing"),
    ],
)
def test_an_exception_has_a_reason_an_end_and_an_order(case: str, exemption: Exemption, code: str) -> None:
    with pytest.raises(OrderRefused) as refused:
        batches.draft(viewer=ONE, case=case, wanted=WANTED, now=NOW + MINUTE, exempt=[exemption])
    assert refused.value.code == code


def test_what_was_not_done_is_drafted_again_and_outdated_when_it_changes(batch: Batch) -> None:
    (order,) = batches.confirm(viewer=TWO, batch=batch.number, now=NOW + 2 * MINUTE)
    fed(order, done=False, reason="not ours", now=NOW + 4 * MINUTE)
    again = batches.draft_again(viewer=ONE, case=batch.case, now=NOW + 5 * MINUTE)
    stale = batches.draft_again(viewer=ONE, case=batch.case, now=NOW + 5 * MINUTE)
    (made,) = batches.confirm(viewer=TWO, batch=again.number, now=NOW + 6 * MINUTE)
    assert made.target == HOST
    with pytest.raises(OrderRefused, match=r"nothing_failed|batch_outdated"):
        batches.confirm(viewer=TWO, batch=stale.number, now=NOW + 7 * MINUTE)


def test_the_second_person_may_tell_the_notice_by_phone_first(batch: Batch) -> None:
    call = First("phone", "called the duty desk, urgent", NOW + 2 * MINUTE)
    batches.confirm(viewer=TWO, batch=batch.number, now=NOW + 3 * MINUTE, first=call)
    (entry,) = ledger.entries(ONE, case=batch.case, kind="notice.issued")
    assert (entry.medium, entry.happened_at) == ("phone", NOW + 2 * MINUTE)


def test_a_batch_is_its_partys_own(batch: Batch) -> None:
    assert batches.batches(viewer("miit", "p-9"), case=batch.case) == []
    with pytest.raises(NoBatch):
        batches.of_notice(ONE, "nothing")
    batches.confirm(viewer=TWO, batch=batch.number, now=NOW + 2 * MINUTE)
    notice = batches.own(ONE, batch.number).notice
    assert batches.of_notice(TWO, notice).number == batch.number


def test_a_thousand_orders_are_one_batch_and_one_confirmation(case: str) -> None:
    hosts = [f"c{number}.evil-emial.example.org" for number in range(1000)]
    for host in hosts:
        programs.add_indicator(program=PROGRAM, text=host, role="control", source="t", allow=AllowLists(), now=NOW)
    wanted = [Wanted("op1", "control", host) for host in hosts]
    made = batches.draft(viewer=ONE, case=case, wanted=wanted, now=NOW + MINUTE)
    assert len(batches.confirm(viewer=TWO, batch=made.number, now=NOW + 2 * MINUTE)) == 1000
    assert kinds(case).count("order.issued") == 1


def test_only_the_drafter_issues_alone(batch: Batch) -> None:
    adopt_rule()
    with pytest.raises(OrderRefused, match="not_the_drafter"):
        batches.issue_alone(viewer=TWO, batch=batch.number, reason="nobody else", now=NOW + 2 * MINUTE)
    assert batches.own(ONE, batch.number).status == "waiting"


def test_who_issued_alone_and_who_confirmed_it_are_both_kept(batch: Batch) -> None:
    adopt_rule()
    batches.issue_alone(viewer=ONE, batch=batch.number, reason="nobody else", now=NOW + 2 * MINUTE)
    batches.countersign(viewer=TWO, batch=batch.number, now=NOW + 3 * MINUTE)
    after = batches.own(ONE, batch.number)
    assert (after.decided_by, after.decided_at) == ("p-1", NOW + 2 * MINUTE)
    assert (after.countersigned_by, after.countersigned_at) == ("p-2", NOW + 3 * MINUTE)


def test_only_what_says_something_else_than_the_record_is_a_change(case: str) -> None:
    draft = notices.Draft(viewer=ONE, case=case, addressees={"op1"}, now=NOW + MINUTE, changes={})
    typed = {key: text.replace("\n", "\r\n") for key, text in draft.values.items()} | {"remarks": "block it"}
    made = batches.draft(viewer=ONE, case=case, wanted=WANTED, now=NOW + MINUTE, changes=typed)
    assert made.changes == {"remarks": "block it"}
    assert batches.paper(TWO, made, NOW + 2 * MINUTE).values["remarks"] == "block it"


def test_a_paper_has_no_fields_of_its_own(case: str) -> None:
    with pytest.raises(UnknownField):
        batches.draft(viewer=ONE, case=case, wanted=WANTED, now=NOW + MINUTE, changes={"strange": "x"})
    assert batches.batches(ONE, case=case) == []


def test_a_batch_is_outdated_once_its_case_has_another_grade() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 10_001, NOW).cases
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p"), now=NOW)
    batch = batches.draft(viewer=ONE, case=case, wanted=WANTED, now=NOW + MINUTE)
    world.tally("op1", 60_001, NOW + 2 * MINUTE)
    with pytest.raises(OrderRefused, match="batch_outdated"):
        batches.confirm(viewer=TWO, batch=batch.number, now=NOW + 3 * MINUTE)
    assert not queries.orders(ONE, case=case).exists()
    anew = batches.draft(viewer=ONE, case=case, wanted=WANTED, now=NOW + 4 * MINUTE)
    assert (batch.grade, anew.grade) == ("III", "II")
    assert batches.confirm(viewer=TWO, batch=anew.number, now=NOW + 5 * MINUTE)


def test_of_two_equal_drafts_one_is_issued(case: str) -> None:
    both = [batches.draft(viewer=ONE, case=case, wanted=WANTED, now=NOW + MINUTE) for _ in range(2)]
    batches.confirm(viewer=TWO, batch=both[0].number, now=NOW + 2 * MINUTE)
    with pytest.raises(OrderRefused, match="stands_already"):
        batches.confirm(viewer=TWO, batch=both[1].number, now=NOW + 3 * MINUTE)
    with pytest.raises(OrderRefused, match="stands_already"):
        batches.draft(viewer=ONE, case=case, wanted=WANTED, now=NOW + 3 * MINUTE)
    assert queries.orders(ONE, case=case).count() == 1


def test_what_was_lifted_after_a_draft_is_not_issued_by_it(batch: Batch) -> None:
    (order,) = batches.confirm(viewer=TWO, batch=batch.number, now=NOW + 2 * MINUTE)
    other = [Wanted("op2", "control", HOST)]
    waits = batches.draft(viewer=ONE, case=batch.case, wanted=other, now=NOW + 3 * MINUTE)
    life.lift(viewer=TWO, orders=[order.number], reason="an appeal was granted", now=NOW + 4 * MINUTE)
    with pytest.raises(OrderRefused, match="batch_outdated"):
        batches.confirm(viewer=TWO, batch=waits.number, now=NOW + 5 * MINUTE)
    anew = batches.draft(viewer=ONE, case=batch.case, wanted=other, now=NOW + 6 * MINUTE)
    assert batches.confirm(viewer=TWO, batch=anew.number, now=NOW + 7 * MINUTE)


def test_what_can_never_be_confirmed_is_not_drafted_again(batch: Batch) -> None:
    (order,) = batches.confirm(viewer=TWO, batch=batch.number, now=NOW + 2 * MINUTE)
    fed(order, done=False, reason="not ours", now=NOW + 4 * MINUTE)
    (delegation,) = registered.delegations(ONE)
    parties.end_delegation(number=delegation.pk, actor=Actor("miit", "miit", "p"), now=NOW + 5 * MINUTE)
    with pytest.raises(IncidentRefused, match="no_delegation"):
        batches.draft_again(viewer=ONE, case=batch.case, now=NOW + 6 * MINUTE)


def test_what_an_allow_list_came_to_hold_is_not_issued_without_an_exception(batch: Batch) -> None:
    programs.keep_allow_lists(lists={"ordinary"}, listed=[Listed(HOST, ORDINARY, "ordinary")])
    with pytest.raises(OrderRefused, match="held_by_allow_list"):
        batches.confirm(viewer=TWO, batch=batch.number, now=NOW + 2 * MINUTE)
    exempt = [Exemption(HOST, "agreed", NOW + timedelta(hours=1))]
    anew = batches.draft(viewer=ONE, case=batch.case, wanted=WANTED, now=NOW + 3 * MINUTE, exempt=exempt)
    (order,) = batches.confirm(viewer=TWO, batch=anew.number, now=NOW + 4 * MINUTE)
    fed(order, done=False, reason="not yet", now=NOW + 5 * MINUTE)
    again = batches.draft_again(viewer=ONE, case=batch.case, now=NOW + 6 * MINUTE)
    (after,) = batches.confirm(viewer=TWO, batch=again.number, now=NOW + 7 * MINUTE)
    assert (after.exempt, after.until) == ("agreed", NOW + timedelta(hours=1))

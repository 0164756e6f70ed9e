from datetime import datetime, timedelta

import pytest
from pytest_django import Settings
from tests.hub.disposal.conftest import Answering, fed, look, met
from tests.hub.world import NOW, viewer

from cleannet.hub.disposal import actions, deciding, feedback, probes, verification
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.feedback import Done
from cleannet.hub.disposal.queries import Feedback, Order
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.papers import queries as papers

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
CENTRE = viewer("cncert")


def at(minute: int) -> datetime:
    return NOW + minute * MINUTE


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([], ""),
        ([(0, "gone")], ""),
        ([(0, "gone"), (9, "gone")], ""),
        ([(0, "gone"), (10, "gone")], "gone"),
        ([(0, "gone"), (5, "gone"), (10, "gone")], "gone"),
        ([(0, "still_there"), (10, "still_there")], "still_there"),
        ([(0, "gone"), (5, "unknown"), (10, "gone")], ""),
        ([(0, "gone"), (5, "still_there"), (20, "gone")], ""),
        ([(0, "still_there"), (5, "gone"), (15, "gone")], "gone"),
        ([(0, "gone"), (10, "gone"), (11, "unknown")], ""),
        ([(0, "unknown"), (10, "unknown")], ""),
    ],
)
def test_two_looks_agree_when_nothing_between_them_says_otherwise(looks: list[tuple[int, str]], expected: str) -> None:
    assert deciding.agreed([(at(minute), verdict) for minute, verdict in looks], 10 * MINUTE) == expected


def rounds(first: int, last: int) -> dict[int, int]:
    """Let the lanes come round once a minute; return the minutes at which something was answered."""
    answered = {}
    for minute in range(first, last + 1):
        if found := deciding.decide(now=at(minute)):
            answered[minute] = found
        while probes.probe(now=at(minute), lease=MINUTE):
            pass
    return answered


def test_a_policy_answers_only_with_what_it_agreed_on(order: Order, resolver: Answering) -> None:
    made = fed(order)
    resolver.say = lambda name: "NXDOMAIN"
    look(order.case, at(4))
    given = {"viewer": CENTRE, "feedback": made.number, "now": at(5), "policy": 10}
    with pytest.raises(OrderRefused, match=r"order\.seen_anew"):
        verification.verify(**given, agreed={order.number: "still_there"})
    verification.verify(**given, agreed={order.number: "gone"})


def test_a_feedback_that_is_refused_holds_up_no_other(
    order: Order, resolver: Answering, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CLEANNET_VERIFY_MINUTES = 10
    fed(order)

    def refuse(*_: object) -> bool:
        raise OrderRefused("order.seen_anew")

    monkeypatch.setattr(deciding.cases, "is_open", refuse)
    assert deciding.decide(now=at(5)) == 0


@pytest.mark.parametrize(("said", "status"), [("NXDOMAIN", "verified"), ("192.0.2.80", "failed")])
def test_the_hub_answers_by_itself_once_two_looks_agreed(
    order: Order, resolver: Answering, settings: Settings, said: str, status: str
) -> None:
    settings.CLEANNET_VERIFY_MINUTES = 10
    made = fed(order)
    resolver.say = lambda name: said
    assert rounds(4, 20) == {15: 1}
    order.refresh_from_db()
    assert order.status == status
    assert "11.5.significant" in met(order.case)
    (entry,) = ledger.entries(CENTRE, case=order.case, kind="disposal.verified")
    assert entry.facts["policy"] == 10
    assert "voluntary" not in entry.facts
    paper = papers.latest(number=made.number)
    assert paper is not None
    assert "由系统按设定判定" in papers.values(paper)["verification"]


def test_without_a_policy_a_person_decides(order: Order, resolver: Answering) -> None:
    fed(order)
    resolver.say = lambda name: "NXDOMAIN"
    assert rounds(4, 30) == {}
    assert resolver.asked == []


def test_what_is_unknown_is_looked_at_again_and_never_answered(
    order: Order, resolver: Answering, settings: Settings
) -> None:
    settings.CLEANNET_VERIFY_MINUTES = 5
    fed(order)
    resolver.say = lambda name: "SERVFAIL"
    assert rounds(4, 14) == {}
    assert len([name for name in resolver.asked if name.startswith("c2.")]) == 3
    day = 24 * 60
    resolver.asked.clear()
    assert rounds(day + 4, day + 5) == {}
    assert resolver.asked == []


def test_a_person_may_be_faster(order: Order, resolver: Answering, settings: Settings) -> None:
    settings.CLEANNET_VERIFY_MINUTES = 10
    made = fed(order)
    resolver.say = lambda name: "NXDOMAIN"
    rounds(4, 6)
    verification.verify(viewer=CENTRE, feedback=made.number, now=at(7))
    assert rounds(7, 20) == {}
    assert ledger.entries(CENTRE, case=order.case, kind="disposal.verified").count() == 1


def test_cncerts_own_disposal_is_a_persons_to_verify(case: str, resolver: Answering, settings: Settings) -> None:
    settings.CLEANNET_VERIFY_MINUTES = 10
    settings.CLEANNET_DNS_ROOTS = f"root=127.0.0.1:{resolver.port}"
    resolver.say = lambda name: "NXDOMAIN"
    wanted = [Wanted("cncert", "control", "c2.evil-emial.example.com")]
    (order,) = actions.issue(viewer=CENTRE, case=case, wanted=wanted, now=at(1))
    given = {"users_told": None, "disposed_at": at(2), "now": at(3)}
    feedback.feed_back(viewer=CENTRE, notice=order.notice, items=[Done(order.number, True)], **given)
    assert rounds(4, 20) == {}
    assert Feedback.objects.get().verified_at is None

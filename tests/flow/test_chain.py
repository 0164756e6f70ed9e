"""The whole chain against a real BIND: tally → case → 附件三 → notice with orders → feedback → looking → closed."""

from datetime import timedelta

import pytest
from tests.hub.world import LAW, NOW, World, viewer

from cleannet.cli.demo_bind import BindNetwork
from cleannet.hub.disposal import actions as disposal
from cleannet.hub.disposal import feedback
from cleannet.hub.disposal import queries as orders
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.feedback import Done
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents import reports
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.papers import queries as papers
from cleannet.hub.parties import actions as parties

pytestmark = [pytest.mark.django_db, pytest.mark.needs("named")]
MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=30)
BY_HAND = {"author": "值班员", "phone": "010-00000000", "mail": "duty@example.org"}
HOST = "c2.evil-emial.example.com"


def test_from_a_tally_to_a_closed_case(bind: BindNetwork) -> None:
    world = World().populate()
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p-miit"), now=NOW)
    (case,) = world.tally("op1", 10_001, NOW).cases
    op1, rr, centre, watch = viewer("op1"), viewer("rr"), viewer("cncert"), viewer("cncert", "p-second")

    reports.report(viewer=op1, case=case, now=NOW + MINUTE)
    reports.report(viewer=centre, case=case, now=NOW + 2 * MINUTE, changes=BY_HAND)
    assert [duty.rule for duty in ledger.own_duties(op1).filter(case=case)] == ["19.supplement"]
    reports.report(viewer=op1, case=case, now=NOW + 2 * MINUTE, changes=BY_HAND)
    issued = disposal.issue(
        viewer=centre,
        case=case,
        wanted=[Wanted("op1", "control", HOST), Wanted("op1", "distribution", "dl.evil-emial.example.net")],
        now=NOW + 3 * MINUTE,
    )
    assert disposal.deliver(now=NOW + 3 * MINUTE, lease=LEASE) == 2
    assert disposal.deliver(now=NOW + 4 * MINUTE, lease=LEASE) == 0
    for order in issued:
        disposal.acknowledge(viewer=op1, order=order.number, now=NOW + 4 * MINUTE)

    first = feedback.feed_back(
        viewer=op1,
        notice=issued[0].notice,
        items=[Done(order.number, True) for order in issued],
        users_told=9_000,
        disposed_at=NOW + 5 * MINUTE,
        now=NOW + 6 * MINUTE,
    )
    feedback.look(viewer=centre, case=case, now=NOW + 7 * MINUTE)
    assert set(feedback.verify(viewer=watch, feedback=first.number, now=NOW + 8 * MINUTE).values()) == {"still_there"}

    bind.heed()
    again = disposal.issue_again(viewer=centre, case=case, now=NOW + 9 * MINUTE)
    assert disposal.deliver(now=NOW + 9 * MINUTE, lease=LEASE) == 2
    second = feedback.feed_back(
        viewer=op1,
        notice=again[0].notice,
        items=[Done(order.number, True) for order in again],
        users_told=9_500,
        disposed_at=NOW + 10 * MINUTE,
        now=NOW + 11 * MINUTE,
    )
    feedback.look(viewer=centre, case=case, now=NOW + 12 * MINUTE)
    assert set(feedback.verify(viewer=watch, feedback=second.number, now=NOW + 13 * MINUTE).values()) == {"gone"}
    disposal.close(viewer=centre, case=case, now=NOW + 14 * MINUTE)

    assert cases.case(centre, case).status == "closed"
    kinds = [entry.kind for entry in ledger.entries(centre, case=case)]
    for kind in (
        "incident.opened incident.graded incident.reported notice.issued notice.received order.issued order.delivered "
        "order.acknowledged disposal.done user.warned disposal.fed_back feedback.received disposal.verified "
        "incident.closed"
    ).split():
        assert kind in kinds
    assert not [duty for duty in ledger.open_duties(centre, case=case) if duty.due]
    assert all(duty.met_by or duty.due is None for duty in ledger.duties(centre, case=case))
    assert all(
        papers.rendered_again(paper) == {"docx": True, "pdf": True} for paper in papers.papers(centre, case=case)
    )
    versions = {paper.version for paper in papers.papers(centre, case=case) if paper.number == second.number}
    assert versions == {1, 2}
    assert [order.status for order in orders.orders(op1, case=case)] == ["verified", "verified", "reissued", "reissued"]
    assert list(orders.orders(rr, case=case)) == []

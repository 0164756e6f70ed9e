"""The whole chain against a real BIND: log rows → matches → exact count → signed tally → case → 附件三 → notice with
orders → feedback → looking → closed.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from tests.flow.conftest import look
from tests.hub.world import LAW, NOW, World, viewer

from cleannet.cli.demo_bind import BindNetwork
from cleannet.core.policy_file import shipped
from cleannet.edge import mapping, subscribers
from cleannet.edge.detect import detect
from cleannet.edge.state import State
from cleannet.edge.watchlists import load_allow_lists, load_watchlists
from cleannet.formats import envelope
from cleannet.hub.disposal import actions as disposal
from cleannet.hub.disposal import arrivals, delivery, feedback, verification
from cleannet.hub.disposal import queries as orders
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.feedback import Done
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents import reports
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.papers import queries as papers
from cleannet.hub.parties import actions as parties
from cleannet.hub.programs import actions as programs
from cleannet.hub.watch import actions as watching

pytestmark = [pytest.mark.django_db, pytest.mark.needs("named")]
MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=30)
BY_HAND = {"author": "值班员", "phone": "010-00000000", "mail": "duty@example.org"}
HOST = "c2.evil-emial.example.com"
INFECTED = 10_001
MAPPING = """schema = 1
time_zone = "Asia/Shanghai"
[columns]
time = "time"
number = "phone"
host = "name"
province = "province"
"""


def log_rows(path: Path) -> Path:
    """Write a log in which `INFECTED` numbers ask for a name below the control server's, some of them twice, in three
    writings of the number, and others ask for names that only look alike.
    """
    writings = ("{}", "+86{}", "0086{}")
    rows = ["time,phone,name,province"]
    for index in range(INFECTED):
        number = writings[index % 3].format(13_800_000_000 + index)
        rows.append(f"2026-11-22 09:{index % 50:02}:00,{number},a{index}.{HOST.upper()}.,32")
        if index % 10 == 0:
            rows.append(f"2026-11-22 09:55:00,{13_800_000_000 + index},{HOST},32")
        rows.append(f"2026-11-22 09:30:00,{13_900_000_000 + index},not-{HOST},32")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def tally_of(folder: Path) -> bytes:
    """Let op1's own edge, enrolled at the hub and with its release, count a log; return the signed tally it spools."""
    state = State(folder / "state")
    keys = {envelope.key_id(key): key for key in Keyring(settings.CLEANNET_DATA).verifiers().values()}
    state.enrol("edge-of-op1", "op1", "32", keys)
    watching.enrol(edge="edge-of-op1", party="op1", province="32", public_key=state.public_key(), now=NOW)
    release = programs.publish(now=NOW - MINUTE)
    state.take_release(bytes(release.envelope), NOW)
    (folder / "m.toml").write_text(MAPPING, encoding="utf-8")
    subscribers.write_key(folder / "key")
    allowed = load_allow_lists([])
    watchlist = load_watchlists([state.folder / "release"], allowed.lists, NOW, keys, release.number)
    found = detect(
        [log_rows(folder / "dns.csv")],
        watchlist,
        begun_at=NOW,
        mappings=[mapping.load(folder / "m.toml")],
        key=subscribers.read_key(folder / "key"),
    )
    law = shipped()[LAW]
    run = found.result(
        allowed, found_at=NOW, thresholds=law.thresholds("infected_24h"), policy={"id": law.id, "digest": law.digest}
    )
    state.put(run.document, NOW)
    ((_, message),) = state.waiting()
    return message


def test_from_log_rows_to_a_closed_case(bind: BindNetwork, tmp_path: Path) -> None:
    World().populate()
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p-miit"), now=NOW)
    message = tally_of(tmp_path)
    assert b"1380000" not in message
    (case,) = incidents.receive_tally(data=message, viewer=viewer("op1"), now=NOW).cases
    assert cases.scale(viewer("op1"), cases.case(viewer("op1"), case)).infected == INFECTED
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
    assert [delivery.deliver(now=NOW + 3 * MINUTE, lease=LEASE) for _ in range(2)] == [1, 0]
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
    look(case, NOW + 7 * MINUTE)
    assert set(verification.verify(viewer=watch, feedback=first.number, now=NOW + 8 * MINUTE).values()) == {
        "still_there"
    }

    bind.heed()
    again = disposal.issue_again(viewer=centre, case=case, now=NOW + 9 * MINUTE)
    assert [delivery.deliver(now=NOW + 9 * MINUTE, lease=LEASE) for _ in range(2)] == [1, 0]
    second = feedback.feed_back(
        viewer=op1,
        notice=again[0].notice,
        items=[Done(order.number, True) for order in again],
        users_told=9_500,
        disposed_at=NOW + 10 * MINUTE,
        now=NOW + 11 * MINUTE,
    )
    look(case, NOW + 12 * MINUTE)
    assert set(verification.verify(viewer=watch, feedback=second.number, now=NOW + 13 * MINUTE).values()) == {"gone"}
    disposal.close(viewer=centre, case=case, now=NOW + 14 * MINUTE)

    while arrivals.enter(now=NOW + 15 * MINUTE, lease=LEASE):
        pass
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

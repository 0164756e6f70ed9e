"""A populated world, its people, and a case on which an operator has something to report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from tests.hub.world import CENTRE, LAW, World, viewer

from cleannet.core.clock import month_of
from cleannet.hub.disposal import actions as disposal
from cleannet.hub.disposal import appeals, batches, feedback
from cleannet.hub.disposal.enclosures import Applicant, Material
from cleannet.hub.incidents import inquiries, leads, observations, reports
from cleannet.hub.incidents.first import First
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties import queries
from cleannet.hub.parties.rights import HELD_BY
from cleannet.hub.programs import actions as programs

ClientOf = Callable[..., Client]
PASSWORD = "a long word of the test 7"
MORE = {"reg": "registry", "acc": "access", "idc": "idc", "pol": "police"}


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def world(db: None, now: datetime) -> World:
    """Register everybody; MIIT lets CNCERT notify."""
    made = World().populate()
    miit = Actor("miit", "miit", "p-miit")
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=miit, now=now - timedelta(days=1))
    return made


@pytest.fixture
def everyone(world: World, now: datetime) -> World:
    """Register a party of every other role that may hold a right, too."""
    for code, role in MORE.items():
        parties.register(code=code, zh=code, en=code, role=role, actor=CENTRE, now=now)
    return world


@pytest.fixture
def client_of(db: None, now: datetime) -> ClientOf:
    """Return a function from a party to a browser of a person of it, signed in, in English."""

    def sign_in(party: str, username: str = "", **options: bool) -> Client:
        name = username or party
        users = get_user_model()
        user = users.objects.filter(username=name).first()
        if user is None:
            role = queries.party(party).role
            held = HELD_BY.get(role, frozenset())
            user = parties.add_person(party=party, username=name, password=PASSWORD, name=name, held=held, now=now).user
        client = Client(headers={"accept-language": "en"}, **options)  # type: ignore[arg-type]  # enforce_csrf_checks
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def case(world: World, now: datetime) -> str:
    """Return a case graded significant for op1 and for CNCERT."""
    (number,) = world.tally("op1", 10_001, now - timedelta(hours=1)).cases
    return number


@dataclass(frozen=True)
class Objects:
    """Name one object of each kind that a page is about, all of op1 on one case; `figures` are op1's alone."""

    case: str
    paper: int
    entry: str
    first: str
    notice: str
    order: str
    feedback: str
    batch: str
    appeal: str
    lead: str
    month: str
    figures: tuple[str, ...] = ("60,123", "60123", "31,337", "31337", "60_123")


@pytest.fixture
def objects(everyone: World, now: datetime) -> Objects:
    """Let op1 count, report, be ordered, dispose and feed back; half of what it counts lies in no bureau's province."""
    ago, op1 = timedelta(minutes=1), viewer("op1")
    (case,) = everyone.tally("op1", 60_123, now - timedelta(hours=1), shares={"32": 30_001, "44": 30_122}).cases
    paper = reports.report(viewer=op1, case=case, now=now - 9 * ago)
    said = "We called the duty desk."
    first = reports.report_first(viewer=op1, case=case, first=First("phone", said, now - 8 * ago), now=now)
    wanted = [disposal.Wanted("op1", "control", "c2.evil-emial.example.com")]
    (order,) = disposal.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=now - 5 * ago)
    disposal.acknowledge(viewer=op1, order=order.number, now=now - 4 * ago)
    fed_back = feedback.feed_back(
        viewer=op1,
        notice=order.notice,
        items=[feedback.Done(order.number, done=True)],
        users_told=31_337,
        disposed_at=now - 3 * ago,
        now=now - 2 * ago,
    )
    graded = ledger.entries(op1, case=case, kind="incident.graded").filter(party="op1")[0]
    other = [disposal.Wanted("op1", "distribution", "dl.evil-emial.example.net")]
    batch = batches.draft(viewer=viewer("cncert"), case=case, wanted=other, now=now - ago)
    appeal = appeals.receive(
        viewer=op1,
        target=order.target,
        grounds="ours",
        applicant=Applicant("甲", "mail"),
        received_at=now - ago,
        now=now,
        materials=[Material("x", b"x")],
    )
    return Objects(
        case,
        paper.pk,
        graded.pk,
        first.pk,
        order.notice,
        order.number,
        fed_back.number,
        batch.number,
        appeal.number,
        _questioned(now),
        month_of(now),
    )


def _questioned(now: datetime) -> str:
    """Let CNCERT see a program at op1 that op1 never told of, and MIIT ask about it; return the lead."""
    programs.add_program(code="other", now=now)
    seen = {"began_at": now - timedelta(seconds=2), "ended_at": now - timedelta(seconds=1)}
    observations.observe(
        viewer=viewer("cncert"), program="other", operator="op1", infected=60_123, source="s", now=now, **seen
    )
    (lead,) = {
        one.lead.number
        for one in leads.leads(viewer("miit"), month=month_of(seen["ended_at"]), now=now)
        if one.lead.kind == "omitted"
    }
    inquiries.ask(viewer=viewer("miit"), lead=lead, said="Why?", now=now)
    return lead


def issue(client_of: ClientOf, case: str, targets: Sequence[str], *codes: str) -> str:
    """Draft orders on the pages as one person of CNCERT, issue them as another, and return their notice."""
    typed = {"target": targets, "party": codes, "confirmed": "yes"}
    assert client_of("cncert").post(f"/cases/{case}/orders", typed).status_code == 302
    (batch,) = batches.batches(viewer("cncert"))
    assert client_of("cncert", "second").post(f"/batches/{batch.number}", {"act": "confirm"}).status_code == 302
    return batches.own(viewer("cncert"), batch.number).notice

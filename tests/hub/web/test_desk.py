from datetime import datetime, timedelta

import pytest
from tests.hub.web.conftest import ClientOf
from tests.hub.world import PROGRAM, World, viewer

from cleannet.hub.disposal import actions as disposal
from cleannet.hub.disposal import delivery
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.jobs import tick
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.programs import actions as programs

pytestmark = pytest.mark.django_db


def test_overdue_comes_first_with_how_long_and_why(world: World, client_of: ClientOf, now: datetime) -> None:
    for code, hours in (("late", 5), ("soon", 1)):
        programs.add_program(code=code, now=now)
        world.tally("op1", 10_001, now - timedelta(hours=hours), program=code, batch=code)
    page = client_of("op1").get("/").content.decode()
    assert page.index("1 h 0 min overdue") < page.index("left</p>")
    assert "Why: 十(二)" in page
    assert "4 hours" in page
    assert "工信部保〔2011〕545号" in page
    assert "To be confirmed" in page


def test_the_panel_explains_the_duty_that_is_chosen(case: str, client_of: ClientOf) -> None:
    key = ledger.own_duties(viewer("op1")).filter(due=None).first()
    assert key is not None
    page = client_of("op1").get("/", {"why": key.key}).content.decode()
    assert "no limit in the law" in page.split('id="why"')[1]
    assert client_of("op2").get("/", {"why": key.key}).status_code == 404


def test_an_empty_desk_says_what_will_appear(world: World, client_of: ClientOf) -> None:
    page = client_of("rr").get("/").content.decode()
    assert "Nothing is due." in page
    assert "A duty appears here" in page
    assert "Overdue at others" not in page


def test_cncert_sees_what_waits_for_others(case: str, world: World, client_of: ClientOf, now: datetime) -> None:
    wanted = [Wanted("op1", "control", "c2.evil-emial.example.com")]
    disposal.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=now)
    delivery.deliver(now=now, lease=timedelta(seconds=30))
    page = client_of("cncert").get("/").content.decode()
    assert "no primary is set" in page
    assert "Policy zone" in page


def test_reminders_are_shown(world: World, client_of: ClientOf, now: datetime) -> None:
    world.tally("op1", 10_001, now - timedelta(hours=5), program=PROGRAM)
    tick.once()
    page = client_of("op1").get("/").content.decode()
    assert "the time is over" in page


def test_a_program_without_a_name_waits_on_the_desk(world: World, client_of: ClientOf, now: datetime) -> None:
    world.tally("op1", 1, now, program="some <new> one")
    assert "some &lt;new&gt; one" in client_of("miit").get("/").content.decode()
    assert "Programs without a name" not in client_of("op1").get("/").content.decode()
    said = {"zh": "窃取", "behaviour": "窃取短信", "harm": "信息泄露", "systems": "Android"}
    programs.describe(viewer=viewer("cncert"), code="some <new> one", **said)
    assert "Programs without a name" not in client_of("miit").get("/").content.decode()


def test_a_province_without_a_bureau_stands_on_the_desk(world: World, client_of: ClientOf, now: datetime) -> None:
    world.tally("op1", 60_000, now, shares={"32": 30_000, "44": 30_000})
    page = client_of("miit").get("/").content.decode()
    assert "Communications administrations concerned (Guangdong)" in page
    assert "Guangdong</li>" in page
    assert "Guangdong</li>" not in client_of("op1").get("/").content.decode()


def test_orders_nobody_signs_for_and_cases_nobody_is_notified_of_stand_out_after_their_time(
    world: World, client_of: ClientOf, now: datetime
) -> None:
    (case,) = world.tally("op1", 10_001, now - timedelta(minutes=61)).cases
    assert 'Cases nobody was notified of <span class="count">1</span>' in client_of("miit").get("/").content.decode()
    wanted = [Wanted("op1", "control", "c2.evil-emial.example.com")]
    (order,) = disposal.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=now - timedelta(minutes=16))
    page = client_of("cncert").get("/").content.decode()
    assert "Orders nobody signed for" in page
    assert 'Cases nobody was notified of <span class="count">0</span>' in page
    disposal.acknowledge(viewer=viewer("op1"), order=order.number, now=now)
    assert "Orders nobody signed for" not in client_of("cncert").get("/").content.decode()


def test_a_fresh_order_and_a_fresh_case_wait_quietly(world: World, client_of: ClientOf, now: datetime) -> None:
    (case,) = world.tally("op1", 10_001, now - timedelta(minutes=59)).cases
    assert 'Cases nobody was notified of <span class="count">0</span>' in client_of("miit").get("/").content.decode()
    wanted = [Wanted("op1", "control", "c2.evil-emial.example.com")]
    disposal.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=now - timedelta(minutes=14))
    assert "Orders nobody signed for" not in client_of("cncert").get("/").content.decode()

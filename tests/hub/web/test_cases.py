from datetime import datetime, timedelta

import pytest
from tests.hub.web.conftest import ClientOf
from tests.hub.world import World

from cleannet.hub.programs import actions as programs

pytestmark = pytest.mark.django_db


def test_each_sees_its_own_cases_and_figures(world: World, case: str, client_of: ClientOf, now: datetime) -> None:
    world.tally("op2", 60_000, now - timedelta(hours=1))
    own = client_of("op1").get("/cases").content.decode()
    assert "10,001" in own
    assert "Significant" in own
    whole = client_of("cncert").get("/cases").content.decode()
    assert "70,001" in whole
    assert "Grave" in whole
    assert "There is no case here." in client_of("zj").get("/cases").content.decode()


def test_cases_are_shown_by_state_and_by_page(world: World, case: str, client_of: ClientOf, now: datetime) -> None:
    client = client_of("cncert")
    assert case in client.get("/cases?state=open").content.decode()
    assert case not in client.get("/cases?state=closed").content.decode()
    assert case in client.get("/cases?state=unheard").content.decode()
    for number in range(31):
        programs.add_program(code=f"more{number}", now=now)
        world.tally("op1", 1, now, program=f"more{number}", batch=f"more{number}")
    assert case not in client.get("/cases").content.decode()
    assert case in client.get("/cases?page=2").content.decode()


def test_a_case_shows_figures_grade_proof_duties_and_timeline(case: str, client_of: ClientOf) -> None:
    page = client_of("op1").get(f"/cases/{case}").content.decode()
    for text in (
        "10,001",
        "Above 10,000 from",
        "Never above 50,000.",
        "工信部保〔2011〕545号 八",
        "To be confirmed: whether 工信部保〔2011〕545号 is still in force",
        "Incident opened",
        "Incident graded",
        "十(二)",
        "Report the incident",
    ):
        assert text in page, text
    assert "<script" not in page
    assert "style=" not in page


def test_addresses_are_no_numbers_and_no_zero(world: World, client_of: ClientOf, now: datetime) -> None:
    (number,) = world.tally("op1", 20_000, now, subscribers="addresses").cases
    page = client_of("op1").get(f"/cases/{number}").content.decode()
    assert "no data" in page
    assert "No curve of phone numbers was sent yet." in page

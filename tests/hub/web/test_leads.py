from datetime import datetime, timedelta

import pytest
from django.utils import translation
from tests.hub.web.conftest import ClientOf
from tests.hub.world import CENTRE, PROGRAM, World, viewer

from cleannet.core.clock import BEIJING, month_of
from cleannet.hub.incidents import inquiries, leads
from cleannet.hub.jobs import lanes
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.parties import actions as parties
from cleannet.hub.web import duties

pytestmark = pytest.mark.django_db
AGO = timedelta(hours=5)


@pytest.fixture
def lead(world: World, now: datetime) -> str:
    """Return a lead on op1, which has not reported in time what it counted."""
    world.tally("op1", 10_001, now - AGO)
    rows = leads.leads(viewer("op1"), month=month_of(now - AGO), now=now)
    return rows[0].lead.number


def asked(lead: str, now: datetime) -> None:
    inquiries.ask(viewer=viewer("miit"), lead=lead, said="Why so?", now=now)


def test_leads_are_shown_by_month_with_their_state(lead: str, client_of: ClientOf, now: datetime) -> None:
    miit = client_of("miit")
    assert "points to nothing" in miit.get("/leads", {"month": "2020-01"}).content.decode()
    assert miit.get("/leads", {"month": "soon"}).status_code == 422
    page = miit.get("/leads", {"month": lead[:7]}).content.decode()
    assert f"/leads/{lead}" in page
    assert "Not asked about" in page
    assert lead not in client_of("op2").get("/leads", {"month": lead[:7]}).content.decode()


def test_a_lead_goes_from_the_question_to_the_decision(lead: str, client_of: ClientOf, now: datetime) -> None:
    miit, operator, path = client_of("miit"), client_of("op1"), f"/leads/{lead}"
    assert client_of("op2").get(path).status_code == 404
    assert 'value="ask"' not in operator.get(path).content.decode()
    assert operator.post(path, {"act": "ask", "said": "x"}).status_code == 403
    refused = miit.post(path, {"act": "ask", "said": "Why so?", "answer_by": "soon"})
    assert (refused.status_code, "Why so?" in refused.content.decode()) == (422, True)
    assert miit.post(path, {"act": "dance", "said": "x"}).status_code == 422
    assert miit.post(path, {"act": "answer", "said": "x"}).status_code == 409
    tomorrow = (now + timedelta(days=1)).astimezone(BEIJING).strftime("%Y-%m-%d")
    assert miit.post(path, {"act": "ask", "said": "Why so?", "answer_by": tomorrow}).status_code == 302
    assert path in operator.get("/").content.decode()
    page = operator.get(path).content.decode()
    assert "Why so?" in page
    assert f"MIIT asks for the answer by {tomorrow}; the law sets no limit." in page
    assert 'value="answer"' not in miit.get(path).content.decode()
    assert 'value="answer"' not in client_of("cncert").get(path).content.decode()
    entry = ledger.entries(viewer("op1"), kind="incident.graded")[0].id
    assert f'value="{entry}"' in page
    answer = {"act": "answer", "said": "A fault of ours."}
    assert operator.post(path, answer | {"entry": ["nothing"]}).status_code == 404
    assert operator.post(path, answer | {"entry": [entry]}).status_code == 302
    page = miit.get(path).content.decode()
    assert "A fault of ours." in page
    assert f"/ledger/{entry}" in page
    assert path in miit.get("/").content.decode()
    assert operator.post(path, {"act": "uphold", "said": "x"}).status_code == 403
    assert miit.post(path, {"act": "uphold", "said": " "}).status_code == 422
    assert miit.post(path, {"act": "uphold", "said": "No spare."}).status_code == 302
    assert path not in miit.get("/").content.decode()
    page = operator.get(path).content.decode()
    assert "No spare." in page
    assert "▲ Upheld" in page
    assert miit.post(path, {"act": "reject", "said": "x"}).status_code == 409


def test_one_that_is_not_upheld_says_so(lead: str, client_of: ClientOf, now: datetime) -> None:
    asked(lead, now)
    inquiries.answer(viewer=viewer("op1"), lead=lead, said="!", now=now)
    assert client_of("miit").post(f"/leads/{lead}", {"act": "reject", "said": "Not its fault."}).status_code == 302
    assert "✓ Not upheld" in client_of("op1").get("/leads", {"month": lead[:7]}).content.decode()


def test_miit_records_what_a_party_without_an_account_answered(
    client_of: ClientOf, world: World, now: datetime
) -> None:
    parties.register(code="far", zh="远", en="far", role="operator", remote=True, actor=CENTRE, now=now)
    assert client_of("cncert").post("/observations", seen("far", now)).status_code == 302
    (known,) = leads.leads(viewer("miit"), month=month_of(now), now=now)
    path = f"/leads/{known.lead.number}"
    asked(known.lead.number, now)
    miit = client_of("miit")
    assert "party without an account" in miit.get(path).content.decode()
    typed = {"act": "answer", "said": "By letter.", "medium": "paper"}
    assert miit.post(path, typed).status_code == 422
    assert miit.post(path, typed | {"received_at": now.isoformat()}).status_code == 302
    page = miit.get(path).content.decode()
    assert "By letter." in page
    assert "· Paper" in page


def seen(operator: str, now: datetime) -> dict[str, str]:
    given = {"operator": operator, "program": PROGRAM, "infected": "20,000", "source": "backbone"}
    return given | {"began_at": (now - timedelta(hours=1)).isoformat(), "ended_at": now.isoformat()}


def test_what_cncert_saw_is_stated_and_the_operator_is_shown_no_entry_of_it(
    world: World, client_of: ClientOf, now: datetime
) -> None:
    cncert = client_of("cncert")
    assert "State what CNCERT saw" in cncert.get("/leads").content.decode()
    assert "State what CNCERT saw" not in client_of("miit").get("/leads").content.decode()
    refused = cncert.post("/observations", seen("op2", now) | {"infected": "many"})
    assert (refused.status_code, 'value="many"' in refused.content.decode()) == (422, True)
    page = cncert.post("/observations", seen("op2", now), follow=True).content.decode()
    assert "backbone" in page
    assert "20,000" in page
    (known,) = leads.leads(viewer("miit"), month=month_of(now), now=now)
    path = f"/leads/{known.lead.number}"
    assert "Infections seen by CNCERT" in client_of("miit").get(path).content.decode()
    assert client_of("op2").get(path).status_code == 404
    asked(known.lead.number, now)
    page = client_of("op2").get(path).content.decode()
    assert "20,000" in page
    assert "are not your party's to read" in page
    assert "backbone" not in page


def test_a_circular_is_issued_when_its_month_is_over_from_the_desk(
    world: World, client_of: ClientOf, now: datetime
) -> None:
    before = now.astimezone(BEIJING).replace(day=1) - timedelta(days=3)
    month, miit = month_of(before), client_of("miit")
    lanes.turn_calendar(before)
    world.tally("op1", 10_001, before)
    (lead,) = (one.lead.number for one in leads.leads(viewer("op1"), month=month, now=before + AGO))
    for step in (
        lambda at: asked(lead, at),
        lambda at: inquiries.answer(viewer=viewer("op1"), lead=lead, said="!", now=at),
        lambda at: inquiries.decide(viewer=viewer("miit"), lead=lead, upheld=True, reason="r", now=at),
    ):
        step(before + AGO)
    lanes.turn_calendar(now)
    path = f"/circulars/{month}"
    with translation.override("en"):
        owed = duties.rows(viewer("miit"), ledger.own_duties(viewer("miit")), now)
    assert path in {row.href for row in owed if row.verb == "Issue the circular"}
    assert "Not issued yet" in miit.get(path).content.decode()
    assert client_of("op2").get(path).status_code == 404
    assert client_of("cncert").post(path, {"said": "x"}).status_code == 403
    assert miit.post(path, {"said": ""}).status_code == 422
    assert miit.post(path, {"said": "Report in time."}).status_code == 302
    assert path in client_of("op2").get("/leads").content.decode()
    page = client_of("op2").get(path).content.decode()
    assert "Report in time." in page
    assert '<td class="figure">1</td>' in page
    sheet = client_of("op2").get(f"{path}/sheet")
    assert sheet.content.startswith(b"PK")
    assert month in sheet["Content-Disposition"]
    assert miit.post(path, {"said": "again"}).status_code == 409

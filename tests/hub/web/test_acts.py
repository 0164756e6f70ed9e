from datetime import datetime

import pytest
from django.utils.http import urlencode
from tests.hub.web.conftest import ClientOf
from tests.hub.world import CENTRE, World, viewer

from cleannet.core.policy_file import shipped
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.parties import actions as parties

pytestmark = pytest.mark.django_db
SECOND = "incident_reporting_2025"


def test_a_complaint_is_recorded_and_settled_from_the_desk(world: World, client_of: ClientOf, now: datetime) -> None:
    client = client_of("op1")
    assert "Complaint received" in client.get("/acts").content.decode()
    typed = {"kind": "complaint.received", "happened_at": now.isoformat(), "said": "wrongly blocked"}
    refused = client.post("/acts", typed | {"said": " "})
    assert (refused.status_code, "What happened is missing." in refused.content.decode()) == (422, True)
    assert client.post("/acts", typed, follow=True).redirect_chain[-1][0] == "/"
    (duty,) = [row for row in ledger.own_duties(viewer("op1")) if row.expects == "complaint.settled"]
    address = f"/acts/owed?{urlencode({'duty': duty.key})}"
    assert address.replace("&", "&amp;") in client.get("/").content.decode()
    page = client.get(address).content.decode()
    assert "wrongly blocked" in page
    assert "十三" in page
    typed = {"happened_at": now.isoformat(), "said": "unblocked and told", "also": ["js"]}
    assert client.post(address, typed | {"happened_at": "soon"}).status_code == 422
    assert client.post(address, typed).status_code == 302
    (entry,) = ledger.entries(viewer("op1"), kind="complaint.settled")
    assert (entry.text, entry.recipients) == ("unblocked and told", ("js",))
    assert client.get(address).status_code == 200
    assert client.post(address, typed).status_code == 409


def test_a_case_of_one_law_has_no_facts_to_state(case: str, client_of: ClientOf) -> None:
    page = client_of("op1").get(f"/cases/{case}/facts").content.decode()
    assert "The case stands under no law that grades on stated facts." in page


def test_facts_are_stated_and_graded_under_the_second_law(world: World, client_of: ClientOf, now: datetime) -> None:
    parties.adopt(policy=shipped()[SECOND], actor=CENTRE, now=now)
    (case,) = world.tally("op1", 10_001, now).cases
    client = client_of("op1")
    assert "State facts for another law" in client.get(f"/cases/{case}").content.decode()
    page = client.get(f"/cases/{case}/facts").content.decode()
    assert "people whose data leaked" in page
    assert "1,000,000" in page
    typed = {"role": "network", "fact-people_leaked": "many", "found_at": now.isoformat()}
    refused = client.post(f"/cases/{case}/facts", typed)
    assert (refused.status_code, 'value="many"' in refused.content.decode()) == (422, True)
    typed |= {"fact-people_leaked": "1,000,000", "fact-direct_loss_fen": "4,000,000"}
    assert client.post(f"/cases/{case}/facts", typed).status_code == 302
    grades = {one.policy: one for one in cases.standing_grades(viewer("op1"), cases.case(viewer("op1"), case))}
    assert grades[SECOND].grade == "III"
    assert grades[SECOND].row.facts == {"people_leaked": 1_000_000, "direct_loss_fen": 400_000_000}

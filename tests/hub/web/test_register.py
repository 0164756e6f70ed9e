from datetime import datetime

import pytest
from tests.hub.web.conftest import ClientOf
from tests.hub.world import LAW, World, viewer

from cleannet.hub.ledger import queries as ledger
from cleannet.hub.parties import contacts, queries

pytestmark = pytest.mark.django_db


def named(now: datetime) -> dict[str, str]:
    typed = {f"{part}-name": part.upper() for part in ("leader", "head", "contact")}
    return (
        typed | {f"{part}-phone": "025-1" for part in ("leader", "head", "contact")} | {"changed_at": now.isoformat()}
    )


def test_each_sees_the_parties_it_may_see(world: World, client_of: ClientOf) -> None:
    assert "<code>op2</code>" in client_of("cncert").get("/parties").content.decode()
    own = client_of("op1").get("/parties").content.decode()
    assert "<code>op1</code>" in own
    assert "<code>op2</code>" not in own
    assert "<code>cncert</code>" in own
    assert "Jiangsu" in own


def test_contacts_are_changed_and_reported_by_the_party_and_read_by_those_who_may(
    world: World, client_of: ClientOf, now: datetime
) -> None:
    client = client_of("op1")
    refused = client.post("/contacts", {"leader-name": "LEADER", "changed_at": now.isoformat()})
    assert (refused.status_code, 'value="LEADER"' in refused.content.decode()) == (422, True)
    assert client.post("/contacts/report").status_code == 422
    assert client.post("/contacts", named(now)).status_code == 302
    assert 'value="LEADER"' in client.get("/contacts").content.decode()
    again = client.post("/contacts", named(now))
    assert (again.status_code, "known like this already" in again.content.decode()) == (409, True)
    assert client.post("/contacts/report", follow=True).redirect_chain[-1][0] == "/parties/op1"
    assert not [duty for duty in ledger.own_duties(viewer("op1")) if duty.expects == "contact.reported"]
    assert contacts.contacts(viewer("miit"), "op1")["head"].name == "HEAD"
    assert "LEADER" in client_of("js").get("/parties/op1").content.decode()
    assert "LEADER" not in client_of("zj").get("/parties/op1").content.decode()
    assert client_of("op2").get("/parties/op1").status_code == 404


def test_miit_delegates_the_notice_and_ends_it(world: World, client_of: ClientOf) -> None:
    miit = client_of("miit")
    (standing,) = queries.delegations(viewer("miit"))
    assert miit.post(f"/delegations/{standing.pk}/end").status_code == 302
    assert list(queries.delegations(viewer("miit"))) == []
    page = miit.get("/parties").content.decode()
    assert f"{LAW} 10.3.notice cncert" in page
    assert miit.post("/delegations", {"what": f"{LAW} 10.3.notice cncert"}).status_code == 302
    assert [row.delegate for row in queries.delegations(viewer("cncert"))] == ["cncert"]
    assert "10.3.notice cncert" not in client_of("op1").get("/parties").content.decode()
    assert client_of("op1").post("/delegations", {"what": f"{LAW} 10.3.notice cncert"}).status_code == 403


def test_a_person_says_how_to_be_reached_and_the_forms_print_it(case: str, client_of: ClientOf) -> None:
    client = client_of("op1")
    assert client.post("/me", {"phone": "025-777", "mail": "duty@op1.example"}).status_code == 302
    assert client.post("/me", {"phone": "1" * 41, "mail": ""}).status_code == 422
    assert 'value="025-777"' in client.get("/me").content.decode()
    page = client.get(f"/cases/{case}/report").content.decode()
    assert "025-777" in page
    assert "duty@op1.example" in page

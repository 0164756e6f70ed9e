from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.hub.web.conftest import PASSWORD, ClientOf, issue
from tests.hub.world import viewer

from cleannet.hub.disposal import appeals, queries
from cleannet.hub.parties import actions as parties

pytestmark = pytest.mark.django_db
HOST = "c2.evil-emial.example.com"


@pytest.fixture
def typed(case: str, client_of: ClientOf, now: datetime) -> dict[str, str]:
    """Return what is typed to appeal against an order that was issued over the pages."""
    issue(client_of, case, [HOST], "op1")
    said = {"target": HOST, "grounds": "our shop", "name": "某公司", "contact": "legal@shop.example"}
    return said | {"received_at": now.isoformat()}


def test_an_appeal_goes_from_the_form_to_the_answer(typed: dict[str, str], client_of: ClientOf, now: datetime) -> None:
    operator, reviewer = client_of("op1"), client_of("cncert", "third")
    file = SimpleUploadedFile("licence.pdf", b"%PDF-1")
    assert operator.post("/appeals", typed | {"grounds": ""}).status_code == 422
    assert operator.post("/appeals", typed | {"material": file}).status_code == 302
    (appeal,) = appeals.appeals(viewer("cncert"))
    path = f"/appeals/{appeal.number}"
    for page_of_it in ("/", "/appeals", f"/cases/{appeal.case}"):
        assert path in reviewer.get(page_of_it).content.decode(), page_of_it
    assert path not in operator.get("/").content.decode()
    page = reviewer.get(path).content.decode()
    assert "our shop" in page
    assert "legal@shop.example" in page
    assert reviewer.get(f"{path}/material/0").content == b"%PDF-1"
    assert client_of("op2").get(path).status_code == 404
    said = {"act": "grant", "reason": "a mistake of the list", "remedy": "none needed"}
    assert operator.post(path, said).status_code == 403
    assert client_of("cncert").post(path, said).status_code == 403
    assert reviewer.post(path, {"act": "dance"}).status_code == 422
    assert reviewer.post(path, said | {"reason": ""}).status_code == 422
    assert reviewer.post(path, said).status_code == 302
    (order,) = queries.orders(viewer("cncert"))
    assert order.status == "lifted"
    answered = {"act": "answer", "answered_at": now.isoformat()}
    assert operator.post(path, answered | {"answered_at": (now + timedelta(days=1)).isoformat()}).status_code == 422
    assert operator.post(path, answered).status_code == 302
    assert "a mistake of the list" in operator.get(path).content.decode()


def test_who_takes_no_appeals_is_told(typed: dict[str, str], client_of: ClientOf) -> None:
    assert client_of("js").post("/appeals", typed).status_code == 403
    assert "Take an appeal" not in client_of("js").get("/appeals").content.decode()


def test_files_that_are_too_many_or_too_large_are_refused_before_they_are_read(
    typed: dict[str, str], client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cleannet.hub.web.appeals.Material", lambda *_: pytest.fail("it was read"))
    files = [SimpleUploadedFile(f"{place}", b"x") for place in range(11)]
    assert client_of("op1").post("/appeals", typed | {"material": files}).status_code == 422


def test_who_may_only_read_sees_the_list_but_neither_the_form_nor_what_came(
    typed: dict[str, str], client_of: ClientOf, now: datetime
) -> None:
    client_of("op1").post("/appeals", typed | {"material": SimpleUploadedFile("licence.pdf", b"%PDF-1")})
    (appeal,) = appeals.appeals(viewer("cncert"))
    parties.add_person(party="op1", username="reader", password=PASSWORD, name="reader", held={"read"}, now=now)
    reader = client_of("op1", "reader")
    listed, shown = (reader.get(path).content.decode() for path in ("/appeals", f"/appeals/{appeal.number}"))
    assert appeal.number in listed
    assert "Take an appeal" not in listed
    assert "shown to those who review and answer" in shown
    assert not any(word in shown for word in ("our shop", "legal@shop.example", "licence.pdf"))
    assert reader.get(f"/appeals/{appeal.number}/material/0").status_code == 403
    assert reader.post("/appeals", typed).status_code == 403

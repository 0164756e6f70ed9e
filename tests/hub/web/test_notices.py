from datetime import datetime

import pytest
from tests.hub.web.conftest import ClientOf, issue
from tests.hub.world import CENTRE, viewer

from cleannet.hub.disposal import queries
from cleannet.hub.incidents import notices
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.parties import actions as parties

pytestmark = pytest.mark.django_db
HOST, OTHER = "c2.evil-emial.example.com", "dl.evil-emial.example.net"


@pytest.fixture
def issued(case: str, client_of: ClientOf) -> str:
    """Return a notice with two orders to op1, issued through the pages."""
    return issue(client_of, case, [HOST, OTHER], "op1")


def kinds(case: str) -> list[str]:
    return [entry.kind for entry in ledger.entries(viewer("cncert"), case=case)]


def test_a_receipt_by_paper_is_recorded_by_the_issuer(case: str, client_of: ClientOf, now: datetime) -> None:
    parties.register(code="far", zh="远", en="far", role="registrar", actor=CENTRE, now=now, remote=True)
    notice = notices.notify(viewer=viewer("cncert"), case=case, addressees=["far"], now=now)
    client = client_of("cncert")
    path = f"/notices/{notice.number}/receipt"
    assert "far" in client.get(path).content.decode()
    typed = {"party": "far", "medium": "paper", "received_at": "yesterday"}
    assert client.post(path, typed).status_code == 422
    assert client.post(path, typed | {"received_at": now.isoformat()}).status_code == 302
    assert "notice.received" in kinds(case)
    assert "Every addressee has received it." in client.get(path).content.decode()


def test_a_notice_goes_out_without_an_order(case: str, client_of: ClientOf) -> None:
    miit = client_of("miit")
    path = f"/cases/{case}/notice"
    assert path in miit.get(f"/cases/{case}").content.decode()
    assert miit.post(path).status_code == 422
    shown = miit.post(path, {"party": ["op1", "op2"]}).content.decode()
    assert f"Issue the notice on {case}" in shown
    assert cases.notices(viewer("miit"), case=case) == []
    typed = {"party": ["op1", "op2"], "confirmed": "yes"}
    assert miit.post(path, typed | {"medium": "pigeon"}).status_code == 422
    assert miit.post(path, typed).status_code == 302
    (made,) = cases.notices(viewer("miit"), case=case)
    assert made.addressees == ["op1", "op2"]
    assert not queries.orders(viewer("miit"), case=case).exists()
    assert kinds(case).count("notice.received") == 2

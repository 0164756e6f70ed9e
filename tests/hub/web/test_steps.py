from datetime import datetime, timedelta

import pytest
from tests.hub.web.conftest import ClientOf
from tests.hub.world import World, viewer

from cleannet.core.terms import Grade
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.papers import queries as papers

pytestmark = pytest.mark.django_db


def kinds(case: str) -> list[str]:
    return [entry.kind for entry in ledger.entries(viewer("cncert"), case=case)]


def test_the_report_shows_what_is_filled_in_and_what_is_missing(case: str, client_of: ClientOf) -> None:
    page = client_of("op1").get(f"/cases/{case}/report").content.decode()
    assert "fields are missing:" in page
    assert "工业和信息化部" in page
    assert f"Issue the paper and report {case}" in page
    assert "incident.reported" not in kinds(case)


def test_a_report_goes_out_with_what_was_changed(case: str, client_of: ClientOf) -> None:
    client = client_of("op1")
    answer = client.post(f"/cases/{case}/report", {"field-phone": "010-00000000", "field-unheard": "x"}, follow=True)
    assert "The incident is reported; the paper is issued." in answer.content.decode()
    (paper,) = papers.papers(viewer("op1"), case=case)
    assert papers.values(paper)["phone"] == "010-00000000"
    assert "incident.reported" in kinds(case)


def test_what_cannot_be_printed_is_refused_and_what_was_typed_is_kept(case: str, client_of: ClientOf) -> None:
    answer = client_of("op1").post(f"/cases/{case}/report", {"field-remarks": "see \U0001f9ff"})
    assert answer.status_code == 422
    assert "see \U0001f9ff" in answer.content.decode()
    assert "incident.reported" not in kinds(case)


def test_a_first_report_by_phone_keeps_the_paper_owed(case: str, client_of: ClientOf, now: datetime) -> None:
    client = client_of("op1")
    typed = {"medium": "phone", "told_at": "not a time", "said": "told the desk"}
    refused = client.post(f"/cases/{case}/first-report", typed)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "not a time" in page
    assert "told the desk" in page
    assert client.post(f"/cases/{case}/first-report", typed | {"told_at": now.isoformat()}).status_code == 302
    claim = ledger.entries(viewer("op1"), case=case, kind="incident.reported")[0]
    for party in ("miit", "js", "cncert"):
        confirming = client_of(party)
        assert "told the desk" in confirming.get(f"/cases/{case}").content.decode()
        assert confirming.post(f"/ledger/{claim.id}/confirm").status_code == 302
        assert "Confirm that you were told" not in confirming.get(f"/cases/{case}").content.decode()
    open_now = [duty.expects for duty in ledger.own_duties(viewer("op1")) if duty.case == case]
    assert open_now == ["paper.supplied"]


def test_miit_raises_a_grade_with_a_reason(case: str, client_of: ClientOf) -> None:
    client = client_of("miit")
    assert client.post(f"/cases/{case}/grade", {"grade": "V", "reason": "x"}).status_code == 422
    refused = client.post(f"/cases/{case}/grade", {"grade": "II", "reason": " "})
    assert refused.status_code == 422
    assert 'value="II" checked' in refused.content.decode()
    assert client.post(f"/cases/{case}/grade", {"grade": "II", "reason": "banks"}).status_code == 302
    assert cases.grade_told(viewer("cncert"), cases.case(viewer("cncert"), case)) == Grade.II


def test_two_persons_annul_and_see_what_it_does(world: World, case: str, client_of: ClientOf) -> None:
    first, second = client_of("cncert"), client_of("cncert", "second")
    assert first.post(f"/cases/{case}/annulment", {"reason": ""}).status_code == 422
    assert first.post(f"/cases/{case}/annulment", {"reason": "a fault of the list"}).status_code == 302
    assert first.post(f"/cases/{case}/annulment/confirm").status_code == 409
    page = second.get(f"/cases/{case}/annulment/confirm").content.decode()
    assert "a fault of the list" in page
    assert "open duties end without being met" in page
    assert f"Annul {case}" in page
    assert second.post(f"/cases/{case}/annulment/confirm").status_code == 302
    assert cases.case(viewer("cncert"), case).status == "annulled"
    assert second.get(f"/cases/{case}/annulment/confirm").status_code == 409


def test_a_case_that_owes_acts_is_not_closed(case: str, client_of: ClientOf) -> None:
    client = client_of("cncert")
    assert f"Close {case}" in client.get(f"/cases/{case}/close").content.decode()
    refused = client.post(f"/cases/{case}/close")
    assert refused.status_code == 409
    assert "still owes acts within limits of the law" in refused.content.decode()


def test_a_reported_case_keeps_its_report_reachable(case: str, client_of: ClientOf, now: datetime) -> None:
    client = client_of("op1")
    client.post(f"/cases/{case}/report")
    again = client.post(f"/cases/{case}/report")
    assert again.status_code == 302
    assert {paper.version for paper in papers.papers(viewer("op1"), case=case)} == {1, 2}
    assert now - timedelta(hours=2) < ledger.entries(viewer("op1"), case=case)[0].happened_at

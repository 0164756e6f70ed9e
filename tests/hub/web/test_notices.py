import re
from datetime import datetime

import pytest
from tests.hub.web.conftest import ClientOf
from tests.hub.world import CENTRE, PROGRAM, viewer

from cleannet.core.allow import AllowLists, Listed
from cleannet.hub.disposal import queries, routing, tables
from cleannet.hub.incidents import notices
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.parties import actions as parties
from cleannet.hub.programs import actions as programs

pytestmark = pytest.mark.django_db
HOST, OTHER = "c2.evil-emial.example.com", "dl.evil-emial.example.net"


@pytest.fixture
def issued(case: str, client_of: ClientOf) -> str:
    """Return a notice with two orders to op1, issued through the pages."""
    typed = {"target": [HOST, OTHER], "party": ["op1"], "confirmed": "yes"}
    assert client_of("cncert").post(f"/cases/{case}/orders", typed).status_code == 302
    return queries.orders(viewer("cncert"), case=case)[0].notice


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


def test_an_order_shows_its_effect_in_numbers_before_it_is_issued(
    case: str, client_of: ClientOf, now: datetime
) -> None:
    add = {"program": PROGRAM, "role": "domain", "source": "test", "allow": AllowLists(), "now": now}
    programs.add_indicator(text=f"below.{HOST}", **add)  # type: ignore[arg-type]  # as given above
    client = client_of("cncert")
    shown = client.post(f"/cases/{case}/orders", {"target": [HOST, OTHER], "party": ["op1", "op2"]})
    page = shown.content.decode()
    assert f"On the case {case}: 4 orders, 2 targets, 2 parties." in page
    assert "1 other known name or URL lives there" in page
    assert f"Issue 4 orders on {case}" in page
    assert not queries.orders(viewer("cncert"), case=case).exists()
    client.post(f"/cases/{case}/orders", {"target": [HOST, OTHER], "party": ["op1", "op2"], "confirmed": "yes"})
    assert queries.orders(viewer("cncert"), case=case).count() == 4


def boxes(page: str) -> dict[str, bool]:
    """Return what each box of an order says and whether it is ticked."""
    return {value: bool(ticked) for value, ticked in re.findall(r'name="order" value="([^"]+)"( checked)?', page)}


def test_what_is_proposed_is_ticked_and_a_person_may_choose_otherwise(
    case: str, client_of: ClientOf, now: datetime
) -> None:
    tables.override(viewer=viewer("cncert"), what="example.net", party="rr", reason="told", now=now)
    client = client_of("cncert")
    page = client.get(f"/cases/{case}/orders").content.decode()
    assert boxes(page) == {f"op1 {HOST}": True, f"rr {OTHER}": True, f"op1 {OTHER}": True}
    assert "has infected subscribers: blocks the name" in page
    assert "named by hand" in page
    assert "its registration was not looked up" in page
    typed = {"order": [f"rr {OTHER}"], "target": [HOST], "party": ["op2"]}
    shown = client.post(f"/cases/{case}/orders", typed).content.decode()
    assert "2 orders, 2 targets, 2 parties" in shown
    hidden = re.findall(r'type="hidden" name="order" value="([^"]+)"', shown)
    assert client.post(f"/cases/{case}/orders", {"order": hidden, "confirmed": "yes"}).status_code == 302
    made = {one.party: one for one in queries.orders(viewer("cncert"), case=case)}
    kept = routing.decisions(viewer("cncert"), [one.number for one in made.values()])
    assert {code: (one.target, kept[one.number].why) for code, one in made.items()} == {
        "rr": (OTHER, "by_hand"),
        "op2": (HOST, "chosen"),
    }


def test_what_was_ticked_is_ticked_again_when_it_is_refused(case: str, client_of: ClientOf) -> None:
    typed = {"order": [f"op1 {HOST}", "op1 nothing.example"], "confirmed": "yes"}
    refused = client_of("cncert").post(f"/cases/{case}/orders", typed)
    assert refused.status_code == 422
    assert "nothing.example" in refused.content.decode()


def test_nothing_chosen_is_refused_and_what_was_chosen_is_kept(case: str, client_of: ClientOf) -> None:
    refused = client_of("cncert").post(f"/cases/{case}/orders", {"target": [HOST]})
    assert refused.status_code == 422
    assert f'value="{HOST}" checked' in refused.content.decode()


def test_what_an_allow_list_holds_cannot_be_chosen_and_says_why(case: str, client_of: ClientOf, now: datetime) -> None:
    allow = AllowLists([Listed("statistics.example.com", "ordinary", "in use", 3)])
    programs.add_indicator(
        program=PROGRAM, text="statistics.example.com", role="control", source="t", allow=allow, now=now
    )
    page = client_of("cncert").get(f"/cases/{case}/orders").content.decode()
    assert "statistics[.]example[.]com" in page
    assert 'value="statistics.example.com"' not in page
    assert "held by an allow-list:" in page
    assert "a service in ordinary use: a person decides" in page
    assert "A URL there can be ordered" not in page
    text = "http://statistics.example.com/x.apk"
    programs.add_indicator(program=PROGRAM, text=text, role="control", source="t", allow=allow, now=now)
    page = client_of("cncert").get(f"/cases/{case}/orders").content.decode()
    assert "A URL there can be ordered: <code>statistics[.]example[.]com/x[.]apk</code>" in page
    typed = {"target": ["statistics.example.com"], "party": ["op1"], "confirmed": "yes"}
    assert client_of("cncert").post(f"/cases/{case}/orders", typed).status_code == 409


def test_what_was_not_done_is_issued_again(issued: str, case: str, client_of: ClientOf, now: datetime) -> None:
    centre = client_of("cncert")
    assert centre.post(f"/cases/{case}/orders/again").status_code == 409
    typed = {"disposed_at": now.isoformat()}
    for order in queries.orders(viewer("op1"), case=case):
        typed |= {f"done-{order.number}": "no", f"reason-{order.number}": "not ours"}
    client_of("op1").post(f"/notices/{issued}/feedback", typed)
    page = centre.get(f"/cases/{case}/orders/again").content.decode()
    assert f"Issue 2 orders on {case} again" in page
    assert centre.post(f"/cases/{case}/orders/again").status_code == 302
    assert len(cases.notices(viewer("cncert"), case=case)) == 2


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

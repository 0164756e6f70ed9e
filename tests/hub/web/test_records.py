from datetime import datetime, timedelta

import pytest
from tests.hub.web.conftest import ClientOf
from tests.hub.world import World, viewer

from cleannet.core.clock import BEIJING
from cleannet.hub.incidents import reports
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger import sealing
from cleannet.hub.papers import actions as papers_of
from cleannet.hub.papers import erasing
from cleannet.hub.papers import queries as papers
from cleannet.hub.programs import actions as programs

pytestmark = pytest.mark.django_db


def test_a_paper_is_listed_and_downloaded_by_those_it_reached(case: str, client_of: ClientOf, now: datetime) -> None:
    paper = reports.report(viewer=viewer("op1"), case=case, now=now)
    for party in ("op1", "miit", "js"):
        assert paper.number in client_of(party).get("/papers").content.decode()
    answer = client_of("op1").get(f"/papers/{paper.pk}/pdf")
    assert answer.content == papers.content(paper, "pdf")
    assert answer["Content-Disposition"] == f'attachment; filename="{paper.number}-v1.pdf"'
    assert client_of("op1").get(f"/papers/{paper.pk}/docx").content[:2] == b"PK"
    assert client_of("op1").get(f"/papers/{paper.pk}/exe").status_code == 404
    assert client_of("op2").get(f"/papers/{paper.pk}/pdf").status_code == 404
    assert "There is no paper here." in client_of("op2").get("/papers").content.decode()


def test_an_erased_paper_is_shown_as_erased_and_not_given(case: str, client_of: ClientOf, now: datetime) -> None:
    paper = reports.report(viewer=viewer("op1"), case=case, now=now)
    papers_of.end_keeping(case=case, laws=[], last_act=now)
    later = now + timedelta(days=70)
    assert erasing.erase_expired(now=later)
    client = client_of("op1")
    page = client.get("/papers").content.decode()
    assert f"erased {later.astimezone(BEIJING):%Y-%m-%d %H:%M}" in page
    assert f"/papers/{paper.pk}/pdf" not in page
    answer = client.get(f"/papers/{paper.pk}/pdf")
    assert answer.status_code == 410
    assert "The file was erased when its time was over." in answer.content.decode()


def test_the_ledger_is_filtered_and_shows_its_head(case: str, client_of: ClientOf, now: datetime) -> None:
    client = client_of("cncert")
    assert "No head is signed yet" in client.get("/ledger").content.decode()
    sealing.seal(now=now)
    page = client.get("/ledger", {"case": case, "kind": "incident.graded", "party": "op1"}).content.decode()
    rows = page.split("<tbody>")[1]
    assert rows.count("<tr>") == 1
    assert "Incident graded" in rows
    head = sealing.last_head()
    assert head is not None
    assert bytes(head.root).hex() in page
    assert "There is no entry here." in client.get("/ledger", {"case": "none"}).content.decode()


def test_an_entry_shows_its_proof_once_it_is_sealed(case: str, client_of: ClientOf, now: datetime) -> None:
    entry = ledger.entries(viewer("op1"), case=case)[0]
    client = client_of("op1")
    assert "The entry is not sealed yet." in client.get(f"/ledger/{entry.id}").content.decode() or (
        "There is no such head" in client.get(f"/ledger/{entry.id}").content.decode()
    )
    sealing.seal(now=now)
    page = client.get(f"/ledger/{entry.id}").content.decode()
    assert sealing.prove_entry(entry).leaf.hex() in page
    assert entry.id in page
    assert client_of("op2").get(f"/ledger/{entry.id}").status_code == 404


def test_a_bureau_reads_an_entry_without_the_partys_figures(case: str, client_of: ClientOf, now: datetime) -> None:
    entry = ledger.entries(viewer("op1"), case=case, kind="incident.graded").filter(party="op1")[0]
    sealing.seal(now=now)
    own, bureau = (client_of(code).get(f"/ledger/{entry.id}").content.decode() for code in ("op1", "js"))
    assert "10001" in own
    assert "Left out" not in own
    assert "10001" not in bureau
    assert "Left out or cut here, because it is for others: facts" in bureau
    assert entry.id in bureau


def test_an_edge_without_a_heartbeat_has_no_data_which_is_not_0(world: World, client_of: ClientOf) -> None:
    page = client_of("op1").get("/watch").content.decode()
    assert "edge-op1" in page
    assert "edge-op2" not in page
    assert "1 of 1 edges send no data." in page
    assert "▲ no data" in page
    assert "No valid release of the watchlist was published." in page
    assert "No edge is enrolled." in client_of("rr").get("/watch").content.decode()


def test_the_newest_release_is_shown(world: World, client_of: ClientOf, now: datetime) -> None:
    release = programs.publish(now=now - timedelta(minutes=1))
    page = client_of("op1").get("/watch").content.decode()
    assert "Newest release of the watchlist" in page
    assert f"<dd>{release.number}</dd>" in page


def test_each_sees_the_parties_it_may_see(world: World, client_of: ClientOf) -> None:
    assert "<code>op2</code>" in client_of("cncert").get("/parties").content.decode()
    own = client_of("op1").get("/parties").content.decode()
    assert "<code>op1</code>" in own
    assert "<code>op2</code>" not in own
    assert "<code>cncert</code>" in own

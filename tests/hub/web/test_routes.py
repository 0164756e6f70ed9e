from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.hub.web.conftest import ClientOf
from tests.hub.world import viewer

from cleannet.hub.disposal import tables
from cleannet.hub.web import routes

pytestmark = pytest.mark.django_db
HOST = "c2.evil-emial.example.com"


def test_what_nobody_holds_stands_on_the_desk_until_somebody_says_who(case: str, client_of: ClientOf) -> None:
    centre = client_of("cncert")
    assert "Resources nobody is known to hold" in centre.get("/").content.decode()
    page = centre.get("/routes").content.decode()
    assert HOST.replace(".", "[.]") in page
    assert "its registration was not looked up" in page
    assert f'value="{HOST}"' in centre.get(f"/routes?what={HOST}").content.decode()
    typed = {"what": "example.com", "party": "rr", "reason": "their letter"}
    assert centre.post("/routes", typed | {"reason": ""}).status_code == 422
    assert centre.post("/routes", typed).status_code == 302
    page = centre.get("/routes").content.decode()
    assert HOST.replace(".", "[.]") not in page
    assert "their letter" in page
    assert centre.post("/routes", {"what": "example.net", "party": "op1", "reason": "x"}).status_code == 302
    assert "Resources nobody is known to hold" not in centre.get("/").content.decode()


def test_a_table_is_imported_or_every_wrong_line_is_told(case: str, client_of: ClientOf, now: datetime) -> None:
    centre = client_of("cncert")
    wrong = SimpleUploadedFile("a.csv", b"domain,party\nexample.com,nobody\n1.2.3.4,rr\n")
    refused = centre.post("/routes/import", {"source": "ours", "file": wrong})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "2: no party nobody is registered; 3:" in page
    assert 'value="ours"' in page
    right = SimpleUploadedFile("a.csv", b"domain,party\nexample.com,rr\n")
    assert centre.post("/routes/import", {"source": "ours", "file": right}).status_code == 302
    assert [(one.source, one.rows) for one in tables.tables(viewer("cncert"))] == [("ours", 1)]
    assert "ours" in centre.get("/routes").content.decode()


def test_a_file_is_needed_and_bounded(case: str, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    centre = client_of("cncert")
    assert centre.post("/routes/import", {"source": "ours"}).status_code == 422
    monkeypatch.setattr(routes, "MOST_BYTES", 10)
    large = SimpleUploadedFile("a.csv", b"domain,party\n")
    assert centre.post("/routes/import", {"source": "ours", "file": large}).status_code == 422


def test_another_party_imports_nothing(case: str, client_of: ClientOf) -> None:
    file = SimpleUploadedFile("a.csv", b"domain,party\nexample.com,op1\n")
    assert client_of("op1").post("/routes/import", {"source": "ours", "file": file}).status_code == 403
    assert not tables.tables(viewer("cncert")).exists()

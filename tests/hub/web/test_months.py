import io
from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook
from tests.hub.web.conftest import ClientOf
from tests.hub.world import World, viewer

from cleannet.core.clock import month_of
from cleannet.formats import sheet
from cleannet.hub.disposal import monthly
from cleannet.hub.jobs import lanes

pytestmark = pytest.mark.django_db


@pytest.fixture
def month(world: World, now: datetime) -> str:
    """Return a month that is over, with an ordinary incident of op1."""
    before = now.replace(day=1) - timedelta(days=3)
    world.tally("op1", 9_000, before)
    lanes.turn_calendar(before)
    lanes.turn_calendar(now)
    return month_of(before)


def test_a_month_is_fed_back_on_the_page(month: str, client_of: ClientOf) -> None:
    client = client_of("op1")
    path = f"/months/feedback?month={month}"
    assert path in client.get("/").content.decode()
    count = len(monthly.listed(viewer("op1"), month))
    assert f"{count} resources of your ordinary incidents" in client.get(path).content.decode()
    typed = {f"done-{place}": "yes" for place in range(count)} | {"done-0": "no"}
    refused = client.post(path, typed)
    assert refused.status_code == 422
    assert "The reason is missing" in refused.content.decode()
    assert client.post(path, typed | {"reason-0": "not ours"}).status_code == 302
    assert client.get(path).status_code == 409
    shown = client_of("cncert").get(f"/months?month={month}").content.decode()
    assert "not ours" in shown
    assert "party=op1" in shown


def test_a_month_is_fed_back_by_the_filled_sheet(month: str, client_of: ClientOf) -> None:
    client = client_of("op1")
    answer = client.get(f"/months/sheet?month={month}")
    assert (answer.status_code, answer["Content-Type"]) == (200, sheet.KIND)
    book = load_workbook(io.BytesIO(answer.content))

    def send() -> int:
        out = io.BytesIO()
        book.save(out)
        sent = client.post(f"/months/feedback?month={month}", {"sheet": SimpleUploadedFile("s.xlsx", out.getvalue())})
        return sent.status_code

    assert send() == 422
    for row in book.worksheets[0].iter_rows(min_row=2):
        row[4].value = monthly.DONE
    assert send() == 302
    assert client_of("cncert").get(f"/months/sheet?month={month}&party=op1").status_code == 200
    assert client_of("op2").get(f"/months/sheet?month={month}&party=op1").status_code == 404


def test_a_month_that_is_none_is_refused(client_of: ClientOf, world: World, now: datetime) -> None:
    assert client_of("cncert").get("/months?month=2026-13").status_code == 422
    assert client_of("cncert").get(f"/months?month={month_of(now)}").status_code == 200

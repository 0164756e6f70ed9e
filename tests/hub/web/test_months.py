import io
from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook
from tests.hub.web.conftest import ClientOf
from tests.hub.world import PROGRAM, World, viewer

from cleannet.core.allow import AllowLists
from cleannet.core.clock import month_of
from cleannet.formats import sheet
from cleannet.hub.disposal import monthly
from cleannet.hub.jobs import lanes
from cleannet.hub.programs import actions as programs

pytestmark = pytest.mark.django_db


@pytest.fixture
def month(world: World, now: datetime) -> str:
    """Return a month that is over, with an ordinary incident of op1."""
    before = now.replace(day=1) - timedelta(days=3)
    for text, role in (("c2.evil-emial.example.com", "control"), ("dl.evil-emial.example.net", "distribution")):
        programs.withdraw_indicator(program=PROGRAM, text=text, reason="learnt before", now=before)
        programs.add_indicator(program=PROGRAM, text=text, role=role, source="test", allow=AllowLists(), now=before)
    world.tally("op1", 9_000, before)
    lanes.turn_calendar(before)
    lanes.turn_calendar(now)
    return month_of(before)


def names(month: str) -> list[str]:
    """Return how the page names the fields of each resource."""
    return [f"{one.case} {one.target}" for one in monthly.listed(viewer("op1"), month)]


def test_what_changed_since_the_page_was_opened_is_refused_and_no_answer_moves(
    month: str, client_of: ClientOf, now: datetime
) -> None:
    client, path = client_of("op1"), f"/months/feedback?month={month}"
    first, *others = names(month)
    typed = {f"done-{first}": "no", f"reason-{first}": "not ours"} | {f"done-{name}": "yes" for name in others}
    missing = client.post(path, {name: text for name, text in typed.items() if first not in name})
    assert missing.status_code == 422
    assert first.partition(" ")[2].replace(".", "[.]") in missing.content.decode()
    programs.withdraw_indicator(program=PROGRAM, text=first.partition(" ")[2], reason="no more", now=now)
    refused = client.post(path, typed)
    assert refused.status_code == 422
    assert f"not listed {first}" in refused.content.decode()
    assert client.post(path, {f"done-{name}": "yes" for name in names(month)}).status_code == 302


def test_a_month_is_fed_back_on_the_page(month: str, client_of: ClientOf) -> None:
    client = client_of("op1")
    path = f"/months/feedback?month={month}"
    assert path in client.get("/").content.decode()
    first, *others = names(month)
    shown = client.get(path).content.decode()
    assert f"{len(others) + 1} resources of your ordinary incidents" in shown
    assert f'name="done-{first}"' in shown
    typed = {f"done-{name}": "yes" for name in others} | {f"done-{first}": "no"}
    refused = client.post(path, typed)
    assert refused.status_code == 422
    assert "The reason is missing" in refused.content.decode()
    assert client.post(path, typed | {f"reason-{first}": "not ours"}).status_code == 302
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

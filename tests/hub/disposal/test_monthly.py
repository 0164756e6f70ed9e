import io
import re
from datetime import datetime, timedelta

import pytest
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries
from tests.hub.world import NOW, PROGRAM, World, viewer

from cleannet.core.allow import AllowLists
from cleannet.core.clock import BEIJING
from cleannet.hub.disposal import monthly
from cleannet.hub.disposal.monthly import DONE, HEADINGS, LEFT, Done
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.jobs import lanes
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.programs import actions as programs

pytestmark = pytest.mark.django_db
MONTH = "2026-11"
AFTER = NOW + timedelta(days=31)
OP1 = viewer("op1")


@pytest.fixture
def world() -> World:
    return World().populate()


@pytest.fixture
def case(world: World) -> str:
    """Return an ordinary case of op1, in a month that is over."""
    (number,) = world.tally("op1", 9_000, NOW).cases
    lanes.turn_calendar(NOW)
    lanes.turn_calendar(AFTER)
    return number


def filled(rows: dict[str, tuple[str, str]]) -> bytes:
    """Return the sheet of op1 with what is said of each target written into it."""
    book = load_workbook(io.BytesIO(monthly.blank(OP1, MONTH)))
    for row in book.active.iter_rows(min_row=2):
        row[4].value, row[5].value = rows[row[2].value]
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def targets() -> list[str]:
    return [one.target for one in monthly.listed(OP1, MONTH)]


def test_the_sheet_lists_every_resource_of_the_months_ordinary_incidents(case: str) -> None:
    rows = list(load_workbook(io.BytesIO(monthly.blank(OP1, MONTH))).active.iter_rows(values_only=True))
    assert rows[0] == HEADINGS
    assert [(row[0], row[1]) for row in rows[1:]] == [(case, PROGRAM)] * len(targets())
    assert targets()
    assert monthly.listed(viewer("op2"), MONTH) == []
    assert monthly.listed(OP1, "2026-10") == []


def test_a_filled_sheet_is_fed_back_and_meets_the_months_duty(case: str) -> None:
    first, *others = targets()
    sent = monthly.read(filled({first: (LEFT, "not ours")} | dict.fromkeys(others, (DONE, ""))))
    duty = monthly.owed(OP1, MONTH)
    assert (duty.article, duty.due) == ("十一(四)", None)
    entry = monthly.feed_back(viewer=OP1, month=MONTH, items=sent, now=AFTER)
    assert (entry.medium, list(entry.recipients)) == ("sheet", ["cncert"])
    assert ledger.duty(OP1, duty.key).met_by_id == entry.id
    (shown,) = monthly.given(viewer("cncert"), MONTH)
    said = {item["target"]: (item["done"], item["reason"]) for item in ledger.facts(viewer("cncert"), shown)["items"]}
    assert said == {first: (False, "not ours")} | dict.fromkeys(others, (True, ""))
    again = load_workbook(io.BytesIO(monthly.as_sheet(viewer("cncert"), MONTH, "op1"))).active
    assert {row[2]: row[4] for row in again.iter_rows(min_row=2, values_only=True)}[first] == LEFT
    assert monthly.given(viewer("op2"), MONTH) == []
    with pytest.raises(OrderRefused, match="no_month_owed"):
        monthly.feed_back(viewer=OP1, month=MONTH, items=sent, now=AFTER)


def test_a_month_without_an_ordinary_incident_is_fed_back_too(case: str) -> None:
    entry = monthly.feed_back(viewer=viewer("op2"), month=MONTH, items=[], now=AFTER)
    assert entry.facts["items"] == []
    assert not ledger.own_duties(viewer("op2")).filter(expects="disposal.fed_back").exists()


def test_a_case_that_was_graded_higher_since_is_not_among_them(world: World, case: str) -> None:
    assert targets()
    world.tally("op1", 10_001, NOW + timedelta(hours=1))
    assert targets() == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda items: items[1:], "feedback.not_every_resource"),
        (lambda items: [*items, items[0]], "feedback.not_every_resource"),
        (lambda items: [*items, Done(items[0].case, "strange.example", True)], "feedback.not_every_resource"),
        (lambda items: [Done(items[0].case, items[0].target, False, " "), *items[1:]], "feedback.reason_missing"),
        (lambda items: [Done(items[0].case, items[0].target, False, "a\x0b"), *items[1:]], "feedback.unprintable"),
    ],
)
def test_what_is_not_every_resource_once_is_refused_whole(case: str, change: object, code: str) -> None:
    items = [Done(one.case, one.target, True) for one in monthly.listed(OP1, MONTH)]
    with pytest.raises(OrderRefused) as refused:
        monthly.feed_back(viewer=OP1, month=MONTH, items=change(items), now=AFTER)  # type: ignore[operator]  # a lambda
    assert refused.value.code == code
    assert monthly.given(OP1, MONTH) == []


def add(text: str, role: str, at: datetime) -> None:
    programs.add_indicator(program=PROGRAM, text=text, role=role, source="test", allow=AllowLists(), now=at)


def test_a_target_of_two_resources_is_listed_once_and_can_be_fed_back(case: str) -> None:
    before = targets()
    add(before[0], "domain", NOW)
    assert targets() == before
    items = [Done(case, target, True) for target in before]
    assert monthly.feed_back(viewer=OP1, month=MONTH, items=items, now=AFTER).party == "op1"


def test_what_was_learnt_after_the_month_is_not_asked_of_it(case: str) -> None:
    before = targets()
    add("late.evil-emial.example.org", "control", datetime(2026, 12, 1, tzinfo=BEIJING))
    assert targets() == before
    add("early.evil-emial.example.org", "control", datetime(2026, 11, 30, 23, 59, tzinfo=BEIJING))
    assert targets() == sorted([*before, "early.evil-emial.example.org"])


def test_a_month_is_listed_with_few_questions(
    world: World, case: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(8):
        assert targets()


def test_every_wrong_row_of_a_sheet_is_named(case: str) -> None:
    assert len(targets()) > 1
    first, *others = targets()
    with pytest.raises(OrderRefused) as refused:
        monthly.read(filled({first: (LEFT, "")} | dict.fromkeys(others, ("maybe", ""))))
    rows = refused.value.facts["rows"]
    assert len(rows) == len(targets())
    assert [re.match(r"\d+", row)[0] for row in rows] == [str(place) for place in range(2, len(rows) + 2)]  # type: ignore[index]  # each begins with its row


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"case,target\n", b"\x00" * 100])
def test_what_is_no_sheet_is_refused(content: bytes) -> None:
    with pytest.raises(OrderRefused, match="no_sheet"):
        monthly.read(content)


@pytest.mark.parametrize("month", ["", "2026-13", "2026", "November"])
def test_what_is_no_month_is_refused(month: str, db: None) -> None:
    with pytest.raises(OrderRefused, match="no_month"):
        monthly.listed(OP1, month)

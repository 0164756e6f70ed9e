from datetime import datetime, timedelta

import pytest
from tests.hub.incidents.test_leads import LATER, number, observe
from tests.hub.world import NOW, World, viewer

from cleannet.core.refusal import Refusal
from cleannet.core.terms import BREACHES, LEADS
from cleannet.formats import sheet
from cleannet.hub.incidents import circular, inquiries
from cleannet.hub.incidents.circular import NoCircular, Row
from cleannet.hub.jobs.lanes import turn_calendar
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.programs import actions as programs

pytestmark = pytest.mark.django_db
OVER = NOW + timedelta(days=20)


def decided(lead: str, upheld: bool, now: datetime = LATER) -> None:
    party = inquiries.ask(viewer=viewer("miit"), lead=lead, said="?", now=now).recipients[0]
    inquiries.answer(viewer=viewer(party), lead=lead, said="!", now=now)
    inquiries.decide(viewer=viewer("miit"), lead=lead, upheld=upheld, reason="r", now=now)


def issue(month: str = "2026-11", code: str = "miit", said: str = "请各单位及时报送", now: datetime = OVER) -> None:
    circular.issue(viewer=viewer(code), month=month, said=said, now=now)


@pytest.fixture
def months() -> None:
    """Let November end, in which a lead on op1 was upheld, one on op2 not, and one on CNCERT never asked about."""
    world = World().populate()
    turn_calendar(NOW)
    world.tally("op1", 60_000, NOW)
    programs.add_program(code="other", now=NOW)
    observe("op2", program="other")
    decided(number("op1"), True)
    decided(number("op2"), False)
    turn_calendar(OVER)


def test_a_circular_counts_what_was_upheld_in_its_month_and_goes_to_all_units(months: None) -> None:
    draft = circular.circular(viewer("miit"), "2026-11")
    assert (draft.entry, draft.rows, draft.owed) == (None, (Row("op1", (0, 0, 1, 0)),), True)
    assert not circular.circular(viewer("cncert"), "2026-11").owed
    assert not circular.circular(viewer("miit"), "2026-12").owed
    issue()
    found = circular.circular(viewer("op2"), "2026-11")
    assert found.entry is not None
    assert (found.rows, found.said) == (draft.rows, "请各单位及时报送")
    assert set(found.entry.recipients) == {"cncert", "js", "zj", "op1", "op2", "rr", "cac-js"}
    assert [row for row in ledger.own_duties(viewer("miit")) if row.expects == "circular.issued"] == []
    assert [row.refs["month"] for row in circular.circulars(viewer("rr"))] == ["2026-11"]


def test_it_stays_as_it_was_issued(months: None) -> None:
    issue()
    with pytest.raises(Refusal, match="not_owed"):
        issue()
    decided(number("cncert"), True, OVER)
    assert circular.circular(viewer("miit"), "2026-11").rows == (Row("op1", (0, 0, 1, 0)),)
    assert circular.circular(viewer("miit"), "2026-12").rows == (Row("cncert", (0, 0, 1, 0)),)


def test_its_sheet_names_the_units_and_the_kinds(months: None) -> None:
    made = circular.as_sheet(circular.circular(viewer("miit"), "2026-11"))
    headings = ("单位", "迟报", "漏报", "瞒报", "谎报")
    assert sheet.read(made, headings) == [(2, ("移动运营企业甲", "0", "0", "1", "0"))]


def test_before_it_is_issued_only_miit_and_cncert_read_what_it_would_say(months: None) -> None:
    assert circular.circular(viewer("cncert"), "2026-11").rows
    for code in ("op1", "js"):
        with pytest.raises(NoCircular):
            circular.circular(viewer(code), "2026-11")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"month": "2026-12"}, "circular.not_owed"),
        ({"month": "soon"}, "incident.no_month"),
        ({"said": " "}, "circular.words_missing"),
        ({"code": "cncert"}, "circular.not_owed"),
        ({"code": "op1"}, "circular.not_owed"),
    ],
)
def test_what_is_not_to_be_issued_is_refused(months: None, given: dict[str, str], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        issue(**given)  # type: ignore[arg-type] - texts alone
    assert refused.value.code == code
    assert not circular.circulars(viewer("miit")).exists()


def test_every_kind_of_lead_is_a_breach_once_it_is_upheld() -> None:
    assert tuple(BREACHES) == tuple(LEADS)

from datetime import timedelta

import pytest
from tests.hub.disposal.conftest import HOST
from tests.hub.world import NOW, viewer

from cleannet.hub.disposal import actions, batch_steps, batches, life
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.grading import IncidentRefused
from cleannet.hub.ledger import queries as ledger

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
WANTED = [Wanted("op1", "control", HOST)]


def declined(case: str) -> list[tuple[str, str]]:
    """Return who declined drafts of a case, and why."""
    entries = ledger.entries(viewer("cncert"), case=case, kind="order.declined")
    return [(entry.party, entry.record["text"]) for entry in entries]


def test_a_step_is_taken_once(case: str) -> None:
    batch = batches.draft(viewer=viewer("cncert"), case=case, wanted=WANTED, now=NOW + MINUTE)
    found = cases.case(viewer("cncert"), case)
    batch_steps.decline(viewer("cncert", "p-2"), batch, found, "wrong", NOW + 2 * MINUTE)
    with pytest.raises(OrderRefused, match="batch_decided"):
        batch_steps.decline(viewer("cncert", "p-3"), batch, found, "late", NOW + 3 * MINUTE)
    after = batches.own(viewer("cncert"), batch.number)
    assert (after.status, after.decided_by, after.reason) == ("declined", "p-2", "wrong")
    assert declined(case) == [("cncert", "wrong")]


def test_a_case_that_is_annulled_declines_every_partys_drafts_for_the_same_reason(case: str) -> None:
    for code in ("cncert", "miit"):
        batches.draft(viewer=viewer(code), case=case, wanted=WANTED, now=NOW + MINUTE)
    incidents.propose_annulment(viewer=viewer("cncert"), case=case, reason="误报", now=NOW + 2 * MINUTE)
    life.annul(viewer=viewer("cncert", "p-2"), case=case, now=NOW + 3 * MINUTE)
    assert [batches.batches(viewer(code)) for code in ("cncert", "miit")] == [[], []]
    assert declined(case) == [("cncert", "误报")] * 2


def test_a_case_that_is_closed_declines_what_waits(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = batches.draft(viewer=viewer("cncert"), case=case, wanted=WANTED, now=NOW + MINUTE)
    # What the case owes otherwise is not looked at here.
    monkeypatch.setattr(cases, "hindering", lambda viewer, case: [])
    actions.close(viewer=viewer("cncert"), case=case, now=NOW + 2 * MINUTE)
    after = batches.own(viewer("cncert"), batch.number)
    assert (after.status, after.reason) == ("declined", actions.CLOSED)
    assert declined(case) == [("cncert", actions.CLOSED)]


def test_a_case_that_cannot_be_closed_keeps_what_waits(case: str) -> None:
    batch = batches.draft(viewer=viewer("cncert"), case=case, wanted=WANTED, now=NOW + MINUTE)
    with pytest.raises(IncidentRefused, match="duties_open"):
        actions.close(viewer=viewer("cncert"), case=case, now=NOW + 2 * MINUTE)
    assert batches.own(viewer("cncert"), batch.number).status == "waiting"

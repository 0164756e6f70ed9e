from datetime import timedelta

import pytest
from tests.hub.world import NOW, World, viewer

from cleannet.core.terms import ENTRY_KINDS
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.incidents import acts
from cleannet.hub.incidents.grading import IncidentRefused
from cleannet.hub.jobs.lanes import turn_calendar
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.queries import NotSeen

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def owed(code: str, expects: str) -> list[str]:
    return [duty.key for duty in ledger.own_duties(viewer(code)) if duty.expects == expects]


@pytest.mark.parametrize(
    ("code", "kind", "expects", "told"),
    [
        ("op1", "complaint.received", "complaint.settled", set()),
        ("op1", "partner.suspected", "partner.handled", {"js"}),
        ("rr", "mechanism.changed", "mechanism.filed", {"miit"}),
    ],
)
def test_what_began_opens_what_the_law_asks_for_and_a_record_in_words_meets_it(
    code: str, kind: str, expects: str, told: set[str]
) -> None:
    World().populate()
    before = set(owed(code, expects))
    acts.begin(viewer=viewer(code), kind=kind, said="用户投诉误封", happened_at=NOW - HOUR, now=NOW)
    (key,) = set(owed(code, expects)) - before
    entry = acts.fulfil(viewer=viewer(code), duty=key, said="已核实并答复", happened_at=NOW, now=NOW + HOUR)
    assert (entry.kind, entry.text, set(entry.recipients)) == (expects, "已核实并答复", told)
    assert key not in owed(code, expects)
    with pytest.raises(IncidentRefused, match="not_to_be_recorded"):
        acts.fulfil(viewer=viewer(code), duty=key, said="再次", happened_at=NOW, now=NOW + HOUR)


def test_two_complaints_are_two_and_each_is_settled_by_itself() -> None:
    World().populate()
    for said in ("甲", "乙"):
        acts.begin(viewer=viewer("op1"), kind="complaint.received", said=said, happened_at=NOW, now=NOW)
    first, second = owed("op1", "complaint.settled")
    acts.fulfil(viewer=viewer("op1"), duty=first, said="好", happened_at=NOW, now=NOW)
    assert owed("op1", "complaint.settled") == [second]


def test_handling_a_partner_asks_the_local_bureau_for_its_own_step() -> None:
    World().populate()
    acts.begin(viewer=viewer("op1"), kind="partner.suspected", said="某服务商", happened_at=NOW, now=NOW)
    (key,) = owed("op1", "partner.handled")
    acts.fulfil(viewer=viewer("op1"), duty=key, said="暂停合作", happened_at=NOW, now=NOW)
    (step,) = owed("js", "partner.punished")
    acts.fulfil(viewer=viewer("js"), duty=step, said="已立案", happened_at=NOW, now=NOW, also=["op1"])
    assert owed("js", "partner.punished") == []


def test_the_months_summary_is_recorded_in_words_when_the_month_is_over_and_the_circular_has_its_own_page() -> None:
    World().populate()
    turn_calendar(NOW)
    later = NOW + timedelta(days=20)
    turn_calendar(later)
    given = {"said": "2026年11月", "happened_at": later, "now": later}
    (key,) = owed("cncert", "month.summarised")
    acts.fulfil(viewer=viewer("cncert"), duty=key, **given)
    assert owed("cncert", "month.summarised") == []
    with pytest.raises(IncidentRefused, match="not_to_be_recorded"):
        acts.fulfil(viewer=viewer("miit"), duty=owed("miit", "circular.issued")[0], **given)


def test_a_consultation_is_on_a_case_and_ends_in_a_conclusion_to_all_concerned() -> None:
    (case,) = World().populate().tally("op1", 10_001, NOW).cases
    given = {
        "viewer": viewer("miit"),
        "kind": "consultation.called",
        "said": "应对策略",
        "happened_at": NOW,
        "now": NOW,
    }
    with pytest.raises(IncidentRefused, match="case_missing"):
        acts.begin(**given)
    acts.begin(case=case, **given)
    (key,) = owed("miit", "consultation.concluded")
    entry = acts.fulfil(viewer=viewer("miit"), duty=key, said="结论", happened_at=NOW, now=NOW)
    assert (entry.case, set(entry.recipients)) == (case, {"op1"})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "order.issued"}, "incident.cannot_begin"),
        ({"kind": "consultation.called"}, "incident.cannot_begin"),
        ({"said": "  "}, "incident.words_missing"),
        ({"case": "none"}, "incident.unknown"),
        ({"happened_at": NOW + HOUR}, "entry.in_future"),
    ],
)
def test_what_cannot_begin_is_refused_and_leaves_nothing(change: dict[str, object], code: str) -> None:
    World().populate()
    before = ledger.entries(viewer("cncert")).count()
    given = {
        "viewer": viewer("op1"),
        "kind": "complaint.received",
        "said": "x",
        "happened_at": NOW,
        "now": NOW,
        **change,
    }
    with pytest.raises(Exception, match=code):
        acts.begin(**{**given, **change})  # type: ignore[arg-type] - a table of changes to any argument
    assert ledger.entries(viewer("cncert")).count() == before


def test_a_change_of_the_own_mechanism_is_on_no_case() -> None:
    (case,) = World().populate().tally("op1", 10_001, NOW).cases
    with pytest.raises(IncidentRefused, match="no_case_wanted"):
        acts.begin(viewer=viewer("op1"), kind="mechanism.changed", said="x", happened_at=NOW, now=NOW, case=case)


def test_what_belongs_to_an_open_case_waits_for_it_and_to_one_that_ended_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (case,) = World().populate().tally("op1", 10_001, NOW).cases
    waited: list[str] = []
    monkeypatch.setattr(acts, "locked", waited.append)
    given = {"viewer": viewer("op1"), "kind": "complaint.received", "said": "x", "happened_at": NOW, "now": NOW}
    acts.begin(case=case, **given)
    assert waited == [case]
    incidents.propose_annulment(viewer=viewer("cncert"), case=case, reason="误报", now=NOW)
    incidents.confirm_annulment(viewer=viewer("miit"), case=case, now=NOW)
    assert acts.begin(case=case, **given).case == case
    assert waited == [case]


def test_what_was_not_owed_yet_or_is_anothers_is_refused() -> None:
    World().populate()
    acts.begin(viewer=viewer("op1"), kind="complaint.received", said="甲", happened_at=NOW, now=NOW)
    (key,) = owed("op1", "complaint.settled")
    given = {"duty": key, "now": NOW + HOUR}
    with pytest.raises(IncidentRefused, match="before_the_duty"):
        acts.fulfil(viewer=viewer("op1"), said="x", happened_at=NOW - HOUR, **given)
    with pytest.raises(IncidentRefused, match="words_missing"):
        acts.fulfil(viewer=viewer("op1"), said=" ", happened_at=NOW, **given)
    with pytest.raises(IncidentRefused, match="unknown_party"):
        acts.fulfil(viewer=viewer("op1"), said="x", happened_at=NOW, also=["nobody"], **given)
    with pytest.raises(NotSeen):
        acts.fulfil(viewer=viewer("op2"), said="x", happened_at=NOW, **given)
    with pytest.raises(IncidentRefused, match="not_to_be_recorded"):
        acts.fulfil(viewer=viewer("cncert"), said="x", happened_at=NOW, **given)


def test_every_kind_recorded_in_words_is_a_kind_and_begins_for_somebody() -> None:
    assert acts.BEGINNINGS.keys() | acts.ENDINGS <= ENTRY_KINDS.keys()
    assert acts.beginnings(viewer("op1")) == [
        "complaint.received",
        "partner.suspected",
        "crime.suspected",
        "mechanism.changed",
    ]
    assert acts.beginnings(viewer("js")) == ["crime.suspected"]

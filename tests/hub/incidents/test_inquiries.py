from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from tests.hub.incidents.test_leads import HOUR, LATER, number, observe
from tests.hub.world import CENTRE, LAW, NOW, World, viewer

from cleannet.core import policy_file
from cleannet.core.refusal import Refusal
from cleannet.hub.incidents import acts, inquiries, leads
from cleannet.hub.incidents.inquiries import LeadRefused
from cleannet.hub.incidents.leads import NoLead
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.actions import EntryRefused
from cleannet.hub.ledger.queries import Entry, NotSeen
from cleannet.hub.parties import actions as parties

pytestmark = pytest.mark.django_db
KINDS = ("lead.asked", "lead.answered", "lead.decided")


@pytest.fixture
def lead() -> str:
    """Return a lead on op1, which counted what it had to report and did not."""
    World().populate().tally("op1", 60_000, NOW)
    return number("op1")


def ask(lead: str, code: str = "miit", now: datetime = LATER, **given: Any) -> Entry:
    return inquiries.ask(viewer=viewer(code), lead=lead, now=now, **{"said": "为何未报？", **given})


def answer(lead: str, code: str = "op1", now: datetime = LATER, **given: Any) -> Entry:
    return inquiries.answer(viewer=viewer(code), lead=lead, now=now, **{"said": "系统故障", **given})


def decide(lead: str, code: str = "miit", now: datetime = LATER, **given: Any) -> Entry:
    return inquiries.decide(viewer=viewer(code), lead=lead, now=now, **{"upheld": True, "reason": "未备份", **given})


STEPS = {"lead.asked": ask, "lead.answered": answer, "lead.decided": decide}


def made() -> list[str]:
    return [row.kind for row in ledger.entries(viewer("cncert")).filter(kind__in=KINDS)]


def test_the_question_names_the_lead_and_what_it_rests_on_and_reaches_its_party_alone(lead: str) -> None:
    pointed = leads.one(viewer("miit"), lead, now=LATER).lead
    entry = ask(lead, answer_by=date(2026, 11, 25))
    told = entry.facts["lead"]
    assert (told["number"], told["kind"], told["evidence"]) == (lead, "concealed", list(pointed.evidence))
    assert (entry.case, entry.recipients, entry.text) == (pointed.case, ("op1",), "为何未报？")
    assert entry.facts["answer_by"] == "2026-11-25"
    for code, sees in {"op1": True, "miit": True, "cncert": True, "op2": False, "js": False, "rr": False}.items():
        assert ledger.entries(viewer(code)).filter(id=entry.id).exists() == sees, code


def test_the_answer_names_entries_and_reaches_who_asked_and_the_decision_the_party(lead: str) -> None:
    ask(lead)
    graded = ledger.entries(viewer("op1"), kind="incident.graded")[0].id
    said = answer(lead, entries=[graded, graded])
    decided = decide(lead, upheld=False)
    assert (said.party, said.recipients, said.facts["entries"]) == ("op1", ("miit",), [graded])
    assert (decided.recipients, decided.facts["upheld"], decided.text) == (("op1",), False, "未备份")
    known = leads.one(viewer("op1"), lead, now=LATER)
    assert known.state == "not_upheld"
    assert known.inquiry is not None
    steps = leads.steps(viewer("op1"), known.inquiry)
    assert {name: step.said for name, step in steps.items()} == {
        "question": "为何未报？",
        "answer": "系统故障",
        "decision": "未备份",
    }
    for code in ("op2", "js"):
        assert not ledger.entries(viewer(code)).filter(kind__in=KINDS).exists()


@pytest.mark.parametrize("done", range(4))
@pytest.mark.parametrize("kind", KINDS)
def test_each_step_is_taken_once_in_its_turn_and_refused_out_of_it(lead: str, done: int, kind: str) -> None:
    for before in KINDS[:done]:
        STEPS[before](lead)
    if KINDS[done : done + 1] == (kind,):
        STEPS[kind](lead)
        assert made() == list(KINDS[: done + 1])
        return
    with pytest.raises(LeadRefused, match="out_of_turn"):
        STEPS[kind](lead)
    assert made() == list(KINDS[:done])


@pytest.mark.parametrize(
    ("kind", "code", "refusal"),
    [
        ("lead.asked", "cncert", EntryRefused),
        ("lead.asked", "op1", LeadRefused),
        ("lead.asked", "op2", NoLead),
        ("lead.asked", "js", NoLead),
        ("lead.answered", "miit", LeadRefused),
        ("lead.answered", "cncert", LeadRefused),
        ("lead.answered", "op2", NoLead),
        ("lead.decided", "cncert", EntryRefused),
        ("lead.decided", "op1", EntryRefused),
        ("lead.decided", "js", NoLead),
    ],
)
def test_who_may_not_takes_no_step(lead: str, kind: str, code: str, refusal: type[Refusal]) -> None:
    before = KINDS[: KINDS.index(kind)]
    for one in before:
        STEPS[one](lead)
    with pytest.raises(refusal):
        STEPS[kind](lead, code)
    assert made() == list(before)


@pytest.mark.parametrize(
    ("kind", "given", "code"),
    [
        ("lead.asked", {"said": " "}, "words_missing"),
        ("lead.asked", {"answer_by": date(2026, 11, 21)}, "day_past"),
        ("lead.answered", {"said": ""}, "words_missing"),
        ("lead.answered", {"medium": "phone", "received_at": LATER}, "wrong_medium"),
        ("lead.answered", {"medium": "sheet"}, "wrong_medium"),
        ("lead.answered", {"entries": [f"{place}" for place in range(51)]}, "too_many_entries"),
        ("lead.decided", {"reason": ""}, "words_missing"),
    ],
)
def test_what_is_not_whole_is_refused_and_the_lead_waits_on(lead: str, kind: str, given: Any, code: str) -> None:
    for before in KINDS[: KINDS.index(kind)]:
        STEPS[before](lead)
    with pytest.raises(LeadRefused, match=code):
        STEPS[kind](lead, **given)
    STEPS[kind](lead)
    assert made()[-1] == kind


def test_the_day_of_the_question_itself_may_be_named(lead: str) -> None:
    assert ask(lead, answer_by=date(2026, 11, 22)).facts["answer_by"] == "2026-11-22"


def test_an_answer_names_only_what_its_party_may_see(lead: str) -> None:
    ask(lead)
    others = ledger.entries(viewer("cncert"), kind="incident.graded").filter(party="cncert")[0]
    for id in (others.id, "nothing"):
        with pytest.raises(NotSeen):
            answer(lead, entries=[id])
    assert made() == ["lead.asked"]


def test_what_an_answer_may_name_is_its_partys_own_on_the_case(lead: str) -> None:
    ask(lead)
    inquiry = leads.inquiries(viewer("op1")).get(lead=lead)
    rows = inquiries.nameable(viewer("op1"), inquiry)
    assert {row.party for row in rows} == {"op1"}
    assert {row.case for row in rows} == {inquiry.case}


def test_a_party_without_a_part_in_the_case_names_what_else_it_did() -> None:
    world = World().populate()
    world.tally("op1", 60_000, NOW)
    acts.begin(viewer=viewer("op2"), kind="complaint.received", said="x", happened_at=NOW, now=NOW)
    observe("op2")
    lead = number("op2")
    ask(lead)
    rows = inquiries.nameable(viewer("op2"), leads.inquiries(viewer("op2")).get(lead=lead))
    assert [row.kind for row in rows] == ["complaint.received"]


def test_nobody_judges_its_own_lead(lead: str) -> None:
    own = number("cncert")
    assert ask(own).recipients == ("cncert",)
    with pytest.raises(LeadRefused, match="own"):
        inquiries.ask(viewer=replace(viewer("miit"), party="op1"), lead=lead, said="x", now=LATER)


def test_miit_records_the_answer_of_a_party_without_a_system() -> None:
    World().populate()
    parties.register(code="far", zh="远", en="far", role="operator", remote=True, actor=CENTRE, now=NOW)
    observe("far")
    lead = number("far")
    ask(lead)
    for given, code in (
        ({}, "wrong_medium"),
        ({"medium": "phone"}, "wrong_medium"),
        ({"medium": "phone", "received_at": LATER - HOUR}, "before_the_question"),
    ):
        with pytest.raises(LeadRefused, match=code):
            answer(lead, "miit", LATER + 2 * HOUR, **given)
    with pytest.raises(LeadRefused, match="anothers"):
        answer(lead, "cncert", LATER + 2 * HOUR, medium="phone", received_at=LATER + HOUR)
    entry = answer(lead, "miit", LATER + 2 * HOUR, medium="phone", received_at=LATER + HOUR)
    assert (entry.party, entry.role, entry.medium) == ("far", "operator", "phone")
    assert (entry.happened_at, entry.person) == (LATER + HOUR, "p-miit")
    assert decide(lead, now=LATER + 3 * HOUR).recipients == ("far",)


def test_no_duty_follows_from_a_question_unless_a_rule_sets_one(lead: str) -> None:
    before = set(ledger.open_duties(viewer("miit")).values_list("key", flat=True))
    ask(lead, answer_by=date(2026, 11, 30))
    assert set(ledger.open_duties(viewer("miit")).values_list("key", flat=True)) == before


RULE = f"""
format = 1
id = "answers"
title = {{zh = "询问答复规定", en = "Answers to questions"}}
document = "内部规定"
overlays = "{LAW}"
in_force = {{from = 2026-01-01}}

[[duty]]
id = "answer"
article = "一"
text = {{zh = "答复询问", en = "Answer the question"}}
when = "lead.asked"
by = "miit"
owes = "each_addressee"
among = ["operator", "cncert"]
start = "happened_at"
limit = "2wd"
to = ["miit"]
expects = "lead.answered"
per = "lead+addressee"
"""


def test_a_rule_of_an_overlay_makes_the_answer_a_duty_with_its_limit(lead: str) -> None:
    overlay = policy_file.parse(RULE, "answers.toml")
    parties.adopt(policy=overlay, actor=CENTRE, now=NOW)
    ask(lead)
    (duty,) = [row for row in ledger.own_duties(viewer("op1")) if row.expects == "lead.answered"]
    assert (duty.policy, duty.scope["lead"]) == (LAW, lead)
    assert duty.due == datetime.fromisoformat("2026-11-25T00:00:00+08:00")
    answer(lead)
    assert [row for row in ledger.own_duties(viewer("op1")) if row.expects == "lead.answered"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_of_two_who_take_a_step_at_once_one_is_refused_and_leaves_nothing(
    lead: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for before in KINDS[: KINDS.index(kind)]:
        STEPS[before](lead)
    # The second looked before the first one wrote.
    looked = leads.one(viewer("miit"), lead, now=LATER)
    STEPS[kind](lead)
    monkeypatch.setattr(leads, "one", lambda *_, **__: looked)
    with pytest.raises(LeadRefused, match="out_of_turn"):
        STEPS[kind](lead)
    assert made().count(kind) == 1

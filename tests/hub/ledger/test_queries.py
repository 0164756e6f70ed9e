from datetime import timedelta
from typing import Any

import pytest

from cleannet.hub.ledger import queries, reminders
from cleannet.hub.ledger.viewer import Viewer

MIIT = Viewer("miit", "miit")
CNCERT = Viewer("cncert", "cncert")
GUANGDONG = Viewer("gd", "bureau", province="44")
BEIJING = Viewer("bj", "bureau", province="11")
CMCC = Viewer("cmcc", "operator")
CTCC = Viewer("ctcc", "operator")
NOBODY = Viewer("", "operator")


@pytest.fixture
def case(world: Any) -> Any:
    world.grade(province="44")
    world.later(minutes=30)
    world.report(province="44")
    world.later(minutes=1)
    world.grade(case="c-2", party="ctcc", province="11")
    return world


def kinds(viewer: Viewer) -> list[tuple[str, str]]:
    return [(entry.kind, entry.party) for entry in queries.entries(viewer)]


GRADED, REPORTED, OTHER = ("incident.graded", "cmcc"), ("incident.reported", "cmcc"), ("incident.graded", "ctcc")


@pytest.mark.parametrize(
    ("viewer", "seen"),
    [
        (MIIT, [GRADED, REPORTED, OTHER]),
        (CNCERT, [GRADED, REPORTED, OTHER]),
        (GUANGDONG, [GRADED, REPORTED]),
        (BEIJING, [OTHER]),
        (CMCC, [GRADED, REPORTED]),
        (CTCC, [OTHER]),
        (NOBODY, []),
        (Viewer("CMCC", "operator"), []),
        (Viewer("cm", "operator"), []),
        (Viewer("gd", "bureau"), [REPORTED]),
        (Viewer("x", "operator", province="44"), []),
    ],
)
def test_everyone_sees_only_what_is_theirs(case: Any, viewer: Viewer, seen: list[tuple[str, str]]) -> None:
    assert kinds(viewer) == seen
    for entry in queries.entries(MIIT):
        if (entry.kind, entry.party) in seen:
            assert queries.entry(viewer, entry.pk) == entry
        else:
            with pytest.raises(queries.NotSeen):
                queries.entry(viewer, entry.pk)
    own = {duty.key for duty in queries.duties(viewer)}
    for duty in queries.duties(MIIT):
        if duty.key in own:
            assert queries.why(viewer, duty.key).duty == duty
        else:
            with pytest.raises(queries.NotSeen):
                queries.why(viewer, duty.key)


@pytest.mark.parametrize(
    ("viewer", "withheld", "text"),
    [
        (MIIT, (), "60,000 at noon"),
        (CMCC, (), "60,000 at noon"),
        (GUANGDONG, ("facts", "person", "salt"), "60,000 at noon"),
        (Viewer("gx", "bureau", province="44"), ("facts", "text", "person", "salt"), ""),
    ],
)
def test_a_record_is_whole_only_to_those_whose_it_is(
    world: Any, viewer: Viewer, withheld: tuple[str, ...], text: str
) -> None:
    facts = {"figures": {"infected": 60_000}, "missing": ["phone"]}
    entry = world.report(province="44", facts=facts, text="60,000 at noon", recipients=["gd"])
    shown = queries.record(viewer, entry)
    assert shown.withheld == withheld
    assert shown.record["facts"] == (facts if not withheld else {"missing": ["phone"]})
    assert (shown.record["text"], queries.note(viewer, entry)) == (text, text)
    assert {**entry.record, **shown.record}.keys() == entry.record.keys()


def test_a_record_tells_only_the_duties_its_reader_may_see(case: Any) -> None:
    graded, reported = queries.entries(CMCC, case="c-1")
    stranger = Viewer("gx", "operator")
    for entry, name in ((graded, "arises"), (reported, "meets")):
        assert queries.record(MIIT, entry).record[name]
        assert queries.record(stranger, entry).record[name] == []
        assert name in queries.record(stranger, entry).withheld
    owed = [row for row in graded.record["arises"] if "ctcc" in (row["owes"], *row["to"])]
    assert queries.record(CTCC, graded).record["arises"] == owed


def test_entries_of_a_case_or_kind(case: Any) -> None:
    assert [entry.kind for entry in queries.entries(MIIT, case="c-1")] == ["incident.graded", "incident.reported"]
    assert len(queries.entries(MIIT, kind="incident.graded")) == 2


def test_open_duties_come_soonest_first_and_without_limit_last(case: Any) -> None:
    found = list(queries.open_duties(MIIT))
    assert found
    limited = [duty.due for duty in found if duty.due]
    assert limited == sorted(limited)
    assert [duty.due is None for duty in found] == sorted(duty.due is None for duty in found)
    assert all(duty.open for duty in found)
    assert {duty.owes for duty in queries.own_duties(CTCC)} == {"ctcc"}
    assert {duty.case for duty in queries.open_duties(MIIT, case="c-2")} == {"c-2"}


def test_why_gives_entry_article_and_limit(case: Any) -> None:
    duty = queries.duties(CMCC, case="c-1").get(expects="incident.reported", owes="cmcc")
    why = queries.why(CMCC, duty.key)
    assert why.entry.kind == "incident.graded"
    assert (why.article, why.limit) == ("十(二)", "2h")
    assert why.law.id == "mobile_malware_2011"
    assert why.rule is not None
    assert why.rule.text.zh


def test_reminders_are_shown_while_the_duty_is_open(case: Any) -> None:
    duty = queries.own_duties(CTCC).get(expects="incident.reported")
    reminders.raise_ready(now=duty.due, lease=timedelta(seconds=9))
    assert [(r.duty_id, r.level) for r in queries.reminders(CTCC) if r.duty_id == duty.key] == [
        (duty.key, "before"),
        (duty.key, "due"),
    ]
    assert not [r for r in queries.reminders(CMCC) if r.duty_id == duty.key]
    case.now = duty.due
    case.report(case="c-2", party="ctcc")
    assert not [r for r in queries.reminders(CTCC) if r.duty_id == duty.key]


def test_health_starts_with_no_lane(world: Any) -> None:
    assert queries.health(now=world.now).alarms == ["No lane of tick has come round yet."]

from datetime import timedelta
from typing import Any

import pytest

from cleannet.core.clock import shipped_calendar
from cleannet.core.ending import meets
from cleannet.core.entry import Participants
from cleannet.core.policy_file import shipped
from cleannet.core.terms import Grade
from cleannet.hub.blobs import actions as blobs
from cleannet.hub.ledger import actions, turning
from cleannet.hub.ledger.models import Duty, Entry, PolicyText, Reminder, Unsealed

HOURS_2 = timedelta(hours=2)


def test_a_grade_opens_the_report_and_the_report_meets_it(world: Any) -> None:
    graded = world.grade()
    duty = Duty.objects.get(expects="incident.reported", owes="cmcc")
    assert (duty.due, duty.opened_by, duty.article) == (world.now + HOURS_2, graded, "十(二)")
    assert duty.open
    assert set(duty.to) | set(duty.cc) == {"miit", "gd", "cncert"}
    assert PolicyText.objects.get(digest=duty.digest).text == shipped()["mobile_malware_2011"].text
    world.later(hours=1)
    reported = world.report()
    duty.refresh_from_db()
    assert duty.met_by == reported
    assert duty.key in reported.record["meets"]
    assert duty.state_at(world.later(days=9)) == "met"


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipients": ["miit", "cncert"]},
        {"party": "ctcc"},
        {"case": "c-2"},
        {"grade": Grade.III},
        {"medium": "phone"},
    ],
)
def test_a_wrong_report_meets_nothing(world: Any, wrong: dict[str, Any]) -> None:
    world.grade()
    world.report(**wrong)
    assert Duty.objects.get(expects="incident.reported", owes="cmcc", case="c-1").open


def test_late_is_derived_from_the_act(world: Any) -> None:
    world.grade()
    duty = Duty.objects.get(expects="incident.reported", owes="cmcc")
    assert duty.state_at(world.now + HOURS_2) == "open"
    assert duty.state_at(world.now + HOURS_2 + timedelta(seconds=1)) == "lapsed"
    world.later(hours=2, seconds=1)
    world.report()
    duty.refresh_from_db()
    assert duty.state_at(world.now) == "late"


def test_the_same_duty_is_not_opened_twice(world: Any) -> None:
    world.grade()
    keys = set(Duty.objects.values_list("key", flat=True))
    first = Duty.objects.get(expects="incident.reported", owes="cmcc").opened_by_id
    world.later(minutes=5)
    world.grade()
    assert set(Duty.objects.values_list("key", flat=True)) == keys
    assert Duty.objects.get(expects="incident.reported", owes="cmcc").opened_by_id == first
    assert Reminder.objects.count() == 2 * Duty.objects.exclude(due=None).count()


def test_annulment_ends_open_duties_and_leaves_met_ones(world: Any) -> None:
    world.grade()
    world.report()
    world.grade(party="ctcc")
    world.grade(case="c-2")
    annulled = world.enter("incident.annulled", "miit", "miit", refs={"case": "c-1"}, text="误报")
    assert Duty.objects.get(owes="cmcc", expects="incident.reported", case="c-1").met_by is not None
    ended = Duty.objects.get(owes="ctcc", expects="incident.reported", case="c-1")
    assert (ended.void_by, ended.met_by) == (annulled, None)
    assert Duty.objects.get(expects="incident.reported", case="c-2").open
    assert ended.key in annulled.record["voids"]
    assert annulled.text == "误报"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "incident.invented"}, "entry.unknown_kind"),
        ({"kind": "notice.issued"}, "entry.not_your_role"),
        ({"kind": "month.began"}, "entry.not_your_role"),
        ({"medium": "pigeon"}, "entry.unknown_medium"),
        ({"blobs": ["0" * 64]}, "entry.unknown_blob"),
        ({"found_at": None}, "entry.lacks"),
    ],
)
def test_refusals_write_nothing(world: Any, change: dict[str, Any], code: str) -> None:
    wanted = {
        "kind": "incident.graded",
        "refs": {"case": "c-1"},
        "grades": {"mobile_malware_2011": Grade.I},
        "found_at": world.now,
    } | change
    with pytest.raises(actions.EntryRefused) as refused:
        world.enter(wanted.pop("kind"), "cmcc", "operator", **wanted)
    assert refused.value.code == code
    assert not Entry.objects.exists()
    assert not Duty.objects.exists()


@pytest.mark.parametrize("field", ["happened_at", "found_at", "received_at", "changed_at"])
def test_no_moment_may_lie_in_the_future(world: Any, field: str) -> None:
    wanted = {"refs": {"case": "c-1"}, "grades": {"mobile_malware_2011": Grade.IV}, "found_at": world.now}
    world.enter("incident.graded", "cmcc", "operator", **wanted | {field: world.now})
    with pytest.raises(actions.EntryRefused) as refused:
        world.enter("incident.graded", "cmcc", "operator", **wanted | {field: world.now + timedelta(microseconds=1)})
    assert (refused.value.code, refused.value.facts["field"]) == ("entry.in_future", field)


def test_naive_moments_and_malformed_codes_are_bugs(world: Any) -> None:
    with pytest.raises(ValueError, match="time zone"):
        world.enter("incident.opened", "cmcc", "operator", happened_at=world.now.replace(tzinfo=None))
    with pytest.raises(ValueError, match="party code"):
        world.enter("incident.opened", "cmcc", "operator", recipients=["a|b"])


@pytest.mark.parametrize(
    ("back", "claimed"),
    [
        (timedelta(minutes=15), ()),
        (timedelta(minutes=15, microseconds=1), ("found_at",)),
    ],
)
def test_back_dated_moments_are_claims(world: Any, back: timedelta, claimed: tuple[str, ...]) -> None:
    found = world.now
    world.now += back
    entry = world.enter(
        "incident.graded",
        "cmcc",
        "operator",
        refs={"case": "c-1"},
        grades={"mobile_malware_2011": Grade.I},
        found_at=found,
    )
    assert entry.claimed == claimed
    assert entry.found_at == found
    assert entry.entered_at == world.now
    assert Duty.objects.get(expects="incident.reported").due == found + HOURS_2


def test_the_same_key_is_entered_once(world: Any) -> None:
    first = world.grade(key="k")
    world.later(minutes=1)
    again = world.grade(key="k", case="c-9")
    assert again.pk == first.pk
    assert Entry.objects.count() == Unsealed.objects.count() == 1


def test_an_empty_field_of_a_report_opens_its_supplement(world: Any) -> None:
    world.grade()
    full = world.report(form="annex3", facts={"missing": []})
    assert (full.missing, full.opened.count()) == ((), 0)
    stored = world.report(case="c-2", form="annex3", facts={"missing": ["terminals", "harm"]})
    assert Entry.objects.get(pk=stored.pk).missing == ("terminals", "harm")
    (duty,) = stored.opened.all()
    assert (duty.rule, duty.expects, duty.due, duty.scope) == (
        "19.supplement",
        "report.supplemented",
        None,
        {"case": "c-2"},
    )
    with pytest.raises(TypeError, match="is a list of the form's fields"):
        world.report(case="c-3", facts={"missing": "terminals"})


def test_an_act_through_another_medium_than_the_law_names_meets_nothing(world: Any) -> None:
    world.grade(grade=Grade.IV)
    duty = Duty.objects.get(rule="10.2.ordinary")
    assert duty.through == ["system"]
    world.report(grade=Grade.IV, medium="paper")
    assert Duty.objects.get(pk=duty.pk).open
    world.report(grade=Grade.IV)
    assert not Duty.objects.get(pk=duty.pk).open


def test_an_entry_satisfies_what_the_law_sees_of_it(world: Any) -> None:
    world.grade()
    duty = Duty.objects.get(expects="incident.reported")
    blob = blobs.put("附件三".encode(), kind="paper", now=world.now)
    stored = world.report(
        blobs=[blob.ref], facts={"infected_24h": 120_000, "nested": {"a": [1, None, True]}}, province="44"
    )
    fresh = Entry.objects.get(pk=stored.pk)
    assert meets(fresh, duty)
    assert fresh.refs == {"case": "c-1"}
    assert fresh.grades == {"mobile_malware_2011": Grade.I}
    assert fresh.recipients == ("cncert", "gd", "miit")
    assert (fresh.medium, fresh.confirmed_by, fresh.urgent, fresh.on_behalf_of) == ("system", (), False, "")
    assert (fresh.found_at, fresh.received_at, fresh.changed_at) == (None, None, None)
    assert fresh.facts == {"infected_24h": 120_000, "nested": {"a": [1, None, True]}}
    assert (fresh.blobs, fresh.person, fresh.province, fresh.case) == ((blob.ref,), "p-1", "44", "c-1")


def test_months_begin_and_end_once_each(world: Any) -> None:
    def begin() -> list[tuple[str, str]]:
        made = turning.turn_calendar(
            now=world.now,
            participants=world.participants,
            calendar=shipped_calendar(),
            policies=[shipped()["mobile_malware_2011"]],
        )
        return [(entry.kind, entry.refs["month"]) for entry in made]

    assert begin() == [("month.began", "2026-11")]
    assert begin() == []
    world.later(days=50)
    assert begin() == [
        ("month.ended", "2026-11"),
        ("month.began", "2026-12"),
        ("month.ended", "2026-12"),
        ("month.began", "2027-01"),
    ]
    assert begin() == []
    assert Entry.objects.count() == 5
    assert Duty.objects.filter(expects="month.summarised", owes="cncert").count() == 2
    assert all(entry.claimed == () for entry in Entry.objects.all())


def test_a_copy_nobody_takes_is_unrouted_and_the_report_still_counts(world: Any) -> None:
    world.participants = Participants({"miit": {"miit"}})
    world.grade()
    duty = Duty.objects.get(expects="incident.reported")
    assert duty.unrouted
    world.report()
    duty.refresh_from_db()
    assert not duty.open


def test_what_is_done_alongside_stays_or_goes_with_the_entry(world: Any) -> None:
    told: list[str] = []

    def fail(entry: Entry) -> None:
        raise RuntimeError(entry.kind)

    with actions.alongside(lambda entry: told.append(entry.pk)):
        first = world.grade(key="once")
        world.grade(key="once")
        with pytest.raises(RuntimeError, match=r"incident\.reported"), actions.alongside(fail):
            world.report()
    assert first.pk in told
    assert Entry.objects.count() == 1
    world.report()
    assert Entry.objects.count() == 2
    assert len(told) == 2


def test_a_back_dated_act_is_on_time_by_claim_only_until_others_confirm_it(world: Any) -> None:
    world.grade()
    said = world.now
    world.later(hours=3)
    world.report(happened_at=said)
    duty = Duty.objects.get(expects="incident.reported", owes="cmcc")
    assert (duty.state_at(world.now), duty.by_claim) == ("met", True)
    world.grade(party="ctcc")
    called = world.now
    world.later(hours=3)
    told = ["miit", "gd", "cncert"]
    world.report(party="ctcc", happened_at=called, medium="phone", urgent=True, confirmed_by=told)
    duty = Duty.objects.get(expects="incident.reported", owes="ctcc")
    assert (duty.state_at(world.now), duty.by_claim) == ("met", False)

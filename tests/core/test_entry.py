from datetime import UTC, datetime

from cleannet.core.entry import EntryFacts, Facts, Participants


def test_facts_are_what_the_law_sees_of_an_entry() -> None:
    entry: EntryFacts = Facts(
        kind="sample.found", role="operator", party="op1", happened_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert (entry.kind, entry.medium, entry.recipients) == ("sample.found", "system", ())


def test_participants_are_sorted_and_an_unfilled_name_has_none() -> None:
    participants = Participants({"bureau:relevant": {"zj", "js"}})
    assert participants.of("bureau:relevant") == ("js", "zj")
    assert participants.of("police") == ()


def test_what_is_lacking_of_a_name_is_unrouted_part_by_part() -> None:
    lacking = {"bureau:relevant": ["44", "?"], "bureau:added": []}
    participants = Participants({"bureau:relevant": {"js"}}, (), lacking)
    assert participants.unrouted("bureau:relevant") == ("bureau:relevant 44", "bureau:relevant ?")
    assert Participants({}, (), lacking).unrouted("bureau:relevant") == ("bureau:relevant 44", "bureau:relevant ?")
    assert participants.unrouted("bureau:added") == ("bureau:added",)
    assert Participants({"miit": {"miit"}}).unrouted("miit") == ()

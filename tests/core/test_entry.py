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

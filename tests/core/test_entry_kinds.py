from cleannet.core import terms
from cleannet.core.entry_kinds import ENTRY_KINDS


def test_every_kind_is_made_by_known_roles_or_by_the_calendar_alone() -> None:
    for kind in ENTRY_KINDS.values():
        assert kind.by <= terms.ROLES.keys(), kind.key
    assert {key for key, kind in ENTRY_KINDS.items() if not kind.by} == {
        "month.began",
        "month.ended",
        "order.expired",
        "period.day",
    }


def test_a_key_says_what_it_is_about_and_what_was_done() -> None:
    assert all(len(key.split(".")) == 2 and key.islower() for key in ENTRY_KINDS)

from datetime import UTC, datetime, timedelta

import pytest
from tests.hub.world import NOW, World, viewer

from cleannet.hub.ledger import queries as ledger
from cleannet.hub.parties import contacts
from cleannet.hub.parties.actions import PartyRefused
from cleannet.hub.parties.contacts import Reached
from cleannet.hub.parties.queries import NoParty

pytestmark = pytest.mark.django_db
ALL = {
    "leader": Reached("张", "025-1"),
    "head": Reached("李", "025-2"),
    "contact": Reached("王", mail="w@op1.example"),
}


def owed(code: str) -> dict[str, datetime | None]:
    return {duty.rule: duty.due for duty in ledger.own_duties(viewer(code)) if duty.expects == "contact.reported"}


def test_contacts_are_named_reported_and_a_change_is_owed_within_three_working_days_of_the_day_it_changed() -> None:
    World().populate()
    op1 = viewer("op1")
    changed = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    contacts.change(viewer=op1, given=ALL, changed_at=changed, now=NOW)
    assert owed("op1") == {"17.contact": None, "17.change": datetime(2026, 11, 25, 16, 0, tzinfo=UTC)}
    assert contacts.report(viewer=op1, now=NOW + timedelta(minutes=1)) == 2
    assert owed("op1") == {}
    (entry, *_) = ledger.entries(viewer("miit"), kind="contact.reported")
    assert set(entry.recipients) == {"miit", "cncert"}
    contacts.change(viewer=op1, given={"contact": Reached("赵", "025-9")}, changed_at=NOW, now=NOW)
    assert contacts.contacts(viewer("miit"), "op1")["contact"].name == "赵"
    assert contacts.contacts(viewer("miit"), "op1")["leader"].name == "张"


def test_the_ledger_says_which_parts_changed_and_never_the_names() -> None:
    World().populate()
    entry = contacts.change(viewer=viewer("op1"), given=ALL, changed_at=NOW, now=NOW)
    assert entry.facts == {"parts": ["contact", "head", "leader"]}
    assert not [one for one in ("张", "025-1", "op1.example") if one.encode() in bytes(entry.body)]


def test_only_what_is_different_changes() -> None:
    World().populate()
    op1 = viewer("op1")
    contacts.change(viewer=op1, given=ALL, changed_at=NOW, now=NOW)
    duties = ledger.own_duties(op1).count()
    with pytest.raises(PartyRefused, match="nothing_changed"):
        contacts.change(viewer=op1, given={"leader": Reached(" 张 ", "025-1 ")}, changed_at=NOW, now=NOW)
    assert ledger.own_duties(op1).count() == duties
    entry = contacts.change(viewer=op1, given=ALL | {"head": Reached("李", "025-3")}, changed_at=NOW, now=NOW)
    assert entry.facts == {"parts": ["head"]}


def test_what_fits_is_kept_whole() -> None:
    World().populate()
    longest = Reached("张" * 100, "1" * 40, "m" * 200)
    contacts.change(viewer=viewer("op1"), given={"leader": longest}, changed_at=NOW, now=NOW)
    assert contacts.contacts(viewer("op1"), "op1")["leader"].mail == longest.mail


def test_who_sees_whose_contacts() -> None:
    World().populate()
    contacts.change(viewer=viewer("op1"), given=ALL, changed_at=NOW, now=NOW)
    seen = {code: len(contacts.contacts(viewer(code), "op1")) for code in ("op1", "miit", "cncert", "js", "zj")}
    assert seen == {"op1": 3, "miit": 3, "cncert": 3, "js": 3, "zj": 0}
    with pytest.raises(NoParty):
        contacts.contacts(viewer("op2"), "op1")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "no_such_contact"),
        ({"king": Reached("a", "1")}, "no_such_contact"),
        ({"leader": Reached("  ", "1")}, "contact_incomplete"),
        ({"leader": Reached("张")}, "contact_incomplete"),
        ({"leader": Reached("张" * 101, "1")}, "text_too_long"),
        ({"leader": Reached("张", "1" * 41)}, "text_too_long"),
        ({"leader": Reached("张", "1", "m" * 201)}, "text_too_long"),
    ],
)
def test_what_names_nobody_is_refused(given: dict[str, Reached], code: str) -> None:
    World().populate()
    with pytest.raises(PartyRefused, match=code):
        contacts.change(viewer=viewer("op1"), given=given, changed_at=NOW, now=NOW)


def test_nothing_is_reported_before_all_three_are_named_or_where_nothing_is_owed() -> None:
    World().populate()
    contacts.change(viewer=viewer("op1"), given={"leader": ALL["leader"]}, changed_at=NOW, now=NOW)
    with pytest.raises(PartyRefused, match="contact_incomplete"):
        contacts.report(viewer=viewer("op1"), now=NOW)
    contacts.change(viewer=viewer("op1"), given=ALL, changed_at=NOW, now=NOW)
    assert contacts.report(viewer=viewer("op1"), now=NOW) == 3
    with pytest.raises(PartyRefused, match="nothing_owed"):
        contacts.report(viewer=viewer("op1"), now=NOW)

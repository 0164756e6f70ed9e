from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cleannet.core.leads import leads
from cleannet.core.policy_file import shipped
from cleannet.hub.ledger.models import Duty, Entry


def test_a_duty_is_met_or_void_but_not_both(world: Any) -> None:
    entry = world.grade()
    with pytest.raises(IntegrityError), transaction.atomic():
        Duty.objects.update(met_by=entry, void_by=entry)


def test_a_key_is_unique_but_many_entries_have_none(world: Any) -> None:
    world.grade()
    entry = world.grade(key="k")
    assert Entry.objects.filter(key=None).count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.create(
            id="x", key="k", happened_at=world.now, entered_at=world.now, body=b"", digest=entry.digest
        )


def test_what_was_late_when_annulled_stays_late(world: Any) -> None:
    world.grade()
    world.grade(case="c-2")
    world.later(hours=1)
    world.enter("incident.annulled", "miit", "miit", refs={"case": "c-1"})
    world.later(hours=5)
    world.enter("incident.annulled", "miit", "miit", refs={"case": "c-2"})
    states = {duty.case: duty.state_at(world.now + timedelta(days=9)) for duty in Duty.objects.filter(owes="cmcc")}
    assert states == {"c-1": "void", "c-2": "void_late"}


def test_a_duty_without_a_limit_is_never_late(world: Any) -> None:
    world.grade()
    duty = Duty.objects.get(owes="cmcc")
    assert str(duty) == duty.key
    duty.due = None
    assert duty.state_at(world.now + timedelta(days=999)) == "open"


def test_rows_are_what_leads_are_drawn_from(world: Any) -> None:
    world.grade(facts={"figures": {"infected_24h": 100_001}})
    duties = Duty.objects.select_related("opened_by", "met_by", "void_by")
    assert leads([shipped()["mobile_malware_2011"]], duties, Entry.objects.all(), world.now) == ()
    (lead,) = leads([], duties, Entry.objects.all(), world.later(hours=3))
    assert (lead.kind, lead.party, lead.article, lead.case) == ("concealed", "cmcc", "十(二)", "c-1")


def test_an_entry_names_itself(world: Any) -> None:
    entry = world.grade()
    assert str(entry) == f"incident.graded {entry.pk}"

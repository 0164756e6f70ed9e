from datetime import UTC, datetime

import pytest
from django.test import Client
from pytest_django import Settings

from cleannet.hub import first_steps
from cleannet.hub.ledger import queries
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
MIIT = Viewer("miit", "miit")


@pytest.mark.django_db
def test_a_new_hub_gets_its_law_its_party_and_one_account_with_a_password_of_its_own() -> None:
    lines = list(first_steps.take(NOW))
    password = lines[-1].split("password: ")[1].split()[0]
    assert len(password) >= 20
    assert Client().login(username="admin", password=password)
    assert [law.id for law in parties.laws(now=NOW)] == [first_steps.LAW]
    assert [overlay.id for overlay in parties.overlays(now=NOW)] == [first_steps.HOUSE_RULE]
    assert sorted(entry.kind for entry in queries.entries(MIIT)) == [
        "party.registered",
        "policy.adopted",
        "policy.adopted",
    ]
    assert {duty.owes for duty in queries.open_duties(MIIT)} == {"cncert"}


@pytest.mark.django_db
def test_a_second_time_makes_nothing() -> None:
    list(first_steps.take(NOW))
    assert list(first_steps.take(NOW)) == []
    assert queries.entries(MIIT).count() == 3


@pytest.mark.django_db
def test_a_role_that_may_not_register_parties_is_told_so(settings: Settings) -> None:
    settings.CLEANNET_PARTY, settings.CLEANNET_ROLE = "cmcc", "operator"
    (line,) = first_steps.take(NOW)
    assert "“operator”" in line
    assert not queries.entries(MIIT).exists()

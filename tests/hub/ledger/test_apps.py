import pytest
from django.core import checks
from django.db import connection

from cleannet.hub.ledger import triggers


@pytest.mark.django_db
def test_the_triggers_are_checked_with_everything_else() -> None:
    assert not [message for message in checks.run_checks(databases=["default"]) if message.id == "ledger.E001"]
    triggers.remove(connection)
    found = [message for message in checks.run_checks(databases=["default"]) if message.id == "ledger.E001"]
    assert len(found) == len(triggers.expected(connection.vendor))

from datetime import timedelta

import pytest
from tests.hub.world import NOW

from cleannet.hub.incidents.first import First, told
from cleannet.hub.incidents.grading import IncidentRefused


@pytest.mark.parametrize("medium", ["fax", "paper", "system", ""])
def test_only_phone_and_mail_come_first(medium: str) -> None:
    with pytest.raises(IncidentRefused, match="not_a_first_notice"):
        First(medium, "x", NOW)


def test_what_is_told_first_is_entered_as_urgent_when_it_was_said() -> None:
    said = NOW - timedelta(minutes=5)
    assert told(First("phone", "急", said), NOW) == {
        "happened_at": said,
        "medium": "phone",
        "urgent": True,
        "text": "急",
    }
    assert told(None, NOW) == {"happened_at": NOW, "medium": "system", "urgent": False, "text": ""}

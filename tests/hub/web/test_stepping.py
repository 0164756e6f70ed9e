from datetime import UTC, datetime
from typing import cast

import pytest
from django.test import RequestFactory

from cleannet.core.policy_file import shipped
from cleannet.hub.incidents.first import First
from cleannet.hub.incidents.grading import IncidentRefused
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.web import stepping
from cleannet.hub.web.access import Asked

FORM = shipped()["mobile_malware_2011"].forms["annex5"]


def asked(**typed: str) -> Asked:
    request = cast(Asked, RequestFactory().post("/", typed))
    request.viewer = Viewer("op1", "operator")
    return request


def test_what_was_told_by_phone_is_read_and_nothing_where_nothing_was() -> None:
    assert stepping.first(asked()) is None
    told = stepping.first(asked(medium="phone", said="急", told_at="2026-11-22 10:00"))
    assert told == First("phone", "急", datetime(2026, 11, 22, 2, 0, tzinfo=UTC))
    with pytest.raises(IncidentRefused, match="not_a_first_notice"):
        stepping.first(asked(medium="fax", told_at="2026-11-22 10:00"))


def test_what_the_record_says_and_what_another_fills_in_are_no_changes() -> None:
    request = asked(**{"field-phone": "1", "field-task_number": "2", "field-verification": "3", "field-none": "4"})
    assert stepping.changes(request, FORM) == {"phone": "1", "verification": "3"}
    shown = stepping.fields(request, FORM, {"phone": "0", "task_number": "RW"})
    assert {"task_number", "verification"} <= shown["fixed"]  # type: ignore[operator]  # a set of keys
    assert shown["filled"].values["phone"] == "1"  # type: ignore[attr-defined]  # a filled form

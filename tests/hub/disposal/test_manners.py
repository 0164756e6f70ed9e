from datetime import timedelta

import pytest
from pytest_django import Settings
from tests.hub.world import NOW

from cleannet.hub.disposal import manners
from cleannet.hub.disposal.models import Asked

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("hospital.example", True),
        ("www.hospital.example", True),
        ("nothospital.example", False),
        ("example", False),
        ("198.51.100.7", True),
        ("198.51.101.7", False),
        ("2001:db8::7", True),
        ("203.0.113.9", True),
    ],
)
def test_whose_owner_asked_so_is_left_in_peace(settings: Settings, host: str, expected: bool) -> None:
    settings.CLEANNET_PROBE_OPT_OUT = ["Hospital.example.", "198.51.100.0/24", "2001:db8::/32", "203.0.113.9"]
    assert manners.opted_out(host) is expected
    assert ("asked not to be" in manners.Manners()(host)) is expected


def test_a_host_is_asked_once_in_a_time_by_whoever_comes_first(settings: Settings) -> None:
    settings.CLEANNET_PROBE_HOST_SECONDS = 60
    assert manners.claim("evil.example", now=NOW) is None
    assert manners.claim("evil.example", now=NOW + 59 * SECOND) == NOW + 60 * SECOND
    assert manners.claim("other.example", now=NOW) is None
    assert manners.claim("evil.example", now=NOW + 60 * SECOND) is None


def test_a_host_that_a_redirect_led_to_counts_as_asked(settings: Settings) -> None:
    settings.CLEANNET_PROBE_HOST_SECONDS = 60
    first = manners.manners("evil.example", now=NOW)
    assert [first("evil.example"), first("page.example")] == ["", ""]
    manners.note(first.asked, now=NOW)
    second = manners.manners("other.example", now=NOW + SECOND)
    assert "a moment ago" in second("page.example")
    assert manners.claim("page.example", now=NOW + SECOND) == NOW + 60 * SECOND
    assert manners.manners("page.example", now=NOW + SECOND)("page.example") == ""


def test_what_counts_no_more_is_forgotten() -> None:
    manners.note({"evil.example"}, now=NOW)
    manners.note({"other.example"}, now=NOW + timedelta(days=2))
    assert list(Asked.objects.values_list("host", flat=True)) == ["other.example"]

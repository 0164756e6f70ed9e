import pytest
from django.db import IntegrityError
from tests.hub.world import NOW

from cleannet.hub.papers.models import Counter, Paper

pytestmark = pytest.mark.django_db
ROW = {"number": "N", "form": "annex3", "recipients": [], "issued_at": NOW, "missing": [], "made_with": {}}


def test_a_version_of_a_paper_is_issued_once() -> None:
    Paper.objects.create(**ROW)
    with pytest.raises(IntegrityError):
        Paper.objects.create(**ROW)


def test_the_longest_number_of_the_longest_party_is_held() -> None:
    case, party = f"{'H' * 32}-2026-000001", "p" * 63
    for number in (f"RW-{case}-100-F10-{party}", f"{case}-{'f' * 32}-{party}"):
        assert Paper.objects.create(**ROW | {"number": number}).number == number
    Counter.objects.create(name=f"consultation:{party}:2026", last=1)


def test_rows_read_as_what_they_name() -> None:
    assert str(Paper(number="N", version=2)) == "N.2"
    assert str(Counter(name="case:2026")) == "case:2026"

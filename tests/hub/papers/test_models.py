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


def test_rows_read_as_what_they_name() -> None:
    assert str(Paper(number="N", version=2)) == "N.2"
    assert str(Counter(name="case:2026")) == "case:2026"

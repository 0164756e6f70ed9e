import pytest
from django.db import IntegrityError
from tests.hub.world import NOW, PROGRAM, World

from cleannet.hub.incidents.models import Annulment, Case, Grading, Inquiry, Notice

pytestmark = pytest.mark.django_db


def test_a_program_has_one_open_case() -> None:
    World().populate().tally("op1", 5, NOW)
    with pytest.raises(IntegrityError):
        Case.objects.create(number="another", program=PROGRAM, opened_at=NOW, laws={})


def test_rows_read_as_what_they_name() -> None:
    assert str(Case(number="C")) == "C"
    assert str(Grading(case_id="C", grade="II")) == "C II"
    assert str(Notice(number="N")) == "N"
    assert str(Annulment(case_id="C")) == "C"
    assert str(Inquiry(lead="2026-11-0")) == "2026-11-0"

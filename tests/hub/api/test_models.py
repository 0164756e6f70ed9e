import pytest
from django.db import IntegrityError
from tests.hub.world import NOW

from cleannet.hub.api.models import Answered


@pytest.mark.django_db
def test_a_key_of_a_party_is_answered_once() -> None:
    row = {"party": "op1", "key": "k", "request": "", "status": 200, "body": {}, "at": NOW}
    assert str(Answered.objects.create(**row)) == "k"
    Answered.objects.create(**{**row, "party": "op2"})
    with pytest.raises(IntegrityError):
        Answered.objects.create(**row)

import pytest
from django.db import IntegrityError
from tests.hub.world import LAW, NOW, World

from cleannet.hub.parties.models import Adoption, Delegation, Party, Person, Token

pytestmark = pytest.mark.django_db


def test_one_text_of_a_law_is_adopted_at_a_time() -> None:
    World().populate()
    with pytest.raises(IntegrityError):
        Adoption.objects.create(policy=LAW, digest="0", text="", adopted_at=NOW)


def test_a_delegation_stands_once() -> None:
    row = {"policy": LAW, "rule": "10.3.notice", "delegator": "miit", "delegate": "cncert", "recorded_at": NOW}
    Delegation.objects.create(**row, ended_at=NOW)
    Delegation.objects.create(**row)
    with pytest.raises(IntegrityError):
        Delegation.objects.create(**row)


def test_rows_read_as_what_they_name() -> None:
    assert str(Party(code="op1", zh="甲")) == "甲 (op1)"
    assert str(Person(code="p-1", name="李")) == "p-1"
    assert str(Token(label="edge")) == "edge"
    assert str(Adoption(policy=LAW)) == LAW
    assert str(Delegation(delegator="miit", delegate="cncert")) == "miit → cncert"

import pytest
from django.db import IntegrityError
from tests.hub.world import NOW, World

from cleannet.hub.programs.models import Indicator, Program, Release

pytestmark = pytest.mark.django_db


def test_an_indicator_stands_once_until_it_is_withdrawn() -> None:
    World().populate()
    known = Indicator.objects.first()
    assert known is not None
    again = Indicator(
        **{field.name: getattr(known, field.name) for field in Indicator._meta.fields if field.name != "id"}
    )
    with pytest.raises(IntegrityError):
        again.save()


def test_rows_read_as_what_they_name() -> None:
    assert str(Program(code="a.privacy.x.a", added_at=NOW)) == "a.privacy.x.a"
    assert str(Indicator(pattern="evil.example")) == "evil.example"
    assert str(Release(number=3)) == "3"

import pytest
from django.db import IntegrityError, transaction
from tests.hub.world import NOW

from cleannet.hub.disposal.models import Override, Route, RouteTable

pytestmark = pytest.mark.django_db


def table(*, current: bool) -> RouteTable:
    return RouteTable.objects.create(source="t", kind="domain", digest="d", rows=1, imported_at=NOW, current=current)


def override(*, over: bool) -> Override:
    return Override.objects.create(
        what="example.net",
        party="rr",
        reason="told",
        by="cncert",
        person="p",
        made_at=NOW,
        superseded_at=NOW if over else None,
    )


def test_one_table_of_a_source_and_one_word_on_a_name_count_now() -> None:
    for over in (True, True, False):
        table(current=not over)
        override(over=over)
    with pytest.raises(IntegrityError), transaction.atomic():
        table(current=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        override(over=False)


def test_the_rows_of_a_table_go_with_it_and_say_to_whom() -> None:
    row = Route.objects.create(table=table(current=True), what="example.net", key=b"n", party="rr", line=2)
    assert str(row) == "example.net → rr"
    row.table.delete()
    assert not Route.objects.exists()

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from cleannet.hub.blobs import actions
from cleannet.hub.blobs.models import Blob

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_the_database_keeps_a_content_once_per_kind() -> None:
    row = actions.put(b"x", kind="paper", now=NOW)
    assert str(row) == f"paper {row.ref[:12]}"
    with pytest.raises(IntegrityError), transaction.atomic():
        Blob.objects.create(ref="0" * 64, kind="paper", digest=row.digest, size=1, stored_at=NOW)
    Blob.objects.create(ref="0" * 64, kind="paper", digest=None, size=1, stored_at=NOW)
    Blob.objects.create(ref="1" * 64, kind="paper", digest=None, size=1, stored_at=NOW)

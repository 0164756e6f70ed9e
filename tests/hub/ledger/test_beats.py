from datetime import UTC, datetime, timedelta

import pytest

from cleannet.hub.ledger import beats, queries

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_the_last_round_of_a_lane_is_remembered() -> None:
    beats.note("seal", now=NOW - timedelta(hours=1), failure="RuntimeError: x")
    beats.note("seal", now=NOW, failure="")
    health = queries.health(now=NOW + timedelta(seconds=60))
    assert health.lanes == {"seal": timedelta(seconds=60)}
    assert health.alarms == []
    assert queries.health(now=NOW + timedelta(seconds=61)).alarms == ["The lane seal came round 61 s ago."]

from datetime import UTC, datetime, timedelta

import pytest

from cleannet.hub.ledger import beats, queries

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_the_last_round_of_a_lane_is_remembered() -> None:
    beats.note("seal", now=NOW - timedelta(hours=1), failure="RuntimeError")
    beats.note("seal", now=NOW, failure="")
    health = queries.health(now=NOW + timedelta(seconds=60))
    assert health.lanes == {"seal": timedelta(seconds=60)}
    assert health.alarms == []
    assert queries.health(now=NOW + timedelta(seconds=61)).alarms == ["The lane seal has not come round for 61 s."]


@pytest.mark.django_db
def test_a_lane_that_never_comes_round_is_an_alarm_after_a_while() -> None:
    beats.note("gone", now=NOW, failure="")
    beats.expect(["seal", "blobs"], now=NOW)
    beats.note("seal", now=NOW + timedelta(seconds=50), failure="")
    beats.expect(["seal", "blobs"], now=NOW + timedelta(seconds=50))
    assert queries.health(now=NOW + timedelta(seconds=60)).alarms == []
    late = queries.health(now=NOW + timedelta(seconds=61))
    assert late.alarms == ["The lane blobs has not come round for 61 s."]
    assert set(late.lanes) == {"seal", "blobs"}

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError
from django.test import Client
from tests.hub.world import World, viewer

from cleannet.hub.disposal import actions as disposal
from cleannet.hub.disposal import verification
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.jobs import tick
from cleannet.hub.jobs.lanes import Lane
from cleannet.hub.web import probes

pytestmark = pytest.mark.django_db


def test_a_process_that_answers_is_up() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "up"})


def test_a_hub_whose_tick_never_came_round_is_not_ready() -> None:
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["No lane of tick has come round yet."]


def test_a_hub_that_works_is_ready() -> None:
    assert tick.once() == 0
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (200, [])
    assert answer.json()["pending_migrations"] == 0
    assert set(answer.json()["lanes"]) >= {"seal", "deliveries"}


def test_why_a_lane_failed_is_for_the_log_and_not_for_everybody() -> None:
    def fail(_now: datetime) -> int:
        raise OSError("/var/lib/cleannet/blobs on db.example is full")

    tick.once([Lane("blobs", 1, fail)])
    answer = Client().get("/readyz")
    assert answer.json()["reasons"] == ["The lane blobs failed: OSError; the log says more."]
    assert "example" not in answer.content.decode()


def test_an_order_that_does_not_reach_the_network_is_an_alarm(world: World, case: str) -> None:
    tick.once()
    long_ago = datetime.now(UTC) - timedelta(minutes=20)
    wanted = [Wanted("op1", "control", "c2.evil-emial.example.com")]
    disposal.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=long_ago)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert [reason for reason in answer.json()["reasons"] if "A delivery has been waiting for 1" in reason]


def test_a_look_that_nobody_takes_is_an_alarm(world: World, case: str) -> None:
    tick.once()
    long_ago = datetime.now(UTC) - timedelta(minutes=40)
    wanted = [Wanted("op1", "control", "c2.evil-emial.example.com")]
    made = disposal.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=long_ago)
    verification.ask(made, now=long_ago)
    answer = Client().get("/readyz").json()
    assert [reason for reason in answer["reasons"] if reason.startswith("A look has been waiting for 2")]
    assert answer["oldest_look"] >= 40 * 60


def test_a_database_that_is_away_is_said_without_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*, now: datetime) -> None:
        raise DatabaseError("password=secret host=db.example")

    monkeypatch.setattr(probes.ledger, "health", away)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["The database cannot be used: DatabaseError."]

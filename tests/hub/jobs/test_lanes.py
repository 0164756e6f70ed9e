from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import Settings
from tests.hub.disposal.registries import web
from tests.hub.world import NOW as WORLD_NOW
from tests.hub.world import World, viewer

from cleannet.hub.api import claims
from cleannet.hub.blobs import actions as blobs
from cleannet.hub.blobs import store
from cleannet.hub.disposal import routing
from cleannet.hub.jobs import lanes
from cleannet.hub.ledger import queries
from cleannet.hub.ledger.viewer import Viewer

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_an_idle_hub_has_nothing_to_do() -> None:
    assert [lane.work(NOW) for lane in lanes.LANES] == [0] * len(lanes.LANES)


@pytest.mark.django_db
def test_registries_are_asked_by_a_lane(settings: Settings) -> None:
    (number,) = World().populate().tally("op1", 5, WORLD_NOW).cases
    with web() as server:
        settings.CLEANNET_RDAP = server.serve_suffixes("com", "net")
        server.register("example.com")
        while lanes.look_up(WORLD_NOW):
            pass
    centre = viewer("cncert")
    found = {one.resource.host: [to.why for to in one.proposals] for one in routing.routes(centre, number, now=NOW)}
    assert found["c2.evil-emial.example.com"] == ["abroad", "infected"]


@pytest.mark.django_db
def test_no_month_begins_before_a_law_is_adopted() -> None:
    assert lanes.turn_calendar(NOW) == 0
    assert not queries.entries(Viewer("miit", "miit")).exists()


@pytest.mark.django_db
def test_answers_of_the_api_are_forgotten() -> None:
    claims.claim(party="op1", key="k", request="asked", now=NOW)
    assert lanes.forget_answers(NOW + claims.KEPT) == 0
    assert lanes.forget_answers(NOW + claims.KEPT * 2) == 1


@pytest.mark.django_db
def test_files_of_erased_blobs_are_swept(data_folder: Path) -> None:
    row = blobs.put(b"x", kind="paper", now=NOW, keep_until=NOW)
    blobs.erase(ref=row.ref, now=NOW)
    assert store.Files(data_folder).refs() == {row.ref}
    assert lanes.sweep_blobs(NOW) == 1
    assert lanes.sweep_blobs(NOW) == 0

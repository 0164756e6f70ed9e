"""A client per party, with a token of every right the party's role may hold, and a clock that stands still."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from tests.hub.world import NOW, PARTIES, World

from cleannet.hub.parties import actions as parties
from cleannet.hub.parties.rights import HELD_BY


class Machine:
    """Call the API as a program of one party."""

    def __init__(self, token: str) -> None:
        self._client = Client(headers={"authorization": f"Bearer {token}"})

    def get(self, path: str, **query: Any) -> Any:
        return self._client.get(f"/api/v1{path}", query)

    def post(self, path: str, body: Any = None, key: str = "") -> Any:
        headers = {"idempotency-key": key} if key else {}
        if isinstance(body, bytes):
            return self._client.post(f"/api/v1{path}", body, content_type="application/json", headers=headers)
        return self._client.post(f"/api/v1{path}", body or {}, content_type="application/json", headers=headers)

    def put(self, path: str, body: Any) -> Any:
        return self._client.put(f"/api/v1{path}", body, content_type="application/json")


@pytest.fixture(autouse=True)
def standing_clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def world(db: None) -> World:
    return World().populate()


@pytest.fixture
def machines(world: World) -> dict[str, Machine]:
    found = {}
    for code, (_, role, _, _) in PARTIES.items():
        held = HELD_BY.get(role, frozenset())
        found[code] = Machine(parties.make_token(party=code, label="test", held=held, now=NOW))
    return found


@pytest.fixture
def people(world: World) -> tuple[Machine, Machine]:
    """Return two people of CNCERT that call the API with tokens of their own."""

    def person(name: str) -> Machine:
        held = HELD_BY["cncert"]
        made = parties.add_person(
            party="cncert", username=name, password="an odd long one 3", name=name, held=held, now=NOW
        )
        token = parties.make_token(party="cncert", label=name, held=held, now=NOW, person=made.code)
        return Machine(token)

    return person("one"), person("two")


def issue(people: tuple[Machine, Machine], case: str, **body: Any) -> list[dict[str, Any]]:
    """Draft orders over the API as one person and issue them as the other."""
    drafted = people[0].post(f"/cases/{case}/orders", body)
    assert drafted.status_code == 201, drafted.content
    made = people[1].post(f"/batches/{drafted.json()['number']}/confirm")
    assert made.status_code == 201, made.content
    return list(made.json())

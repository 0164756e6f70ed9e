"""A populated world, its people, and a case on which an operator has something to report."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from tests.hub.world import CENTRE, LAW, World

from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties import queries
from cleannet.hub.parties.rights import HELD_BY

ClientOf = Callable[..., Client]
PASSWORD = "a long word of the test 7"
MORE = {"reg": "registry", "acc": "access", "idc": "idc", "pol": "police"}


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def world(db: None, now: datetime) -> World:
    """Register everybody; MIIT lets CNCERT notify."""
    made = World().populate()
    miit = Actor("miit", "miit", "p-miit")
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=miit, now=now - timedelta(days=1))
    return made


@pytest.fixture
def everyone(world: World, now: datetime) -> World:
    """Register a party of every other role that may hold a right, too."""
    for code, role in MORE.items():
        parties.register(code=code, zh=code, en=code, role=role, actor=CENTRE, now=now)
    return world


@pytest.fixture
def client_of(db: None, now: datetime) -> ClientOf:
    """Return a function from a party to a browser of a person of it, signed in, in English."""

    def sign_in(party: str, username: str = "", **options: bool) -> Client:
        name = username or party
        users = get_user_model()
        user = users.objects.filter(username=name).first()
        if user is None:
            role = queries.party(party).role
            held = HELD_BY.get(role, frozenset())
            user = parties.add_person(party=party, username=name, password=PASSWORD, name=name, held=held, now=now).user
        client = Client(headers={"accept-language": "en"}, **options)  # type: ignore[arg-type]  # enforce_csrf_checks
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def case(world: World, now: datetime) -> str:
    """Return a case graded significant for op1 and for CNCERT."""
    (number,) = world.tally("op1", 10_001, now - timedelta(hours=1)).cases
    return number

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from pytest_django import Settings
from tests.hub.disposal.conftest import HOST, fed
from tests.hub.world import NOW, World, viewer

from cleannet.formats import envelope, looks
from cleannet.formats.looks import Look, LookResult
from cleannet.hub.disposal import actions, inside, queries, verification
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.queries import Order
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions as parties
from cleannet.hub.watch import actions as watch
from cleannet.hub.watch.actions import MessageRefused

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
AT = NOW + 4 * MINUTE
SEEN = (Look("resolver", "own", "gone", {"answers": [{"name": HOST, "said": "NXDOMAIN"}]}),)


@pytest.fixture
def world(db: None, settings: Settings) -> World:
    """Return the world with an order of op1 that was fed back on and is looked at."""
    world = World().populate()
    (number,) = world.tally("op1", 10_001, NOW).cases
    actor = Actor("miit", "miit", "p")
    parties.delegate(policy="mobile_malware_2011", rule="10.3.notice", delegate="cncert", actor=actor, now=NOW)
    wanted = [Wanted("op1", "control", HOST)]
    (order,) = actions.issue(viewer=viewer("cncert"), case=number, wanted=wanted, now=NOW + MINUTE)
    fed(order)
    settings.CLEANNET_DNS_RESOLVERS = "甲=127.0.0.1:1"
    verification.look(viewer=viewer("cncert"), case=number, now=AT)
    return world


def asked(at: datetime = AT) -> looks.LookRequest:
    """Return the one request that waits for op1's edge, verified as the edge would."""
    (message,) = inside.requests(viewer("op1"), edge="edge-op1", now=at)
    key = Keyring(settings.CLEANNET_DATA).signer().public_key()
    return looks.read_request(envelope.verify(message, {envelope.key_id(key): key}, looks.REQUEST).payload)


def said(
    world: World,
    id: str,
    *,
    edge: str = "edge-op1",
    party: str = "op1",
    at: datetime = AT,
    seen: Sequence[Look] = SEEN,
) -> bytes:
    key = world.keys["op1"]
    result = LookResult(id, edge, party, at, seen)
    return envelope.sign(result.write(), key, envelope.key_id(key.public_key()), looks.RESULT)


def test_an_edge_is_asked_and_what_it_saw_goes_with_the_hubs_own_looks(world: World) -> None:
    request = asked()
    assert (request.edge, request.party, request.reach, request.target) == ("edge-op1", "op1", "name", HOST)
    for _ in range(2):
        inside.receive(data=said(world, request.id), viewer=viewer("op1"), now=AT + MINUTE)
    (seen,) = queries.sightings(Order.objects.get())
    assert (seen.kind, seen.vantage, seen.decides, seen.verdict) == ("inside", "edge-op1 own", False, "gone")
    assert seen.evidence["look"] == "resolver"
    assert queries.verdict(Order.objects.get(), since=NOW) == "unknown"
    assert inside.requests(viewer("op1"), edge="edge-op1", now=AT + MINUTE) == []


def test_what_waits_is_not_asked_twice_and_what_is_over_is_asked_anew(world: World) -> None:
    first = asked()
    case = Order.objects.get().case
    verification.look(viewer=viewer("cncert"), case=case, now=AT + MINUTE)
    assert asked(AT + MINUTE).id == first.id
    later = AT + inside.VALID
    assert inside.requests(viewer("op1"), edge="edge-op1", now=later) == []
    inside.ask([Order.objects.get()], now=later)
    assert asked(later).id != first.id
    with pytest.raises(MessageRefused, match="request_over"):
        inside.receive(data=said(world, first.id, at=later), viewer=viewer("op1"), now=later)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": "nothing"}, "not_asked"),
        ({"edge": "edge-op2"}, "not_yours"),
        ({"party": "op2"}, "not_yours"),
        ({"at": AT + timedelta(hours=1)}, "clock_ahead"),
    ],
)
def test_what_was_not_asked_of_this_edge_is_refused(world: World, change: dict[str, Any], code: str) -> None:
    given = {"id": asked().id} | change
    with pytest.raises(MessageRefused, match=code):
        inside.receive(data=said(world, **given), viewer=viewer("op1"), now=AT)
    assert queries.sightings(Order.objects.get()) == []


def test_another_partys_token_or_key_and_a_revoked_edge_are_refused(world: World) -> None:
    id = asked().id
    with pytest.raises(MessageRefused, match="unknown_edge"):
        inside.requests(viewer("op2"), edge="edge-op1", now=AT)
    with pytest.raises(MessageRefused, match="unknown_edge"):
        inside.receive(data=said(world, id), viewer=viewer("op2"), now=AT)
    data = said(world, id)
    with pytest.raises(MessageRefused, match="unsigned"):
        inside.receive(data=data.replace(b"NXDOMAIN", b"SERVFAIL"), viewer=viewer("op1"), now=AT)
    watch.revoke(edge="edge-op1", now=AT)
    with pytest.raises(MessageRefused, match="revoked"):
        inside.receive(data=data, viewer=viewer("op1"), now=AT)
    with pytest.raises(MessageRefused, match="unknown_edge"):
        inside.requests(viewer("op1"), edge="edge-op1", now=AT)


def test_whose_owner_asked_not_to_be_looked_at_is_not_handed_on(world: World, settings: Settings) -> None:
    settings.CLEANNET_PROBE_OPT_OUT = [HOST]
    later = AT + inside.VALID
    inside.ask([Order.objects.get()], now=later)
    assert inside.requests(viewer("op1"), edge="edge-op1", now=later) == []


def test_no_word_of_the_edge_stands_for_the_hubs_own(world: World) -> None:
    evidence = {"why": "a", "edge": "edge-op2", "look": "authority", "answers": 5}
    data = said(world, asked().id, seen=[Look("http", "x", "unknown", evidence)])
    inside.receive(data=data, viewer=viewer("op1"), now=AT)
    (seen,) = queries.sightings(Order.objects.get())
    assert seen.vantage == "edge-op1 x"
    assert (seen.evidence["why"], seen.evidence["edge"], seen.evidence["look"]) == ("a", "edge-op1", "http")


def test_what_is_not_looked_at_any_more_is_not_asked(world: World) -> None:
    Order.objects.update(status="reissued")
    assert inside.requests(viewer("op1"), edge="edge-op1", now=AT) == []

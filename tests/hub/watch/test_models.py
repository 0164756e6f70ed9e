import pytest
from django.db import IntegrityError
from tests.hub.world import NOW, World

from cleannet.hub.watch.models import Edge, Heartbeat, Key, Message, Reading

pytestmark = pytest.mark.django_db


def test_a_number_of_an_edge_is_used_once() -> None:
    world = World().populate()
    world.tally("op1", 5, NOW)
    with pytest.raises(IntegrityError):
        Message.objects.create(
            edge_id="edge-op1", sequence=1, digest="", batch="", revision=1, received_at=NOW, envelope=b""
        )


def test_rows_read_as_what_they_name() -> None:
    assert str(Edge(id="e")) == "e"
    assert str(Key(edge_id="e", number=2)) == "e 2"
    assert str(Message(edge_id="e", sequence=4)) == "e 4"
    assert str(Reading(edge_id="e", program="p")) == "p e"
    assert str(Heartbeat(edge_id="e")) == "e"

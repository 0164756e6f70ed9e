from datetime import timedelta

import pytest
from tests.hub.disposal.conftest import HOST
from tests.hub.world import NOW, viewer

from cleannet.hub.disposal import feed
from cleannet.hub.disposal.models import Fetch
from cleannet.hub.disposal.queries import Order

pytestmark = pytest.mark.django_db


def test_a_group_does_not_pull_what_its_branch_is_ordered(order: Order) -> None:
    assert HOST in feed.feed(viewer("op1"), "plain").body.decode()
    assert feed.feed(viewer("cncert"), "plain").body == b""


def test_who_asks_every_second_is_noted_every_minute_and_at_every_revision(order: Order) -> None:
    for seconds, revision in ((0, 1), (1, 1), (2, 2), (3, 2), (62, 2)):
        feed.fetched(viewer("op1"), revision, now=NOW + timedelta(seconds=seconds))
        row = Fetch.objects.get()
        noted = {0: 0, 1: 0, 2: 2, 3: 2, 62: 62}[seconds]
        assert (row.revision, row.fetched_at) == (revision, NOW + timedelta(seconds=noted))

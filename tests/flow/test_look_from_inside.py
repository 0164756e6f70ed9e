"""A look from inside an operator: the hub asks, the edge polls, looks and answers, and decides nothing."""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest
from django.conf import settings as hub_settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from pytest_django import Settings
from tests.hub.world import LAW, World, viewer
from tests.probe.servers import naming

from cleannet.core.indicator import Indicator, parse
from cleannet.edge import commands
from cleannet.edge import hub as way
from cleannet.edge.state import State
from cleannet.formats import envelope, release
from cleannet.hub.disposal import actions as disposal
from cleannet.hub.disposal import feedback, queries, verification
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.feedback import Done
from cleannet.hub.jobs import lanes
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions as parties
from cleannet.hub.watch import actions as watch
from cleannet.hub.wsgi import application

pytestmark = pytest.mark.django_db
HOST = "c2.evil-emial.example.com"


@pytest.fixture(autouse=True)
def one_connection(db: None) -> Iterator[None]:
    """Let the hub's application, which runs in this process, keep the connection of the test open between requests."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def edge(state: Path, *arguments: object) -> int:
    parser = argparse.ArgumentParser()
    commands.register(parser.add_subparsers())
    options = parser.parse_args(["edge", *map(str, arguments), "--state", str(state)])
    status: int = options.run(options)
    return status


def test_the_edge_answers_the_hub_and_the_hub_still_decides_by_its_own_looks(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    world = World().populate()
    miit = Actor("miit", "miit", "p")
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=miit, now=now - timedelta(days=1))
    (case,) = world.tally("op1", 10_001, now - timedelta(minutes=9)).cases
    wanted = [Wanted("op1", "control", HOST)]
    (order,) = disposal.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=now - timedelta(minutes=8))
    when = {"disposed_at": now - timedelta(minutes=7), "now": now - timedelta(minutes=6)}
    feedback.feed_back(
        viewer=viewer("op1"), notice=order.notice, items=[Done(order.number, True)], users_told=1, **when
    )

    state, token = tmp_path / "edge", tmp_path / "token"
    token.write_text(parties.make_token(party="op1", label="edge", held={"submit"}, now=now))
    token.chmod(0o600)
    pinned = tmp_path / "hub.pub"
    keys = Keyring(hub_settings.CLEANNET_DATA).verifiers().values()
    pinned.write_text("".join(f"{envelope.write_public(key)}\n" for key in keys))
    assert edge(state, "enrol", "--edge", "edge-js", "--party", "op1", "--hub-key", pinned) == 0
    listed = (Indicator(parse(HOST), "Evil", "control", "infected", "x"),)
    times = (now - timedelta(hours=1), now + timedelta(days=9))
    signer = Keyring(hub_settings.CLEANNET_DATA).signer()
    content = release.Release(1, "CNCERT", "operators", *times, "name", listed)
    State(state).take_release(release.sign(content, signer, envelope.key_id(signer.public_key())), now)
    watch.enrol(edge="edge-js", party="op1", province="32", public_key=State(state).public_key(), now=now)
    monkeypatch.setattr(way.httpx, "Client", partial(httpx.Client, transport=httpx.WSGITransport(app=application)))

    with naming({}) as blocking, naming({HOST: "198.51.100.7"}) as open_still:
        settings.CLEANNET_DNS_RESOLVERS = f"op1/甲=127.0.0.1:{open_still.port}"
        verification.look(viewer=viewer("cncert"), case=case, now=now)
        while lanes.probe(now):
            pass
        asked = ["--hub", "http://127.0.0.1", "--token-file", token, "--resolver", f"own=127.0.0.1:{blocking.port}"]
        assert edge(state, "probe", *asked) == 0
        assert f"{order.number}: resolver own gone" in capsys.readouterr().out
        assert edge(state, "probe", *asked) == 0
        assert "Requests answered: 0." in capsys.readouterr().out
    seen = {(one.kind, one.vantage): (one.verdict, one.decides) for one in queries.sightings(order)}
    assert seen == {("resolver", "甲"): ("still_there", True), ("inside", "edge-js own"): ("gone", False)}
    assert queries.verdict(order, since=when["now"]) == "still_there"

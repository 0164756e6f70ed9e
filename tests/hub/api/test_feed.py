import csv
import importlib.util
import io
import json
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from django.conf import settings
from django.test import Client
from tests.hub.api.conftest import Machine
from tests.hub.disposal.conftest import HOST
from tests.hub.world import LAW, NOW, World, viewer

from cleannet.formats import envelope
from cleannet.hub.disposal import actions, life
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.models import Fetch
from cleannet.hub.disposal.queries import Order
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions as parties

Machines = dict[str, Machine]
OTHER = "dl.evil-emial.example.net"
DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture
def orders(world: World) -> list[Order]:
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p"), now=NOW)
    (case,) = world.tally("op1", 60_000, NOW).cases
    wanted = [Wanted("op1", "control", HOST), Wanted("op1", "distribution", OTHER), Wanted("rr", "control", HOST)]
    until = NOW + timedelta(days=1)
    return actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW, until=until)


def withdraw(order: Order) -> None:
    life.withdraw(viewer=viewer("cncert"), orders=[order.number], reason="误报", now=NOW)


def payload(answer: object) -> dict[str, object]:
    keys = Keyring(settings.CLEANNET_DATA).verifiers()
    content: bytes = answer.content  # type: ignore[attr-defined]  # a response of either client
    found: dict[str, object] = json.loads(envelope.verify(content, keys, "feed").payload)
    return found


def test_a_party_pulls_its_own_standing_orders_signed(machines: Machines, orders: list[Order]) -> None:
    answer = machines["op1"].get("/feed")
    given = payload(answer)
    assert (given["schema"], given["party"], given["revision"]) == (1, "op1", orders[0].enters)
    listed: list[dict[str, str]] = given["orders"]  # type: ignore[assignment]  # as the schema says
    assert [(one["target"], one["reach"], one["kind"]) for one in listed] == [
        (HOST, "name", "control"),
        (OTHER, "name", "distribution"),
    ]
    assert {one["until"] for one in listed} == {"2026-11-23T02:00:00Z"}
    assert payload(machines["op2"].get("/feed"))["orders"] == []
    assert machines["op1"].get("/feed").content == answer.content


def test_what_is_withdrawn_leaves_the_feed_under_a_higher_revision(machines: Machines, orders: list[Order]) -> None:
    before = machines["op1"].get("/feed")
    withdraw(orders[0])
    after = machines["op1"].get("/feed")
    assert payload(after)["revision"] > payload(before)["revision"]  # type: ignore[operator]  # numbers
    assert HOST not in str(payload(after)["orders"])
    assert after["ETag"] != before["ETag"]


@pytest.mark.parametrize("form", ["json", "csv", "plain"])
def test_who_has_it_already_is_told_so(machines: Machines, orders: list[Order], form: str) -> None:
    tag = machines["op1"].get("/feed", format=form)["ETag"]
    client = machines["op1"]._client
    for given, status in ((tag, 304), (f"W/{tag}", 304), (f'"x", {tag}', 304), ('"x"', 200), ("*", 304)):
        answer = client.get("/api/v1/feed", {"format": form}, headers={"if-none-match": given})
        assert (answer.status_code, answer["ETag"]) == (status, tag)
        assert bool(answer.content) is (status == 200)
    withdraw(orders[0])
    answer = client.get("/api/v1/feed", {"format": form}, headers={"if-none-match": tag})
    assert answer.status_code == 200


@pytest.mark.parametrize("form", ["csv", "plain"])
def test_text_is_signed_beside_it(machines: Machines, orders: list[Order], form: str) -> None:
    answer = machines["op1"].get("/feed", format=form)
    made = envelope.join(answer.content, answer["CleanNet-Key"], "feed", answer["CleanNet-Signature"])
    assert envelope.verify(made, Keyring(settings.CLEANNET_DATA).verifiers(), "feed").payload == answer.content
    text = answer.content.decode()
    if form == "plain":
        assert text == f"{HOST}\n{OTHER}\n"
    else:
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        assert [row["target"] for row in rows] == [HOST, OTHER]
        assert rows[0]["number"] == orders[0].number


def test_another_format_is_refused(machines: Machines, orders: list[Order]) -> None:
    assert machines["op1"].get("/feed", format="xml").status_code == 422


def test_it_is_remembered_what_was_fetched(machines: Machines, orders: list[Order]) -> None:
    machines["op1"].get("/feed")
    row = Fetch.objects.get()
    assert (row.party, row.revision, row.fetched_at) == ("op1", orders[0].enters, NOW)


def by_the_hub(request: httpx.Request) -> httpx.Response:
    """Let the hub itself answer, in the transaction of the test."""
    headers = {name: request.headers[name] for name in ("authorization", "if-none-match")}
    answer = Client(headers=headers).get(request.url.raw_path.decode())
    return httpx.Response(answer.status_code, headers=dict(answer.items()), content=answer.content)


@pytest.fixture
def adapter() -> ModuleType:
    spec = importlib.util.spec_from_file_location("adapter", DOCS / "adapter.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_adapter_of_the_docs_brings_a_platform_up_to_what_stands(
    adapter: ModuleType, machines: Machines, orders: list[Order], tmp_path: Path
) -> None:
    token = parties.make_token(party="op1", label="platform", held=["read"], now=NOW)
    public = envelope.write_public(Keyring(settings.CLEANNET_DATA).signer().public_key())
    target, kept = tmp_path / "orders.txt", tmp_path / "kept"
    platform = adapter.Platform(target)
    transport = httpx.MockTransport(by_the_hub)
    head = {"Authorization": f"Bearer {token}"}
    with httpx.Client(transport=transport, base_url="http://testserver", headers=head) as hub:
        assert adapter.pull(hub, public, platform, kept)
        assert target.read_text() == f"{HOST}\n{OTHER}\n"
        assert not adapter.pull(hub, public, platform, kept)
        withdraw(orders[0])
        assert adapter.pull(hub, public, platform, kept)
        assert target.read_text() == f"{OTHER}\n"
        kept.write_text(json.dumps({"revision": 99, "etag": ""}))
        with pytest.raises(SystemExit, match="older than 99"):
            adapter.pull(hub, public, platform, kept)
        kept.unlink()
        stranger = envelope.write_public(envelope.new_key().public_key())
        with pytest.raises(envelope.BadEnvelope):
            adapter.pull(hub, stranger, platform, kept)
    assert target.read_text() == f"{OTHER}\n"

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.probe.servers import HOST, listening, naming, page

from cleannet.core.indicator import Indicator, parse
from cleannet.edge import looking
from cleannet.edge.state import State
from cleannet.formats import envelope, looks, release
from cleannet.formats.looks import LookRequest, LookResult

Edge = Callable[..., int]
Answering = Callable[..., tuple[int, list[LookResult]]]


def request(reach: str = "name", target: str = HOST, id: str = "a1") -> LookRequest:
    now = datetime.now(UTC)
    return LookRequest(id, "edge-1", "op1", "RW-1-01", reach, target, now, now + timedelta(hours=1))


@pytest.fixture
def answering(
    edge: Edge, hub: Any, written: Callable[[str, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Answering:
    """Return a function that lets the edge answer a request of the hub; it gives the exit status and what was sent."""
    (written("token", "t")).chmod(0o600)
    assert edge("enrol", "--edge", "edge-1", "--party", "op1", "--hub-key", written("hub.pub", hub.keys)) == 0
    now = datetime.now(UTC)
    listed = tuple(Indicator(parse(text), "Evil", "control", "infected", "x") for text in (HOST, "198.51.100.7"))
    times = (now - timedelta(hours=1), now + timedelta(days=9))
    content = release.Release(1, "CNCERT", "operators", *times, "name", listed)
    State(tmp_path / "state").take_release(release.sign(content, hub.key, envelope.key_id(hub.key.public_key())), now)
    way = ["--hub", hub.url, "--token-file", tmp_path / "token"]
    respond = hub.respond

    def run(asked: LookRequest, *options: object, key: Any = None) -> tuple[int, list[LookResult]]:
        key = key or hub.key
        message = envelope.sign(asked.write(), key, envelope.key_id(key.public_key()), looks.REQUEST)

        def responding(path: str, body: bytes) -> tuple[int, bytes]:
            if path == "/api/v1/looks?edge=edge-1":
                return 200, json.dumps({"requests": [message.decode()]}).encode()
            return (200, b"{}") if path == "/api/v1/seen" else respond(path, body)

        monkeypatch.setattr(hub, "respond", responding)
        status = edge("probe", *way, *options)
        own = State(tmp_path / "state").key().public_key()
        sent = [body for _, path, _, body in hub.requests if path == "/api/v1/seen"]
        keys = {envelope.key_id(own): own}
        return status, [looks.read_result(envelope.verify(one, keys, looks.RESULT).payload) for one in sent]

    return run


@pytest.mark.parametrize(("address", "verdict"), [("", "gone"), ("198.51.100.7", "still_there")])
def test_a_name_is_asked_of_the_operators_own_resolvers(
    answering: Answering, capsys: pytest.CaptureFixture[str], address: str, verdict: str
) -> None:
    with naming({HOST: address} if address else {}) as server:
        status, (result,) = answering(request(), "--resolver", f"own=127.0.0.1:{server.port}")
    assert status == 0
    assert (result.id, result.edge, result.party) == ("a1", "edge-1", "op1")
    assert [(one.kind, one.vantage, one.verdict) for one in result.looks] == [("resolver", "own", verdict)]
    assert f"RW-1-01: resolver own {verdict}" in capsys.readouterr().out


def test_a_url_is_asked_for_through_the_egress_once_in_a_time(
    answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    with naming({HOST: "127.0.0.1"}) as server, listening(page(404)) as port:
        way = ["--resolver", f"own=127.0.0.1:{server.port}", "--egress", "127.0.0.9", "--contact", "noc@op1.example"]
        _, (refused,) = answering(request("url", f"{HOST}:{port}/x"), *way)
        again = request("url", f"{HOST}:{port}/x", "a2")
        assert answering(again, *way, "--closed-network", "127.0.0.0/8")[1] == [refused]
        monkeypatch.setattr(looking, "HOST_REST", timedelta())
        _, (_, seen) = answering(again, *way, "--closed-network", "127.0.0.0/8")
    assert [(one.kind, one.verdict) for one in refused.looks] == [("http", "unknown")]
    assert "points to a private address" in str(refused.looks[0].evidence)
    assert [(one.kind, one.verdict) for one in seen.looks] == [("http", "gone")]
    assert "(+noc@op1.example)" in str(seen.looks[0].evidence["agent"])


@pytest.mark.parametrize(
    ("reach", "target", "option"),
    [("name", HOST, "--resolver"), ("address", "198.51.100.7:80", "--egress"), ("url", f"{HOST}/x", "--egress")],
)
def test_what_is_not_set_at_the_edge_is_unknown_and_says_so(
    answering: Answering, reach: str, target: str, option: str
) -> None:
    _, (result,) = answering(request(reach, target))
    (one,) = result.looks
    assert one.verdict == "unknown"
    assert option in str(one.evidence["why"])


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"edge": "edge-2"}, "not for this one"),
        ({"party": "op2"}, "not for this one"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "was over"),
        ({"asked_at": datetime.now(UTC) - timedelta(hours=25)}, "longer than a day"),
    ],
)
def test_a_request_for_another_or_too_late_is_not_looked_at(
    answering: Answering, capsys: pytest.CaptureFixture[str], change: dict[str, Any], word: str
) -> None:
    status, sent = answering(replace(request(), **change))
    assert (status, sent) == (1, [])
    assert word in capsys.readouterr().err


def test_a_request_that_the_hubs_pinned_key_did_not_sign_is_not_looked_at(
    answering: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    status, sent = answering(request(), key=envelope.new_key())
    assert (status, sent) == (1, [])
    assert "not the hub's" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("reach", "target"),
    [("name", "intranet.example"), ("address", "203.0.113.1:22"), ("url", "intranet.example/x"), ("name", "example")],
)
def test_what_its_own_release_does_not_name_is_not_looked_at(answering: Answering, reach: str, target: str) -> None:
    with naming({}) as server:
        status, (result,) = answering(request(reach, target), "--resolver", f"own=127.0.0.1:{server.port}")
    (one,) = result.looks
    assert (status, one.verdict) == (0, "unknown")
    assert "does not name it" in str(one.evidence["why"])


def test_a_request_is_answered_once(answering: Answering, capsys: pytest.CaptureFixture[str]) -> None:
    with naming({}) as server:
        own = ["--resolver", f"own=127.0.0.1:{server.port}"]
        assert len(answering(request(), *own)[1]) == 1
        status, sent = answering(request(), *own)
    assert (status, len(sent)) == (1, 1)
    assert "was answered before" in capsys.readouterr().err


def test_whose_owner_asked_so_is_not_connected_to_after_a_redirect_either(answering: Answering) -> None:
    with naming({HOST: "127.0.0.1", "www.hospital.example": "127.0.0.1"}) as server:
        moved = page(302, Location="http://www.hospital.example/")
        with listening(moved) as port:
            way = ["--resolver", f"own=127.0.0.1:{server.port}", "--egress", "default", "--contact", "noc@op1.example"]
            closed = ["--closed-network", "127.0.0.0/8", "--opt-out", "hospital.example"]
            _, (result,) = answering(request("url", f"{HOST}:{port}/x"), *way, *closed)
    assert "its owner asked not to be looked at" in str(result.looks[0].evidence)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("at 10.0.0.53:53, and", "at a private address:53, and"),
        ("fd00::1 and ::1", "a private address and a private address"),
        ("8.8.8.8 at 12:34:56 of 1.2.3", "8.8.8.8 at 12:34:56 of 1.2.3"),
    ],
)
def test_the_operators_own_addresses_are_not_told(said: str, expected: str) -> None:
    assert looking._veiled({"a": [said]}) == {"a": [expected]}


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--resolver", "ns.example"], "is no server"),
        (["--egress", "eth0", "--contact", "a"], "is no egress"),
        (["--egress", "default"], "--contact"),
        (["--egress", "default", "--contact", "a\r\nX: y"], "--contact"),
        (["--closed-network", "x"], "does not appear"),
    ],
)
def test_wrong_use_has_its_sentence(
    answering: Answering, capsys: pytest.CaptureFixture[str], options: list[str], word: str
) -> None:
    status, sent = answering(request(), *options)
    assert (status, sent) == (2, [])
    assert word in capsys.readouterr().err

import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest
from tests.flow.daemons import TwoZones

from cleannet.cli.demo_bind import KEY_NAME, BindNetwork
from cleannet.hub.disposal import resolution
from cleannet.hub.disposal.channels.channel import Change, DeliveryFailed
from cleannet.hub.disposal.channels.dynamic_update import DynamicUpdate
from cleannet.hub.disposal.resolution import Primary, Server
from cleannet.probe import resolver

ZONE = "rpz.cleannet."
HOST, OTHER = "xn--fiqs8s.evil.example", "dl.evil.example"
LONG = ".".join(["l" * 63] * 3 + ["l" * 50])
held: list[int] = []


def hold() -> None:
    held.append(1)


@pytest.fixture(scope="module")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoZones]:
    """Run one primary with both zones for all tests of this file; each test uses names of its own."""
    network = TwoZones(tmp_path_factory.mktemp("bind"), ZONE)
    network._start(0, heeds=True)
    yield network
    network.stop()


def primary(network: BindNetwork, **given: str) -> Primary:
    said = {"zone": ZONE, "key_name": KEY_NAME, "secret": network.secret, "bulk": TwoZones.bulk} | given
    return Primary(Server("p", "127.0.0.1", network.ports[0]), **said)


def bring(place: DynamicUpdate, stands: Collection[str] = (), gone: Collection[str] = ()) -> None:
    place.bring(Change(1, sorted(stands), sorted(gone), lambda: stands), hold)


def stands(network: BindNetwork, host: str, zone: str) -> bool:
    one = primary(network, zone=zone, bulk="")
    return resolution.rule_stands(one, host, timeout=5).verdict == "gone"


def look(network: BindNetwork, name: str, said: str) -> bool:
    """Say whether the resolver says so of a name before long: it heeds a rule some time after it was taken."""
    end = time.monotonic() + 10
    while resolver.look(Server("r", "127.0.0.1", network.ports[0]), name, timeout=5).verdict != said:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.needs("named")
def test_rules_are_brought_and_taken_away_and_twice_does_no_harm(bind: TwoZones) -> None:
    place = DynamicUpdate(primary(bind), 5)
    for _ in range(2):
        bring(place, [HOST, OTHER])
        assert look(bind, HOST, "gone")
        assert look(bind, f"a.{OTHER}", "gone")
    for _ in range(2):
        bring(place, [], [HOST])
        assert look(bind, HOST, "still_there")
        assert look(bind, OTHER, "gone")
    bring(place, [], [OTHER])


@pytest.mark.needs("named")
def test_more_than_one_message_is_held_before_each(bind: TwoZones) -> None:
    hosts = [f"h{number}.many.example" for number in range(2_100)]
    held.clear()
    place = DynamicUpdate(primary(bind, bulk=""), 5)
    bring(place, hosts)
    assert len(held) == 3
    assert all(stands(bind, host, ZONE) for host in (hosts[0], hosts[-1]))
    bring(place, [], hosts)
    assert not any(stands(bind, host, ZONE) for host in (hosts[0], hosts[-1]))


@pytest.mark.needs("named")
def test_a_merge_moves_what_stands_and_leaves_no_name_unserved(bind: TwoZones) -> None:
    place = DynamicUpdate(primary(bind), 5)
    bring(place, ["moved.example", "withdrawn.example"])
    assert place.merge(lambda names: {"moved.example"} & set(names), hold) == 1
    assert [stands(bind, "moved.example", zone) for zone in (ZONE, bind.bulk)] == [True, True]
    assert not any(stands(bind, "withdrawn.example", zone) for zone in (ZONE, bind.bulk))
    bring(place, ["late.example"])
    assert place.clear(hold) == 1
    assert [stands(bind, "moved.example", zone) for zone in (ZONE, bind.bulk)] == [False, True]
    assert [stands(bind, "late.example", zone) for zone in (ZONE, bind.bulk)] == [True, False]
    assert look(bind, "moved.example", "gone")
    assert look(bind, "late.example", "gone")
    bring(place, [], ["moved.example", "late.example"])
    assert look(bind, "moved.example", "still_there")
    assert look(bind, "late.example", "still_there")


@pytest.mark.needs("named")
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"secret": "d3Jvbmc="}, r"p \(127.0.0.1:\d+\) does not accept the key hub-key\.: .*BadSig|does not accept"),
        ({"key_name": "another."}, "does not accept the key another"),
        ({"secret": "abc"}, "the key hub-key. cannot be used"),
        ({"zone": "none.zone."}, "is no primary of the zone none.zone.: NOTAUTH"),
    ],
)
def test_a_wrong_key_and_a_zone_that_is_not_there_are_told_in_a_sentence(
    bind: TwoZones, given: dict[str, str], sentence: str
) -> None:
    place = DynamicUpdate(primary(bind, bulk="", **given), 5)
    with pytest.raises(DeliveryFailed, match=sentence):
        bring(place, [HOST])
    with pytest.raises(DeliveryFailed):
        place.merge(set, hold)
    assert not stands(bind, HOST, ZONE)


@pytest.mark.needs("named")
def test_a_name_that_does_not_fit_holds_up_no_other(bind: TwoZones) -> None:
    place = DynamicUpdate(primary(bind), 5)
    bring(place, ["fits.example", LONG])
    assert (place.fits("fits.example"), place.fits(LONG)) == (True, False)
    assert stands(bind, "fits.example", ZONE)
    bring(place, [], ["fits.example", LONG])


def test_without_a_primary_nothing_is_brought() -> None:
    with pytest.raises(DeliveryFailed, match="no primary is set"):
        bring(DynamicUpdate(None, 1), [HOST])


Talk = Callable[[socket.socket], None]


def close(_stream: socket.socket) -> None:
    """Close the connection without a word."""


def garble(stream: socket.socket) -> None:
    stream.recv(65_536)
    stream.sendall(b"\0\x05hello")


def half(stream: socket.socket) -> None:
    stream.recv(65_536)
    stream.sendall(b"\0\x50hell")


def hang(stream: socket.socket) -> None:
    stream.recv(65_536)
    stream.recv(1)


@pytest.mark.parametrize(
    ("talk", "sentence"),
    [
        (close, "cannot be reached: it closed the connection|cannot be reached"),
        (garble, "cannot be reached"),
        (half, "cannot be reached"),
        (hang, "did not answer within 0.5 seconds"),
        (None, "cannot be reached"),
    ],
)
def test_a_server_that_speaks_badly_or_not_at_all_is_told(talk: Talk | None, sentence: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def once() -> None:
            stream, _ = server.accept()
            with stream:
                if talk:
                    talk(stream)

        if talk is None:
            server.close()
        else:
            threading.Thread(target=once, daemon=True).start()
        one = Primary(Server("p", "127.0.0.1", port), ZONE, KEY_NAME, "c2VjcmV0")
        with pytest.raises(DeliveryFailed, match=sentence):
            bring(DynamicUpdate(one, 0.5), [HOST])


@pytest.mark.needs("named")
def test_a_server_that_dies_between_two_messages_is_brought_the_whole_again(
    tmp_path: Path, program: Callable[[str], str]
) -> None:
    network = BindNetwork(tmp_path, ZONE)
    network._start(0, heeds=True)
    try:
        place = DynamicUpdate(primary(network, bulk=""), 5)
        hosts = [f"h{number}.half.example" for number in range(1_500)]
        sent = []

        def die() -> None:
            sent.append(1)
            if len(sent) == 2:
                network._end(0)

        with pytest.raises(DeliveryFailed):
            place.bring(Change(1, hosts, [], lambda: hosts), die)
        network._start(0, heeds=True)
        assert [stands(network, host, ZONE) for host in (hosts[0], hosts[-1])] == [True, False]
        bring(place, hosts[1:], hosts[:1])
        assert [stands(network, host, ZONE) for host in (hosts[0], hosts[-1])] == [False, True]
    finally:
        network.stop()

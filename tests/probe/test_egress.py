import socket
import time
from dataclasses import replace

import pytest
from tests.probe.servers import HOST, listening, naming, saying, serving
from tests.probe.test_authority import authoritative

from cleannet.probe import egress as module
from cleannet.probe import resolver
from cleannet.probe.answer import Server
from cleannet.probe.egress import Egress, NoAnswer, NotAsked, Nowhere, TurnedAway, receive


def nobody() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("127.0.0.1", "the host itself"),
        ("169.254.169.254", "link-local"),
        ("10.0.0.1", "private"),
        ("100.64.0.1", "carriers"),
        ("::ffff:127.0.0.1", "the host itself"),
        ("64:ff9b::7f00:1", "carries"),
        ("8.8.8.8 127.0.0.1", "the host itself"),
    ],
)
def test_a_name_that_points_inside_is_not_asked(address: str, why: str) -> None:
    with naming({HOST: address}) as resolver:
        out = Egress("甲", resolvers=[resolver], seconds=1)
        until = out.until()
        with pytest.raises(NotAsked, match=f"points to .*{why}"):
            out.reach(HOST, 80, until)


def test_only_networks_of_a_closed_set_up_are_open(egress: Egress) -> None:
    with listening(saying(b"")) as port:
        egress.reach(HOST, port, egress.until()).close()
        with pytest.raises(NotAsked, match="not asked"):
            replace(egress, open_to=()).reach("127.0.0.1", port, egress.until())
        with pytest.raises(NotAsked, match="not asked"):
            egress.reach("10.0.0.1", port, egress.until())


def test_a_name_is_resolved_once_and_what_it_was_resolved_to_is_connected_to(
    egress: Egress, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def flipping(_servers: object, host: str, **_: float) -> tuple[str, list[str], str]:
        asked.append(host)
        return "still_there", ["127.0.0.1" if len(asked) == 1 else "10.0.0.1"], "r"

    monkeypatch.setattr(resolver, "addresses", flipping)
    with listening(saying(b"")) as port:
        connection = egress.reach(HOST, port, egress.until())
        assert connection.getpeername() == ("127.0.0.1", port)
        connection.close()
    assert asked == [HOST]


def test_it_goes_out_from_its_source_address(egress: Egress) -> None:
    with listening(saying(b"")) as port:
        connection = replace(egress, source="127.0.0.7").reach(HOST, port, egress.until())
        assert connection.getsockname()[0] == "127.0.0.7"
        connection.close()
        with pytest.raises(NoAnswer, match="no address of that family"):
            replace(egress, source="::1").reach(HOST, port, egress.until())


def test_refused_is_told_from_no_address_and_from_silence(egress: Egress) -> None:
    with pytest.raises(TurnedAway, match="nobody listens"):
        egress.reach(HOST, nobody(), egress.until())
    with pytest.raises(Nowhere, match="NXDOMAIN"):
        egress.reach("none.example", 80, egress.until())
    with pytest.raises(NoAnswer, match="could not be learnt"):
        replace(egress, resolvers=()).reach(HOST, 80, egress.until())
    with pytest.raises(TimeoutError):
        egress.reach(HOST, 80, time.monotonic() - 1)


def test_of_more_addresses_than_are_tried_nothing_is_known(egress: Egress) -> None:
    with naming({HOST: " ".join(f"127.0.1.{last}" for last in range(1, 12))}) as resolver:
        out, port = replace(egress, resolvers=[resolver]), nobody()
        with pytest.raises(NoAnswer, match="not every address"):
            out.reach(HOST, port, out.until())


def test_whoever_wants_not_to_be_asked_is_not_even_resolved(egress: Egress) -> None:
    out = replace(egress, resolvers=(), forbidden=lambda host: "its owner asked not to be" if host == HOST else "")
    with pytest.raises(NotAsked, match="its owner asked not to be"):
        out.reach(HOST, 80, out.until())


def test_whoever_wants_not_to_be_asked_is_not_by_another_name_either(egress: Egress) -> None:
    out = replace(egress, forbidden=lambda host: "its owner asked not to be" if host == "127.0.0.1" else "")
    with pytest.raises(NotAsked, match=r"points to 127\.0\.0\.1, which is not asked: its owner"):
        out.reach(HOST, 80, out.until())


def test_a_resolver_that_may_block_is_not_believed_when_it_knows_no_address(egress: Egress) -> None:
    with pytest.raises(NoAnswer, match="could not be learnt"):
        replace(egress, believed=False).reach("none.example", 80, egress.until())


def test_with_roots_no_resolver_is_asked(egress: Egress) -> None:
    zone = authoritative(".", "c2.evil.example. 5 IN CNAME there.example.\nthere.example. 5 IN A 127.0.0.1\n")
    with serving(zone) as port, listening(saying(b"")) as there:
        out = replace(egress, resolvers=(), believed=False, roots=[Server("r", "127.0.0.1", port)])
        out.reach(HOST, there, out.until()).close()
        with pytest.raises(Nowhere):
            out.reach("none.example", there, out.until())
        with pytest.raises(NoAnswer, match="could not be learnt"):
            out.reach(f"{'x' * 70}.example", there, out.until())


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        ("甲", "default", ("甲", "", "")),
        ("op1/甲", "192.0.2.1", ("甲", "192.0.2.1", "op1")),
        ("甲", "eth0", None),
        ("/甲", "default", None),
    ],
)
def test_an_egress_is_written_as_name_and_source(name: str, source: str, expected: tuple[str, str, str] | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match="is no egress"):
            module.egress(name, source)
    else:
        assert module.egress(name, source) == expected


def test_reading_ends_with_the_bytes_or_the_time() -> None:
    near, far = socket.socketpair()
    with near, far:
        far.sendall(b"x" * 100)
        assert receive(near, 10, time.monotonic() + 1) == (b"x" * 10, False)
        begun = time.monotonic()
        with pytest.raises(NoAnswer, match="after 90 bytes"):
            receive(near, 1000, time.monotonic() + 0.2)
        assert time.monotonic() - begun < 1
        far.close()
        assert receive(near, 10, time.monotonic() + 1) == (b"", True)


def test_silence_is_no_answer_in_bounded_time(egress: Egress) -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        # Nobody accepts: the queue is full, and whoever comes now hears nothing.
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        begun = time.monotonic()
        with pytest.raises(NoAnswer, match="no answer in time"):
            egress.reach("127.0.0.1", port, time.monotonic() + 0.3)
        assert time.monotonic() - begun < 1

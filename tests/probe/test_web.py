import contextlib
import socket
import time
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.probe.conftest import Certified
from tests.probe.servers import HOST, listening, page, saying
from tests.probe.test_egress import nobody

from cleannet.probe import target, web
from cleannet.probe.answer import Answer
from cleannet.probe.egress import Egress
from cleannet.probe.target import Place, Target, read


@pytest.fixture(autouse=True)
def only_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask by http alone where a test does not say otherwise; the port of a test belongs to no scheme."""
    monkeypatch.setattr(
        Target, "places", lambda self: [Place("http", self.host, self.port, self.path or "/")], raising=True
    )


def seen(egress: Egress, port: int, host: str = HOST) -> Answer:
    return web.look(egress, Target("url", host, port, "/x"))


def answers(answer: Answer) -> list[dict[str, Any]]:
    found: Any = answer.evidence["answers"]
    return list(found)


def why(answer: Answer) -> str:
    (one,) = answers(answer)
    return str(one["why"])


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        *((code, "still_there") for code in (200, 206)),
        *((code, "gone") for code in (404, 410, 451)),
        *((code, "unknown") for code in (301, 304, 400, 401, 403, 429, 500, 503)),
    ],
)
def test_the_status_decides(egress: Egress, status: int, verdict: str) -> None:
    with listening(page(status, b"hello")) as port:
        answer = seen(egress, port)
    assert (answer.kind, answer.vantage, answer.verdict) == ("http", "甲", verdict)


def test_who_asks_says_so_and_asks_the_host_by_its_name(egress: Egress) -> None:
    heard: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        heard.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

    with listening(talk) as port:
        (one,) = answers(seen(egress, port))
    assert one["sha256"] == "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"
    lines = heard[0].decode().split("\r\n")
    assert lines[0] == "GET /x HTTP/1.1"
    assert {f"Host: {HOST}:{port}", "User-Agent: CleanNet (test)"} <= set(lines)


def test_nobody_there_is_gone(egress: Egress) -> None:
    assert seen(egress, nobody()).verdict == "gone"
    assert seen(egress, 80, "none.example").verdict == "gone"


def test_a_target_that_redirects_for_ever_is_left(egress: Egress) -> None:
    with listening(lambda one: page(302, Location="/y")(one)) as port:
        answer = seen(egress, port)
    assert answer.verdict == "unknown"
    assert "redirects for ever" in why(answer)


def test_a_redirect_is_judged_like_the_first_host(egress: Egress) -> None:
    with listening(page(200, b"x")) as there:
        for location, verdict, word in (
            (f"http://{HOST}:{there}/", "still_there", "200"),
            (f"http://other.example:{there}/", "unknown", "leads to other.example"),
            ("http://10.0.0.1/", "unknown", "private"),
            ("http://169.254.169.254/latest/meta-data/", "unknown", "link-local"),
            ("file:///etc/passwd", "unknown", "not asked for"),
            ("http://user@other.example/", "unknown", "not asked for"),
            ("http://[", "unknown", "no URL"),
            ("http://a..b/", "unknown", "could not be learnt"),
            (f"http://{'x' * 70}.example/", "unknown", "could not be learnt"),
            (f"http://{'x.' * 140}example/", "unknown", "not asked for"),
            ("http://evil\x00.example/", "unknown", "not asked for"),
            ("//坏.example/", "unknown", "not asked for"),
        ):
            with listening(page(302, Location=location)) as port:
                answer = seen(egress, port)
            assert answer.verdict == verdict, location
            assert word in why(answer)


@pytest.mark.parametrize("status", [404, 410, 451])
@pytest.mark.parametrize("host", [HOST, "other.example"])
def test_after_a_redirect_nothing_is_gone(egress: Egress, status: int, host: str) -> None:
    with (
        listening(page(status)) as there,
        listening(page(302, Location=f"http://{host}:{there}/")) as port,
    ):
        assert seen(egress, port).verdict == "unknown"


def test_a_redirect_to_whoever_wants_not_to_be_asked_is_not_followed(egress: Egress) -> None:
    careful = replace(egress, forbidden=lambda host: "its owner asked not to be" if host == "other.example" else "")
    with listening(page(302, Location="http://other.example/")) as port:
        assert "its owner asked not to be" in why(seen(careful, port))


def test_of_a_gigabyte_only_the_first_bytes_are_read(egress: Egress) -> None:
    sent = [0]

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
        chunk = b"x" * 65536
        with contextlib.suppress(OSError):
            while sent[0] < 1 << 30:
                connection.sendall(chunk)
                sent[0] += len(chunk)

    tracemalloc.start()
    begun = time.monotonic()
    with listening(talk) as port:
        answer = seen(egress, port)
    assert time.monotonic() - begun < 1
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()
    assert sent[0] < 64 << 20
    (one,) = answers(answer)
    assert (answer.verdict, one["whole"]) == ("still_there", False)
    assert "only the first" in one["why"]


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"])
def test_bytes_that_drip_for_ever_end_with_the_time(egress: Egress, head: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(100):
            connection.sendall(b"H")
            time.sleep(0.05)

    begun = time.monotonic()
    with listening(talk) as port:
        answer = seen(replace(egress, seconds=0.4), port)
        assert time.monotonic() - begun < 1
    assert answer.verdict == "unknown"
    assert "had not ended" in why(answer)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello\r\n",
        b"HTTP/1.1 \xff\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nxx\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFFFF\r\nx",
    ],
)
def test_what_is_no_http_is_unknown_or_cut(egress: Egress, data: bytes) -> None:
    with listening(saying(data)) as port:
        answer = seen(egress, port)
    if b"\nzz" not in data:
        assert answer.verdict == "unknown"
        assert "no HTTP" in why(answer)


def test_chunks_are_put_together(egress: Egress) -> None:
    with listening(saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")) as port:
        assert web.fetch(egress, Place("http", HOST, port, "/")).body == b"hi"


def test_an_invalid_certificate_is_unknown_and_kept(
    egress: Egress, certified: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening(page(200, b"hi"), certified.context) as port:
        with pytest.raises(web.NotFetched, match="proves nobody") as refused:
            web.fetch(egress, Place("https", HOST, port, "/"))
        assert (refused.value.verdict, refused.value.shown["names"]) == ("unknown", [HOST])
        monkeypatch.setenv("SSL_CERT_FILE", str(certified.file))
        found = web.fetch(egress, Place("https", HOST, port, "/"))
    assert (found.status, found.body, found.shown["names"]) == (200, b"hi", [HOST])


def test_a_network_is_not_asked_for(egress: Egress) -> None:
    assert "network" in str(web.look(egress, read("address", "198.51.100.0/24")).evidence["why"])


def test_on_one_port_the_scheme_that_is_spoken_there_counts(
    egress: Egress, certified: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("SSL_CERT_FILE", str(certified.file))
    for status, verdict in ((200, "still_there"), (404, "gone")):
        for context in (None, certified.context):
            with listening(page(status, b"hi"), context) as port:
                answer = seen(egress, port)
            assert answer.verdict == verdict


def test_a_port_that_speaks_both_schemes_is_judged_by_both(
    egress: Egress, certified: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("SSL_CERT_FILE", str(certified.file))

    def both(plain: int, secured: int | None) -> str:
        def talk(connection: socket.socket) -> None:
            first = connection.recv(1, socket.MSG_PEEK)
            if first != b"\x16":
                page(plain)(connection)
            elif secured is None:
                time.sleep(1.2)
            else:
                with certified.context.wrap_socket(connection, server_side=True) as talked:
                    page(secured)(talked)

        with listening(talk) as port:
            return seen(egress, port).verdict

    cases = ((404, 200, "still_there"), (404, 404, "gone"), (404, 503, "unknown"), (404, None, "unknown"))
    for plain, secured, verdict in (*cases, (400, 404, "gone"), (503, 404, "unknown")):
        assert both(plain, secured) == verdict, (plain, secured)


def test_without_a_port_both_schemes_must_be_gone(egress: Egress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    closed = nobody()
    monkeypatch.setattr(target, "PORTS", {"http": closed, "https": closed})
    assert web.look(egress, Target("url", HOST, 0, "/")).verdict == "gone"
    with listening(page(404)) as port:
        monkeypatch.setattr(target, "PORTS", {"http": port, "https": port})
        answer = web.look(egress, Target("url", HOST, 0, "/"))
    assert [one["verdict"] for one in answers(answer)] == ["gone", "unknown"]
    assert answer.verdict == "unknown"


@given(st.binary(max_size=300) | st.binary(max_size=60).map(lambda rest: b"HTTP/1.1 200 OK\r\n" + rest))
def test_whatever_bytes_come_nothing_but_not_fetched_is_raised(data: bytes) -> None:
    with contextlib.suppress(web.NotFetched):
        status, _, body, _ = web._understood(data, True)
        assert len(body) <= len(data)
        assert status >= 100


@given(st.text(max_size=60) | st.text(max_size=30).map(lambda rest: f"http://{rest}"))
def test_wherever_a_redirect_leads_it_is_a_host_to_ask_or_not_fetched(location: str) -> None:
    with contextlib.suppress(web.NotFetched):
        place = web._followed(Place("http", HOST, 80, "/"), location)
        assert web._request(place, "agent", "*/*").count(b"\r\n") == 6
        assert place.host.isascii()

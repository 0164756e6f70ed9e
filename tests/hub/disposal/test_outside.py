import socket
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from tests.hub.disposal.registries import Web, web, whois

from cleannet.hub.disposal import outside
from cleannet.hub.disposal.outside import Unanswered

Handler = BaseHTTPRequestHandler


@pytest.fixture
def server() -> Iterator[Web]:
    with web() as answering:
        yield answering


def fetch(url: str, seconds: float = 2, only_public: bool = False) -> outside.Said:
    return outside.fetch(url, accept="application/json", seconds=seconds, only_public=only_public)


def test_what_is_there_is_returned_with_its_status(server: Web) -> None:
    server.pages["/x"] = 200, b"[1]"
    assert fetch(f"{server.url}/x") == outside.Said(200, b"[1]", f"{server.url}/x")
    assert fetch(f"{server.url}/none").status == 404


def redirect(to: str) -> Callable[[Handler], None]:
    def say(asked: Handler) -> None:
        asked.send_response(302)
        asked.send_header("Location", to)
        asked.end_headers()

    return say


def for_ever(asked: Handler) -> None:
    asked.send_response(200)
    asked.end_headers()
    try:
        while True:
            asked.wfile.write(b"x" * 65536)
    except OSError:
        return


def trickle_of_headers(asked: Handler) -> None:
    try:
        asked.wfile.write(b"HTTP/1.0 200 OK\r\n")
        for number in range(100):
            asked.wfile.write(f"X-{number}: y\r\n".encode())
            asked.wfile.flush()
            time.sleep(0.05)
    except OSError:
        return


def trickle(asked: Handler) -> None:
    asked.send_response(200)
    asked.end_headers()
    try:
        for _ in range(100):
            asked.wfile.write(b"x")
            asked.wfile.flush()
            time.sleep(0.05)
    except OSError:
        return


def nonsense(asked: Handler) -> None:
    asked.wfile.write(b"I am no web server\r\n\r\n")


@pytest.mark.parametrize(
    ("say", "sentence"),
    [
        (for_ever, "it says more than 1,048,576 bytes"),
        (trickle, "it does not answer in time"),
        (trickle_of_headers, "it does not answer in time"),
        (redirect("/again"), "it sends on more than 3 times"),
        (redirect("file:///etc/passwd"), "is no address of a web server"),
        (redirect("http://user@127.0.0.1/"), "is no address of a web server"),
        (redirect("http://[bad/"), "is no address of a web server"),
        (redirect("http://\xe9.example/"), "is no address of a web server"),
        (redirect("http://a.example:99999/"), "is no address of a web server"),
        (redirect("http://a b/"), "is no address of a web server"),
        (redirect("https:///x"), "is no address of a web server"),
        (redirect("//"), "it sends on more than 3 times"),
        (redirect(""), "it sends on more than 3 times"),
        (nonsense, "illegal status line"),
    ],
)
def test_no_stranger_holds_a_worker_or_sends_it_elsewhere(
    server: Web, say: Callable[[Handler], None], sentence: str
) -> None:
    server.say = say
    begun = time.monotonic()
    with pytest.raises(Unanswered, match=sentence):
        fetch(f"{server.url}/x", seconds=0.5)
    assert time.monotonic() - begun < 2


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Let names have addresses as a test says, one look-up after the other; the last stays."""
    named: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def look_up(host: str, *args: object, **given: object) -> object:
        if host not in named:
            return real(host, *args, **given)  # type: ignore[arg-type]  # passed on as it came
        if not named[host]:
            raise socket.gaierror(-2, "Name or service not known")
        found = named[host].pop(0) if len(named[host]) > 1 else named[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return named


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "::1",
        "100.64.0.1",
        "224.0.1.1",
        "fe80::1%eth0",
        "0.0.0.0",
        "64:ff9b::a00:1",
        "2606:4700::5efe:a00:1",
        "168.63.129.16",
    ],
)
def test_only_public_addresses_are_connected_to_where_so_wanted(addresses: dict[str, list[str]], address: str) -> None:
    addresses["inside.example"] = [address]
    with pytest.raises(Unanswered, match="not public"):
        fetch("http://inside.example:9/", only_public=True)
    assert not outside.is_public("inside.example")


def test_the_address_that_was_looked_at_is_the_one_connected_to(server: Web, addresses: dict[str, list[str]]) -> None:
    addresses["rebound.example"] = ["93.184.216.34", "127.0.0.1"]
    assert outside.is_public("rebound.example")
    with pytest.raises(Unanswered, match=r"not public: 127\.0\.0\.1"):
        fetch(f"http://rebound.example:{server.port}/", only_public=True)
    assert server.asked == []


def test_a_name_without_an_address_says_so(addresses: dict[str, list[str]]) -> None:
    addresses["nowhere.example"] = []
    with pytest.raises(Unanswered, match="has no address"):
        fetch("http://nowhere.example/")


def test_a_server_that_refuses_says_so() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unanswered, match="refused"):
        fetch(f"http://127.0.0.1:{port}/")
    with pytest.raises(Unanswered, match="refused"):
        outside.converse("127.0.0.1", port, b"x\r\n", seconds=1, most=10)


@pytest.mark.parametrize(
    ("said", "sentence"), [(b"x" * 11, "more than 10 bytes"), (None, "does not answer within 0.3 s")]
)
def test_a_conversation_is_bounded(said: bytes | None, sentence: str) -> None:
    with whois(lambda asked: said) as port, pytest.raises(Unanswered, match=sentence):
        outside.converse("127.0.0.1", port, b"x\r\n", seconds=0.3, most=10)


def test_a_conversation_ends_when_the_server_hangs_up() -> None:
    with whois(lambda asked: f"you asked {asked}".encode()) as port:
        assert outside.converse("127.0.0.1", port, b"x.cn\r\n", seconds=1, most=100) == b"you asked x.cn"


@pytest.mark.parametrize(
    ("said", "expected"), [("a  b\n", "a b"), ("a\0b", "a b"), ("\ud800x\u202e", "x"), ("域名", "域名")]
)
def test_a_strangers_words_are_kept_as_far_as_they_can_be_printed(said: str, expected: str) -> None:
    assert outside.printable(said) == expected

import argparse
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import strategies as st

from cleannet.core.merkle import Tree, leaf_hash
from cleannet.edge import commands
from cleannet.formats import envelope
from cleannet.formats.ledger_export import head_payload

START = datetime(2025, 11, 22, tzinfo=UTC)
MAPPING = """\
schema = 1
time_zone = "Asia/Shanghai"
[columns]
time = "time"
number = "phone"
host = "name"
uri = "uri"
province = "province"
fee = "fee"
record = "record"
[fee]
unit = "yuan"
every_row = true
"""
HEAD = "time,phone,name,uri,province,fee,record\n"


def rows(count: int, first: int = 0, name: str = "evil.example") -> str:
    return "".join(
        f"{START + timedelta(milliseconds=number):%Y-%m-%d %H:%M:%S},138{number:08},{name},,44,0.10,r{number}\n"
        for number in range(first, first + count)
    )


Run = Callable[..., int]
# What breaks readers: moments out of range, numbers too large, halves of characters, nesting, long fields, quotes.
NASTY = [
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
    "1969-12-31T23:59:59Z",
    "-1",
    "9" * 11,
    "9" * 400,
    "9" * 5000,
    "1e999",
    "NaN",
    "Infinity",
    "-0.0",
    "\x00",
    "\ufeff",
    "\r",
    "\n",
    "\t",
    '"',
    ",",
    "\\ud800",
    "\\x00",
    "[" * 3000,
    '{"a":' * 2000,
    "x" * 140_000,
    "é" * 100_000,
    "xn--" + "9" * 80,
    "[::1]:99999",
    "http://[",
    "http://u@h:x@[::1]:1/%2e%2e/%zz",
    "#fields",
    "#path",
    "#separator ",
    "null",
    "true",
    "#",
]


def mangled(*lines: str) -> st.SearchStrategy[bytes]:
    """Return a strategy of these lines with places in them overwritten by what breaks readers, or by any bytes."""
    good = ("\n".join(lines) + "\n").encode()
    what = st.one_of(st.sampled_from(NASTY).map(str.encode), st.binary(max_size=6))
    cut = st.tuples(st.integers(0, len(good)), st.integers(0, 12), what)

    def apply(cuts: list[tuple[int, int, bytes]]) -> bytes:
        data = good
        for at, length, put in cuts:
            data = data[:at] + put + data[at + length :]
        return data

    return st.lists(cut, min_size=1, max_size=4).map(apply)


class LoopbackHub:
    """Answer like a hub, on this machine: receipts with a signed head over a growing ledger, consistency, releases.

    `deltas` holds what it sends to those who have a release of that number.
    `status` other than 0 is what it answers to everything; `requests` is what it was asked, in order.
    """

    def __init__(self) -> None:
        self.key = envelope.new_key()
        self.leaves: list[bytes] = []
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.status = 0
        self.answer: bytes | None = None
        self.release: bytes | None = None
        self.deltas: dict[int, bytes] = {}
        hub = self

        class Door(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(b"")

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers["Content-Length"])))

            def _answer(self, body: bytes) -> None:
                hub.requests.append((self.command, self.path, dict(self.headers), body))
                status, content = hub.respond(self.path, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @property
    def keys(self) -> str:
        return envelope.write_public(self.key.public_key()) + "\n"

    def head(self) -> str:
        root = Tree(self.leaves).root()
        payload = head_payload("HUB", len(self.leaves), root, datetime(2026, 11, 22, tzinfo=UTC))
        return envelope.sign(payload, self.key, envelope.key_id(self.key.public_key()), "head").decode()

    def respond(self, path: str, body: bytes) -> tuple[int, bytes]:
        if self.status:
            return self.status, self.answer or b""
        where = urlsplit(path)
        if where.path == "/api/v1/tallies":
            self.leaves.append(leaf_hash(body))
            return 201, self.answer or json.dumps({"receipt": len(self.leaves), "head": self.head()}).encode()
        if where.path in ("/api/v1/heartbeats", "/api/v1/keys"):
            return 200, b"{}"
        if where.path == "/api/v1/releases/latest":
            way = self.deltas.get(int(parse_qs(where.query)["after"][0]), self.release)
            return (204, b"") if way is None else (200, way)
        if where.path == "/api/v1/ledger/consistency":
            first = int(parse_qs(where.query)["first"][0])
            proof = Tree(self.leaves).consistency_proof(first) if first <= len(self.leaves) else ()
            return 200, json.dumps({"head": self.head(), "proof": [step.hex() for step in proof]}).encode()
        return 404, b'{"title": "Not found"}'


@pytest.fixture
def hub() -> Iterator[LoopbackHub]:
    """Run a loopback hub while the test lasts."""
    running = LoopbackHub()
    thread = threading.Thread(target=running.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.server.shutdown()
    thread.join()
    running.server.server_close()


@pytest.fixture
def edge(tmp_path: Path) -> Run:
    """Return a function that runs `cleannet edge …` with a state folder of its own and gives the exit status."""

    def run(*arguments: object) -> int:
        parser = argparse.ArgumentParser()
        commands.register(parser.add_subparsers())
        words = [str(argument) for argument in arguments]
        if words[0] not in ("key", "told", "union"):
            words += ["--state", str(tmp_path / "state")]
        options = parser.parse_args(["edge", *words])
        status: int = options.run(options)
        return status

    return run


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Return a function that writes a file below the test's folder and gives its path."""

    def write(name: str, text: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def tally_of(edge: Run, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Return a function that runs `detect` and gives the written tally."""

    def run(*arguments: object) -> dict[str, Any]:
        out = tmp_path / "T.json"
        assert edge("detect", *arguments, "--out", out) == 0
        document: dict[str, Any] = json.loads(out.read_bytes())
        return document

    return run


@pytest.fixture
def numbers(written: Callable[[str, str | bytes], Path], edge: Run, tmp_path: Path) -> list[object]:
    """Return the options of a run over phone numbers."""
    assert edge("key", tmp_path / "key") == 0
    watchlist = written("android_evil.txt", "evil.example\n")
    return ["--watchlist", watchlist, "--mapping", written("m.toml", MAPPING), "--key", tmp_path / "key"]

"""Registries on loopback: a list of RFC 9224 with an RDAP server, and a WHOIS server, that answer as a test says."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def answer(domain: str, number: str = "1234", name: str = "Example Registrar, Ltd.") -> dict[str, Any]:
    """Return what a registry says of a domain (RFC 9083)."""
    card = ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", name]]]
    registrar = {
        "objectClassName": "entity",
        "roles": ["registrar"],
        "publicIds": [{"type": "IANA Registrar ID", "identifier": number}],
        "vcardArray": card,
    }
    return {"objectClassName": "domain", "ldhName": domain.upper(), "entities": [{"roles": ["abuse"]}, registrar]}


@dataclass
class Web:
    """Answer each path with a status and a body, or in whatever way `say` writes itself."""

    say: Callable[[BaseHTTPRequestHandler], None] | None = None
    pages: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve_suffixes(self, *suffixes: str) -> str:
        """Answer with a list that names this server for the suffixes; return the list's address."""
        listed = {"services": [[list(suffixes), [f"{self.url}/rdap/"]]]}
        self.pages["/dns.json"] = 200, json.dumps(listed).encode()
        return f"{self.url}/dns.json"

    def register(self, domain: str, **said: str) -> None:
        self.pages[f"/rdap/domain/{domain}"] = 200, json.dumps(answer(domain, **said)).encode()


@contextmanager
def web() -> Iterator[Web]:
    """Serve HTTP on loopback."""
    answering = Web()

    class Asked(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answering.asked.append(self.path)
            status, body = answering.pages.get(self.path, (404, b"{}"))
            if self.path not in answering.pages and answering.say is not None:
                answering.say(self)
                return
            self.send_response(status)
            self.send_header("Content-Type", "application/rdap+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with _running(ThreadingHTTPServer(("127.0.0.1", 0), Asked)) as answering.port:
        yield answering


@contextmanager
def whois(say: Callable[[str], bytes | None]) -> Iterator[int]:
    """Serve WHOIS on loopback; None keeps silent until the asker hangs up."""

    class Asked(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            said = say(self.rfile.readline().decode().strip())
            if said is None:
                self.rfile.read()
            else:
                try:
                    self.wfile.write(said)
                except OSError:
                    return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with _running(Server(("127.0.0.1", 0), Asked)) as port:
        yield port


@contextmanager
def _running(server: socketserver.TCPServer) -> Iterator[int]:
    server.block_on_close = False  # type: ignore[attr-defined]  # of the threading mixin
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()

"""Servers on loopback that answer as a test says: DNS by UDP, and whatever talks over TCP or TLS."""

import contextlib
import ipaddress
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from cleannet.probe.answer import Server

HOST = "c2.evil.example"
LOOPBACK = (ipaddress.IPv4Network("127.0.0.0/8"),)
Talk = Callable[[socket.socket], None]
Reply = Callable[[dns.message.Message], dns.message.Message | None]


def saying(data: bytes) -> Talk:
    """Read a request and send these bytes."""

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(data)

    return talk


def page(status: int, body: bytes = b"", **headers: str) -> Talk:
    """Answer with a status, a body and headers."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
    return saying("\r\n".join([*lines, "", ""]).encode() + body)


@contextmanager
def listening(talk: Talk, context: ssl.SSLContext | None = None, address: str = "127.0.0.1") -> Iterator[int]:
    """Let `talk` talk to each who connects, by TLS with a context; yield the port."""
    stop = threading.Event()

    def one(connection: socket.socket) -> None:
        connection.settimeout(5)
        with (
            contextlib.suppress(OSError),
            connection,
            context.wrap_socket(connection, server_side=True) if context else connection as talked,
        ):
            talk(talked)

    def accept(listener: socket.socket) -> None:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = listener.accept()
                threading.Thread(target=one, args=(connection,), daemon=True).start()

    with socket.create_server((address, 0)) as listener:
        listener.settimeout(0.05)
        thread = threading.Thread(target=accept, args=(listener,), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stop.set()
            thread.join()


@contextmanager
def naming(names: Mapping[str, str]) -> Iterator[Server]:
    """Resolve each name to its address, everything else to nothing."""

    def reply(query: dns.message.Message) -> dns.message.Message:
        name, kind = query.question[0].name.to_text(omit_final_dot=True), query.question[0].rdtype
        answer = dns.message.make_response(query, recursion_available=True)
        for address in names.get(name, "").split():
            if (":" in address) == (kind == dns.rdatatype.AAAA):
                answer.answer.append(dns.rrset.from_text(query.question[0].name, 5, "IN", kind, address))
        if name not in names:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer

    with serving(reply) as port:
        yield Server("names", "127.0.0.1", port)


@contextmanager
def serving(reply: Reply, address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Answer DNS questions by UDP as `reply` says, None for silence; yield the port."""

    class Asked(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, socket = self.request
            answer = reply(dns.message.from_wire(data))
            if answer is not None:
                socket.sendto(answer.to_wire(), self.client_address)

    with socketserver.ThreadingUDPServer((address, port), Asked) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()

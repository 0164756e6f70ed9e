"""Two operators' resolvers for the demonstration, as real BIND daemons on loopback.

The first is primary of the response policy zone and heeds it; the second transfers the zone and heeds it only when told
to. Both answer every name with an address of their own root, so that a name that is not blocked is seen to be there.
"""

import secrets
import shutil
import socket
import subprocess
import time
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path

import dns.exception
import dns.message
import dns.query

KEY_NAME = "hub-key."
ANSWER = "192.0.2.80"
_PATIENCE = 15.0
_LOWEST_PORT, _PORTS = 12_000, 8_000


class NetworkFailed(Exception):
    """Say which daemon did not start and what it said."""


def find_named() -> str | None:
    """Return where BIND's daemon is, None where it is not installed."""
    return shutil.which("named", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


def free_port() -> int:
    """Return a port of loopback that is free for TCP and UDP just now.

    It lies below the ports that systems give to clients, so that no connection takes it before a server does.
    """
    while True:
        port = _LOWEST_PORT + secrets.randbelow(_PORTS)
        with socket.socket() as stream, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
            try:
                stream.bind(("127.0.0.1", port))
                datagram.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@dataclass
class BindNetwork:
    """Run both daemons in `folder` until `stop`; `zone` is the response policy zone."""

    folder: Path
    zone: str
    secret: str = field(default_factory=lambda: b64encode(secrets.token_bytes(32)).decode())
    ports: tuple[int, int] = field(default_factory=lambda: (free_port(), free_port()))
    _running: list[subprocess.Popen[bytes] | None] = field(default_factory=lambda: [None, None])
    description: str = "BIND (named)"

    @property
    def primary(self) -> str:
        return f"127.0.0.1:{self.ports[0]}"

    @property
    def resolvers(self) -> tuple[str, str]:
        return (f"127.0.0.1:{self.ports[0]}", f"127.0.0.1:{self.ports[1]}")

    def start(self, *, second_heeds: bool = True) -> None:
        """Start both daemons and wait until they answer; raise NetworkFailed with what they logged."""
        self._start(0, heeds=True)
        self._start(1, heeds=second_heeds)

    def heed(self) -> None:
        """Let the second resolver heed the zone from now on."""
        self._end(1)
        self._start(1, heeds=True)
        self.settle()

    def settle(self) -> None:
        """Wait until the second daemon holds the zone as the first does; raise NetworkFailed when it never does."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            first, second = (self._serial(port) for port in self.ports)
            if first is not None and first == second:
                return
            time.sleep(0.05)
        raise NetworkFailed("the second BIND did not transfer the zone from the first")

    def _serial(self, port: int) -> int | None:
        try:
            answer = dns.query.udp(dns.message.make_query(self.zone, "SOA"), "127.0.0.1", port=port, timeout=0.5)
        except (dns.exception.DNSException, OSError):
            return None
        return next((int(record.serial) for rrset in answer.answer for record in rrset), None)

    def stop(self) -> None:
        """End both daemons."""
        for which in (0, 1):
            self._end(which)

    def _start(self, which: int, *, heeds: bool) -> None:
        named = find_named()
        if named is None:
            raise NetworkFailed("BIND is not installed")
        home = self.folder / f"bind{which}"
        home.mkdir(parents=True, exist_ok=True)
        (home / "root.zone").write_text(_ROOT, encoding="ascii")
        if which == 0 and not (home / "rpz.zone").exists():
            (home / "rpz.zone").write_text(_EMPTY, encoding="ascii")
        # With an old copy a secondary waits for its refresh time before it asks for a newer one.
        for old in home.glob("rpz.copy*"):
            old.unlink()
        (home / "named.conf").write_text(self._configuration(which, home, heeds), encoding="ascii")
        log = home / "log"
        with log.open("wb") as output:
            self._running[which] = subprocess.Popen(
                [named, "-g", "-c", str(home / "named.conf"), "-n", "1"], stdout=output, stderr=output
            )
        self._wait(which, log)

    def _wait(self, which: int, log: Path) -> None:
        end = time.monotonic() + _PATIENCE
        query = dns.message.make_query("ready.example.", "A")
        running = self._running[which]
        while time.monotonic() < end and running is not None and running.poll() is None:
            try:
                if dns.query.udp(query, "127.0.0.1", port=self.ports[which], timeout=0.3).answer:
                    return
            except (dns.exception.DNSException, OSError):
                time.sleep(0.05)
        self._end(which)
        said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise NetworkFailed(f"BIND did not answer on port {self.ports[which]}; it said:\n{said}")

    def _end(self, which: int) -> None:
        running = self._running[which]
        if running is not None:
            running.terminate()
            try:
                running.wait(timeout=5)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
            self._running[which] = None

    def _configuration(self, which: int, home: Path, heeds: bool) -> str:
        policy = (
            f'response-policy {{ zone "{self.zone}"; }} qname-wait-recurse no min-update-interval 0;' if heeds else ""
        )
        if which == 0:
            zone = (
                f'type primary; file "{home}/rpz.zone"; max-journal-size 1m; allow-query {{ any; }};\n'
                f"    update-policy {{ grant {KEY_NAME} zonesub ANY; }};\n"
                f'    allow-transfer {{ key "{KEY_NAME}"; }}; notify explicit; notify-delay 0;\n'
                f"    also-notify {{ 127.0.0.1 port {self.ports[1]}; }};"
            )
        else:
            zone = (
                f'type secondary; file "{home}/rpz.copy"; masterfile-format text; allow-query {{ any; }};\n'
                f'    primaries {{ 127.0.0.1 port {self.ports[0]} key "{KEY_NAME}"; }};\n'
                f"    allow-notify {{ 127.0.0.1; }};"
            )
        return f"""key "{KEY_NAME}" {{ algorithm hmac-sha256; secret "{self.secret}"; }};
options {{
    directory "{home}";
    listen-on port {self.ports[which]} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    pid-file "{home}/pid";
    session-keyfile none;
    recursion yes;
    allow-recursion {{ 127.0.0.1; }};
    dnssec-validation no;
    empty-zones-enable no;
    {policy}
}};
controls {{ }};
zone "." {{ type primary; file "{home}/root.zone"; }};
zone "{self.zone}" {{
    {zone}
}};
"""


_ROOT = f"""$TTL 5
@ IN SOA localhost. hostmaster.localhost. 1 300 60 604800 5
@ IN NS localhost.
* IN A {ANSWER}
"""
_EMPTY = """$TTL 5
@ IN SOA localhost. hostmaster.localhost. 1 300 60 604800 5
@ IN NS localhost.
"""

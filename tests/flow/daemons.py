"""Daemons that a test starts on loopback and waits for: Unbound as a resolver, BIND as the servers of a parent zone."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import dns.exception
import dns.message
import dns.query

from cleannet.cli.demo_bind import KEY_NAME, BindNetwork
from cleannet.hub.disposal.channels.channel import Change
from cleannet.hub.disposal.channels.dynamic_update import DynamicUpdate
from cleannet.hub.disposal.resolution import Primary

PATIENCE = 15.0
EMPTY = """$TTL 5
@ IN SOA localhost. hostmaster.localhost. 1 300 60 604800 5
@ IN NS localhost.
"""


def bring(primary: Primary, stands: Sequence[str] = (), gone: Sequence[str] = ()) -> None:
    """Bring rules to a primary as a delivery does."""
    change = Change(1, stands, gone, lambda: stands)
    DynamicUpdate(primary, PATIENCE).bring(change, lambda: None)


class TwoZones(BindNetwork):
    """Run a primary with a bulk zone beside the hot one, both heeded, and the second daemon as its secondary."""

    bulk = "bulk.cleannet."

    def _configuration(self, which: int, home: Path, heeds: bool) -> str:
        written = super()._configuration(which, home, heeds)
        # The zones that transfer differ from the hot one by their names only.
        zone, hot, bulk = written[written.rindex("zone ") :], self.zone, self.bulk
        second = (
            zone.replace(hot, bulk).replace("/rpz.", "/bulk.").replace("max-journal-size 1m", "max-journal-size 64m")
        )
        if which == 0 and not (home / "bulk.zone").exists():
            (home / "bulk.zone").write_text(EMPTY, encoding="ascii")
        heeded = f'response-policy {{ zone "{hot}"; '
        return written.replace(heeded, f'{heeded}zone "{bulk}"; ') + second


class ForAll(BindNetwork):
    """Run a primary and a secondary, and let whoever is on this machine transfer the zone: Unbound knows no keys.

    `unbound` is the port that is notified, too.
    """

    unbound: int = 0

    def _configuration(self, which: int, home: Path, heeds: bool) -> str:
        own, notified = f'allow-transfer {{ key "{KEY_NAME}"; }};', f"127.0.0.1 port {self.ports[1]}; }};"
        written = super()._configuration(which, home, heeds)
        if which == 0:
            assert own in written
            assert notified in written
        return written.replace(own, "allow-transfer { 127.0.0.1; };").replace(
            f"also-notify {{ {notified}", f"also-notify {{ 127.0.0.1 port {self.unbound}; {notified}"
        )


@contextmanager
def running(command: Sequence[str], port: int, log: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Run a daemon that answers DNS on a port, from its first answer on."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        _wait(process, command[0], port, log, patience)
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait(process: "subprocess.Popen[bytes]", name: str, port: int, log: Path, patience: float) -> None:
    end = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < end:
        try:
            dns.query.udp(dns.message.make_query("ready.example.", "A"), "127.0.0.1", port=port, timeout=0.3)
        except (dns.exception.DNSException, OSError):
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"{name} does not answer: {log.read_text()[-2000:]}")


@contextmanager
def unbound(program: str, home: Path, port: int, network: BindNetwork, root: int) -> Iterator[None]:
    """Run Unbound as a resolver that transfers the policy zone from the primary and asks `root` for names."""
    home.mkdir()
    configuration = home / "unbound.conf"
    configuration.write_text(f"""server:
    directory: "{home}"
    chroot: ""
    username: ""
    pidfile: "{home}/pid"
    use-syslog: no
    logfile: ""
    interface: 127.0.0.1
    port: {port}
    num-threads: 1
    do-not-query-localhost: no
    qname-minimisation: no
    module-config: "respip iterator"
remote-control:
    control-enable: no
stub-zone:
    name: "."
    stub-addr: 127.0.0.1@{root}
rpz:
    name: "{network.zone}"
    primary: {network.primary.replace(":", "@")}
    allow-notify: 127.0.0.1
    zonefile: "{home}/rpz.zone"
""")
    with running([program, "-d", "-c", str(configuration)], port, home / "log"):
        yield


@contextmanager
def powerdns(program: str, home: Path, port: int, network: BindNetwork, root: int) -> Iterator[None]:
    """Run PowerDNS Recursor, which transfers the policy zone with the key and asks for it anew every second."""
    home.mkdir()
    # A socket's path has at most 107 bytes, which the folders of tests exceed.
    sockets = tempfile.mkdtemp(dir="/tmp")
    where = f'"{network.primary}", "{network.zone}"'
    key = f'tsigname="{KEY_NAME}", tsigalgo="hmac-sha256", tsigsecret="{network.secret}"'
    (home / "rpz.lua").write_text(f"rpzMaster({where}, {{ {key}, refresh=1 }})\n")
    (home / "recursor.conf").write_text(f"""local-address=127.0.0.1
local-port={port}
socket-dir={sockets}
daemon=no
threads=1
dnssec=off
disable-packetcache=yes
dont-query=
forward-zones=.=127.0.0.1:{root}
lua-config-file={home}/rpz.lua
hint-file=
""")
    try:
        with running([program, f"--config-dir={home}"], port, home / "log"):
            yield
    finally:
        shutil.rmtree(sockets)


@contextmanager
def knot(program: str, home: Path, port: int, zone_file: Path, root: int) -> Iterator[None]:
    """Run Knot Resolver, which watches the zone file that the hub drops; Debian's lua-cqueues lets it."""
    home.mkdir()
    (home / "kresd.conf").write_text(f"""net.listen('127.0.0.1', {port}, {{ kind = 'dns' }})
modules = {{ 'policy' }}
cache.size = 10*MB
policy.add(policy.rpz(policy.DENY, '{zone_file}', true))
policy.add(policy.all(policy.STUB('127.0.0.1@{root}')))
""")
    with running([program, "-n", "-c", str(home / "kresd.conf"), str(home)], port, home / "log"):
        yield


@contextmanager
def parent_zone(named: str, home: Path, port: int, zone: str, text: str, secret: str) -> Iterator[None]:
    """Run BIND as the only server of a zone whose records may be updated with the key."""
    home.mkdir()
    (home / "zone").write_text(text)
    configuration = home / "named.conf"
    configuration.write_text(f"""key "{KEY_NAME}" {{ algorithm hmac-sha256; secret "{secret}"; }};
options {{
    directory "{home}";
    listen-on port {port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    pid-file "{home}/pid";
    session-keyfile none;
    recursion no;
    empty-zones-enable no;
}};
controls {{ }};
zone "{zone}" {{ type primary; file "{home}/zone"; update-policy {{ grant {KEY_NAME} zonesub ANY; }}; }};
""")
    with running([named, "-g", "-c", str(configuration), "-n", "1"], port, home / "log"):
        yield

"""From the issue of an order to the answer of a real BIND, and from its withdrawal, beside 100,000 and a million names.

A hub of its own (SQLite), its own `tick` process and its own BIND with a hot and a bulk zone, all on loopback.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes

ROOT = Path(__file__).parents[2]
HOT, BULK = "rpz.cleannet.", "bulk.cleannet."
LOADED, MILLION, BATCH = 100_000, 1_000_000, 1_000
ROUNDS, ORDERS = 3, 5
PATIENCE = 120.0


def named_configuration(home: Path, port: int, secret: str) -> str:
    """Return what BIND is told: primary of both zones, heeding both; RPZ changes take effect at once."""
    zones = "\n".join(
        f'zone "{zone}" {{ type primary; file "{home}/{zone}zone"; max-journal-size 256m; '
        f'update-policy {{ grant "hub-key." zonesub ANY; }}; allow-transfer {{ key "hub-key."; }}; notify no; }};'
        for zone in (HOT, BULK)
    )
    return f"""key "hub-key." {{ algorithm hmac-sha256; secret "{secret}"; }};
options {{
    directory "{home}"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; pid-file "{home}/pid";
    session-keyfile none; recursion yes; allow-recursion {{ 127.0.0.1; }}; dnssec-validation no; empty-zones-enable no;
    response-policy {{ zone "{HOT}"; zone "{BULK}"; }} qname-wait-recurse no min-update-interval 0;
}};
controls {{ }};
zone "." {{ type primary; file "{home}/root.zone"; }};
{zones}
"""


@contextmanager
def bind(home: Path, port: int, secret: str, bulk: Sequence[str]) -> Iterator[None]:
    """Run BIND with names in its bulk zone until the block ends."""
    from tests.flow.daemons import running  # noqa: PLC0415 - once the folder of the tests is known

    from cleannet.cli.demo_bind import _ROOT as root  # noqa: PLC0415 - as above
    from cleannet.cli.demo_bind import find_named  # noqa: PLC0415 - as above
    from cleannet.formats import rpz  # noqa: PLC0415 - as above

    home.mkdir()
    (home / "root.zone").write_text(root)
    (home / f"{HOT}zone").write_text(rpz.write([], HOT, 1))
    (home / f"{BULK}zone").write_text(rpz.write(bulk, BULK, 1))
    (home / "named.conf").write_text(named_configuration(home, port, secret))
    named = find_named()
    if named is None:
        raise SystemExit("BIND is not installed")
    with running([named, "-g", "-c", str(home / "named.conf")], port, home / "log", patience=PATIENCE):
        yield


class Resolver:
    """Ask BIND, and remember the longest wait while others ask, too."""

    def __init__(self, port: int) -> None:
        self._port = port

    def blocks(self, name: str) -> bool:
        import dns.message  # noqa: PLC0415 - as the others here
        import dns.query  # noqa: PLC0415 - as above
        import dns.rcode  # noqa: PLC0415 - as above

        query = dns.message.make_query(name, "A")
        answer = dns.query.udp(query, "127.0.0.1", port=self._port, timeout=30)
        return answer.rcode() == dns.rcode.NXDOMAIN

    def wait(self, name: str, blocked: bool) -> float:
        """Return in how many seconds from now a name is blocked, or no longer."""
        began = time.monotonic()
        while self.blocks(name) is not blocked:
            if time.monotonic() > began + PATIENCE:
                raise AssertionError(f"{name} is {'not ' if blocked else ''}blocked after {PATIENCE} s")
            time.sleep(0.005)
        return time.monotonic() - began

    @contextmanager
    def watched(self, waits: list[float]) -> Iterator[None]:
        """Ask for a name that is not blocked a hundred times a second meanwhile, and keep each wait."""
        stop = threading.Event()

        def ask() -> None:
            while not stop.is_set():
                began = time.monotonic()
                self.blocks("ordinary.example")
                waits.append(time.monotonic() - began)
                stop.wait(0.01)

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def measure() -> Mapping[str, float]:
    """Return seconds: of the slowest of five orders in the best of three rounds, as the machine has other work, too."""
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        return _measure(Path(folder))


def _measure(folder: Path) -> Mapping[str, float]:
    from cleannet.cli.demo_bind import free_port  # noqa: PLC0415 - once the folder of the tests is known

    port, secret = free_port(), b64encode(token_bytes(32)).decode()
    os.environ.update(
        DJANGO_SETTINGS_MODULE="cleannet.hub.settings",
        CLEANNET_DATA=str(folder / "hub"),
        CLEANNET_DATABASE_URL="",
        CLEANNET_PARTY="cncert",
        CLEANNET_DNS_PRIMARY=f"127.0.0.1:{port}",
        CLEANNET_DNS_ZONE=HOT,
        CLEANNET_DNS_BULK_ZONE=BULK,
        CLEANNET_DNS_KEY=secret,
        CLEANNET_LOG_LEVEL="ERROR",
    )
    command = [sys.executable, "-c", "import sys; from cleannet.cli import main; sys.exit(main())", "hub"]
    subprocess.run([*command, "setup"], check=True, stdout=subprocess.DEVNULL)
    import django  # noqa: PLC0415 - the settings read the environment

    django.setup()
    figures: dict[str, float] = {}
    hub = Hub()
    resolver = Resolver(port)
    ticking = subprocess.Popen([*command, "tick"])
    try:
        with bind(folder / "small", port, secret, []):
            figures["issue_1000_s"] = hub.issue_many()
            hub.settle()
            began = time.monotonic()
            names = hub.load(LOADED)
            for name in (names[-1], *names[:: LOADED // 1_000]):
                resolver.wait(name, True)
            figures["deliver_100k_s"] = time.monotonic() - began
            hub.settle()
            figures["seal_100k_s"] = time.monotonic() - began
            figures |= _orders(hub, resolver, "100k")
        began = time.monotonic()
        with bind(folder / "large", port, secret, [f"m{number}.bulk.example" for number in range(MILLION)]):
            resolver.wait(f"m{MILLION - 1}.bulk.example", True)
            figures["load_1m_s"] = time.monotonic() - began
            figures |= _orders(hub, resolver, "1m")
    finally:
        ticking.terminate()
        ticking.wait(timeout=60)
    return figures


def _orders(hub: "Hub", resolver: Resolver, beside: str) -> Mapping[str, float]:
    """Return how long an order took until it was in force, its withdrawal until it was not, and who asks meanwhile."""
    rounds = [_round(hub, resolver) for _ in range(ROUNDS)]
    issue, withdraw, query = (min(worst) for worst in zip(*rounds, strict=True))
    return {
        f"issue_beside_{beside}_s": issue,
        f"withdraw_beside_{beside}_s": withdraw,
        f"query_beside_{beside}_s": query,
    }


def _round(hub: "Hub", resolver: Resolver) -> tuple[float, float, float]:
    came, went, waits = [], [], []
    with resolver.watched(waits):
        for _ in range(ORDERS):
            order = hub.issue()
            came.append(resolver.wait(order.target, True))
            hub.withdraw(order.number)
            went.append(resolver.wait(order.target, False))
    return max(came), max(went), max(waits)


class Hub:
    """Issue orders on a case of its own, and load names as orders of an earlier time."""

    def __init__(self) -> None:
        from tests.hub.world import LAW, World, viewer  # noqa: PLC0415 - Django must be set up before

        from cleannet.hub.ledger.actions import Actor  # noqa: PLC0415 - as above
        from cleannet.hub.parties import actions as parties  # noqa: PLC0415 - as above

        self.centre = viewer("cncert")
        now = datetime.now(UTC)
        world = World().populate(known=["cncert"])
        parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p"), now=now)
        (self.case,) = world.tally("op1", 10_001, now).cases
        self._names = (f"c{number}.evil-emial.example.org" for number in range(10_000))

    def _wanted(self, count: int) -> list[object]:
        from tests.hub.world import PROGRAM  # noqa: PLC0415 - Django must be set up before

        from cleannet.core.allow import AllowLists  # noqa: PLC0415 - as above
        from cleannet.hub.disposal.actions import Wanted  # noqa: PLC0415 - as above
        from cleannet.hub.programs import actions as programs  # noqa: PLC0415 - as above

        names = [next(self._names) for _ in range(count)]
        for name in names:
            programs.add_indicator(
                program=PROGRAM, text=name, role="control", source="b", allow=AllowLists(), now=datetime.now(UTC)
            )
        return [Wanted("op1", "control", name) for name in names]

    def issue_many(self) -> float:
        """Issue a thousand orders in one act (一键处置); return how long that took."""
        wanted = self._wanted(BATCH)
        began = time.monotonic()
        self._issue(wanted)
        return time.monotonic() - began

    def issue(self) -> "Order":  # type: ignore[name-defined]  # noqa: F821 - a model, known only once Django is set up
        (made,) = self._issue(self._wanted(1))
        return made

    def _issue(self, wanted: list[object]) -> list["Order"]:  # type: ignore[name-defined]  # noqa: F821 - as above
        from cleannet.hub.disposal import actions  # noqa: PLC0415 - Django must be set up before

        return actions.issue(viewer=self.centre, case=self.case, wanted=wanted, now=datetime.now(UTC))

    def withdraw(self, number: str) -> None:
        from cleannet.hub.disposal import life  # noqa: PLC0415 - Django must be set up before

        life.withdraw(viewer=self.centre, orders=[number], reason="bench", now=datetime.now(UTC))

    def load(self, count: int) -> list[str]:
        """Let orders for many names stand, a thousand with each revision; return the names in their order."""
        from django.db import transaction  # noqa: PLC0415 - Django must be set up before

        from cleannet.hub.disposal import delivery  # noqa: PLC0415 - as above
        from cleannet.hub.disposal.models import Order  # noqa: PLC0415 - as above

        now = datetime.now(UTC) - timedelta(seconds=1)
        names = sorted(f"l{number}.loaded{number % 977}.example" for number in range(count))
        rows = [
            Order(
                number=f"L-{place}",
                case=self.case,
                notice="L",
                party="op1",
                kind="control",
                target=name,
                reach="name",
                in_zone=True,
                issued_at=now,
            )
            for place, name in enumerate(names)
        ]
        for start in range(0, count, BATCH):
            part = rows[start : start + BATCH]
            with transaction.atomic():
                Order.objects.bulk_create(part)
                delivery.changed(entering=part, now=now)
        return names

    def settle(self) -> None:
        """Wait until nothing waits to be delivered, entered or sealed."""
        from cleannet.hub.disposal.models import Arrival, Delivery  # noqa: PLC0415 - Django must be set up before
        from cleannet.hub.ledger.models import Unsealed  # noqa: PLC0415 - as above

        until = time.monotonic() + 4 * PATIENCE
        work = (Arrival.objects.filter(done_at=None), Delivery.objects.filter(done_at=None), Unsealed.objects.all())
        while any(rows.exists() for rows in work):
            if time.monotonic() > until:
                raise AssertionError("the deliveries do not come to an end")
            time.sleep(0.05)

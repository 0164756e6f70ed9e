"""Orders at the edge of the network: names of every shape at BIND and Unbound, and a registrar at the parent zone."""

import secrets
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rrset
import dns.tsigkeyring
import dns.update
import pytest
from pytest_django import Settings
from tests.flow.conftest import ZONE, look
from tests.flow.daemons import PATIENCE, ForUnbound, parent_zone, unbound
from tests.hub.world import LAW, NOW, PROGRAM, World, viewer
from tests.probe.servers import serving

from cleannet.cli.demo_bind import ANSWER, KEY_NAME, free_port
from cleannet.core.allow import AllowLists
from cleannet.hub.disposal import actions as disposal
from cleannet.hub.disposal import feedback, queries, verification
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.feedback import Done
from cleannet.hub.disposal.queries import Order
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions as parties
from cleannet.hub.programs import actions as programs
from cleannet.probe import resolver
from cleannet.probe.answer import Server

pytestmark = [pytest.mark.django_db, pytest.mark.needs("named")]
MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=30)
# The rule for all names below (`*.name.zone.`) has to fit into 255 octets.
LONGEST = 255 - 1 - len("*.") - len(f".{ZONE}")
LABEL = "l" * 63
NAMES = {
    "plain": "c2.evil-emial.example.org",
    "IDNA": "控制.坏例子.example.org",
    "deep": ".".join(f"d{level}" for level in range(40)) + ".example.org",
    "longest label": f"{LABEL}.example.org",
    "longest name": f"{'x' * (LONGEST - 3 * 64 - 4)}.{LABEL}.{LABEL}.{LABEL}.org",
}


@pytest.fixture
def case() -> str:
    """Return a case whose notice CNCERT may issue."""
    world = World().populate()
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p"), now=NOW)
    (number,) = world.tally("op1", 10_001, NOW).cases
    return number


@pytest.fixture
def network(tmp_path: Path, settings: Settings, program: Callable[[str], str]) -> Iterator[dict[str, Server]]:
    """Run op1's resolver, a BIND that is also the primary, and op2's, an Unbound; return them by party."""
    made = ForUnbound(tmp_path, ZONE)
    found = {party: Server(party, "127.0.0.1", port) for party, port in zip(("op1", "op2"), made.ports, strict=True)}
    settings.CLEANNET_DNS_PRIMARY, settings.CLEANNET_DNS_ZONE = made.primary, ZONE
    settings.CLEANNET_DNS_KEY_NAME, settings.CLEANNET_DNS_KEY = KEY_NAME, made.secret
    settings.CLEANNET_DNS_RESOLVERS = ",".join(
        f"{party}/{party}={one.address}:{one.port}" for party, one in found.items()
    )
    settings.CLEANNET_DNS_ROOTS = ""
    made.start()
    try:
        with unbound(program("unbound"), tmp_path / "unbound", made.ports[1], made):
            yield found
    finally:
        made.stop()


def fed(orders: list[Order], at: int) -> list[str]:
    """Let each party feed back its orders as done; return the numbers of the feedbacks."""
    given = []
    for party in sorted({order.party for order in orders}):
        own = [order for order in orders if order.party == party]
        made = feedback.feed_back(
            viewer=viewer(party),
            notice=own[0].notice,
            items=[Done(order.number, True) for order in own],
            users_told=5 if party.startswith("op") else None,
            disposed_at=NOW + at * MINUTE,
            now=NOW + at * MINUTE,
        )
        given.append(made.number)
    return given


def verified(feedbacks: list[str], at: int) -> dict[str, str]:
    """Answer feedbacks with what was seen; return the verdict of each name of each."""
    said: dict[str, str] = {}
    for number in feedbacks:
        found = verification.verify(viewer=viewer("cncert", "p-second"), feedback=number, now=NOW + at * MINUTE)
        said |= {f"{number} {host}": verdict for host, verdict in found.items()}
    return said


def seen(server: Server, name: str) -> str:
    return resolver.look(server, name, timeout=5).verdict


@pytest.mark.needs("unbound")
def test_names_of_every_shape_are_blocked_at_both_resolvers_and_nothing_beside_them(
    case: str, network: dict[str, Server]
) -> None:
    add = {"program": PROGRAM, "role": "control", "source": "test", "allow": AllowLists(), "now": NOW}
    for name in NAMES.values():
        programs.add_indicator(text=name, **add)  # type: ignore[arg-type]  # as given above
    hosts = {kind: name.encode("idna").decode() if kind == "IDNA" else name for kind, name in NAMES.items()}
    assert len(hosts["longest name"]) == LONGEST
    around = {f"beside-{host.split('.', 1)[0][:40]}.{host.split('.', 1)[1]}" for host in hosts.values()}
    around |= {host.split(".", 1)[1] for kind, host in hosts.items() if kind != "IDNA"}
    below = {f"a.{host}" for host in hosts.values() if len(host) < 252}
    before = {seen(server, name) for server in network.values() for name in (*hosts.values(), *around)}
    assert before == {"still_there"}

    wanted = [Wanted(party, "control", host) for party in network for host in hosts.values()]
    orders = disposal.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + MINUTE)
    while disposal.deliver(now=NOW + MINUTE, lease=LEASE):
        pass
    assert all(row.done_at for row in queries.deliveries(viewer("cncert"), case=case))
    end = time.monotonic() + PATIENCE
    while "still_there" in {seen(network["op2"], host) for host in hosts.values()}:
        assert time.monotonic() < end, "Unbound does not transfer the zone"
        time.sleep(0.1)

    feedbacks = fed(orders, 3)
    look(case, NOW + 4 * MINUTE)
    verdicts = verified(feedbacks, 5)
    assert (len(verdicts), set(verdicts.values())) == (2 * len(NAMES), {"gone"})
    for order in orders:
        vantages = [one.vantage for one in queries.sightings(order)]
        assert vantages == [order.party, f"primary ({ZONE})"]
    assert {seen(server, name) for server in network.values() for name in below} == {"gone"}
    assert {seen(server, name) for server in network.values() for name in around} == {"still_there"}


def test_a_registrar_is_verified_once_the_parent_delegates_no_longer(
    case: str, tmp_path: Path, settings: Settings, program: Callable[[str], str]
) -> None:
    port, secret = free_port(), b64encode(secrets.token_bytes(32)).decode()
    settings.CLEANNET_DNS_RESOLVERS, settings.CLEANNET_DNS_ROOTS = "", f"parent=127.0.0.1:{port}"
    text = """$TTL 5
@ IN SOA localhost. hostmaster.localhost. 1 300 60 604800 5
@ IN NS localhost.
evil-emial IN NS ns.evil-emial
ns.evil-emial IN A 127.0.0.2
"""

    def own(query: dns.message.Message) -> dns.message.Message:
        """Answer as the criminal's own name server, which never stops."""
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA
        answer.answer.append(dns.rrset.from_text(query.question[0].name, 5, "IN", "A", ANSWER))
        return answer

    with (
        parent_zone(program("named"), tmp_path / "parent", port, "example.com.", text, secret),
        serving(own, "127.0.0.2", port),
    ):
        wanted = [Wanted("rr", "control", "c2.evil-emial.example.com")]
        orders = disposal.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + MINUTE)
        assert not queries.deliveries(viewer("cncert"), case=case).exists()
        feedbacks = fed(orders, 2)
        look(case, NOW + 3 * MINUTE)
        assert set(verified(feedbacks, 4).values()) == {"still_there"}
        (still,) = queries.sightings(orders[0])
        assert (still.kind, still.vantage) == ("authority", "evil-emial.example.com.")
        said = [one["said"] for one in still.evidence["answers"]]
        assert said == ["delegates evil-emial.example.com. to ns.evil-emial.example.com.", ANSWER]

        again = disposal.issue_again(viewer=viewer("cncert"), case=case, now=NOW + 5 * MINUTE)
        ring = dns.tsigkeyring.from_text({KEY_NAME: ("hmac-sha256", secret)})
        update = dns.update.UpdateMessage("example.com.", keyring=ring, keyalgorithm="hmac-sha256")
        update.delete("evil-emial", "NS")
        update.delete("ns.evil-emial")
        assert dns.query.tcp(update, "127.0.0.1", port=port, timeout=5).rcode() == dns.rcode.NOERROR
        feedbacks = fed(again, 6)
        look(case, NOW + 7 * MINUTE)
        assert set(verified(feedbacks, 8).values()) == {"gone"}
        (gone,) = queries.sightings(again[0])
        assert [one["said"] for one in gone.evidence["answers"]] == ["NXDOMAIN"]
    (status,) = {order.status for order in queries.orders(viewer("cncert"), case=case).filter(notice=again[0].notice)}
    assert status == "verified"

"""Orders at the edge of the network: names of every shape at BIND, Unbound, PowerDNS and Knot, and a registrar."""

import secrets
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
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
from tests.flow.daemons import PATIENCE, ForAll, knot, parent_zone, powerdns, unbound
from tests.hub.disposal.conftest import HOST
from tests.hub.world import LAW, NOW, PROGRAM, World, viewer
from tests.probe.servers import serving

from cleannet.cli.demo_bind import _ROOT as ROOT
from cleannet.cli.demo_bind import ANSWER, KEY_NAME, BindNetwork, free_port
from cleannet.core.allow import AllowLists
from cleannet.formats import rpz
from cleannet.hub.disposal import actions as disposal
from cleannet.hub.disposal import delivery, effects, feedback, life, queries, verification
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
OPERATORS = ("op1", "op2")
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
    """Run op1's resolver, a BIND that is also the primary, op2's, an Unbound, and three more; return them by name."""
    names = ("op1", "second BIND", "op2", "PowerDNS", "Knot")
    made = ForAll(tmp_path, ZONE)
    ports = (*made.ports, free_port(), free_port(), free_port())
    made.unbound, root = ports[2], free_port()
    found = {name: Server(name, "127.0.0.1", port) for name, port in zip(names, ports, strict=True)}
    settings.CLEANNET_DNS_PRIMARY, settings.CLEANNET_DNS_ZONE = made.primary, ZONE
    settings.CLEANNET_DNS_KEY_NAME, settings.CLEANNET_DNS_KEY = KEY_NAME, made.secret
    settings.CLEANNET_ZONE_FOLDER = str(tmp_path)
    settings.CLEANNET_DNS_RESOLVERS = ",".join(f"{party}/{party}=127.0.0.1:{found[party].port}" for party in OPERATORS)
    settings.CLEANNET_DNS_ROOTS = ""
    (dropped := tmp_path / f"{ZONE}zone").write_text(rpz.write([], ZONE, 0))
    made.start()
    try:
        with (
            parent_zone(program("named"), tmp_path / "root", root, ".", ROOT, made.secret),
            unbound(program("unbound"), tmp_path / "unbound", ports[2], made, root),
            powerdns(program("pdns_recursor"), tmp_path / "powerdns", ports[3], made, root),
            knot(program("kresd"), tmp_path / "knot", ports[4], dropped, root),
        ):
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


def everywhere(network: dict[str, Server], names: Iterable[str], said: str) -> None:
    """Wait until every resolver says so of every name."""
    end = time.monotonic() + PATIENCE
    left = [(server, name) for server in network.values() for name in names]
    while left := [(server, name) for server, name in left if seen(server, name) != said]:
        assert time.monotonic() < end, f"not {said}: {[(server.name, name) for server, name in left]}"
        time.sleep(0.1)


def deliver(at: int) -> None:
    while delivery.deliver(now=NOW + at * MINUTE, lease=LEASE):
        pass


@pytest.mark.needs("unbound", "pdns_recursor", "kresd")
def test_every_resolver_answers_as_the_orders_say_before_during_and_after(
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
    everywhere(network, {*hosts.values(), *below, *around}, "still_there")

    wanted = [Wanted(party, "control", host) for party in OPERATORS for host in hosts.values()]
    orders = disposal.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + MINUTE)
    deliver(1)
    assert {one.state for one in effects.effects(orders).values()} == {"active"}
    everywhere(network, {*hosts.values(), *below}, "gone")
    everywhere(network, around, "still_there")

    feedbacks = fed(orders, 3)
    look(case, NOW + 4 * MINUTE)
    verdicts = verified(feedbacks, 5)
    assert (len(verdicts), set(verdicts.values())) == (2 * len(NAMES), {"gone"})
    for order in orders:
        vantages = [one.vantage for one in queries.sightings(order)]
        assert vantages == [order.party, f"primary ({ZONE})"]

    # All but one name of one operator; what the other was ordered keeps the plain name blocked in the zone they share.
    over = [order for order in orders if (order.party, order.target) != ("op2", hosts["plain"])]
    life.withdraw(viewer=viewer("cncert"), orders=[one.number for one in over], reason="误报", now=NOW + 6 * MINUTE)
    deliver(6)
    fresh = list(queries.orders(viewer("cncert"), case=case))
    states = {(one.party, one.target): effects.effects(fresh)[one.number].state for one in fresh}
    assert (states.pop(("op1", hosts["plain"])), states.pop(("op2", hosts["plain"]))) == ("kept", "active")
    assert set(states.values()) == {"gone"}
    everywhere(network, {*hosts.values(), *around} - {hosts["plain"]}, "still_there")
    everywhere(network, [hosts["plain"], f"a.{hosts['plain']}"], "gone")


def test_a_secondary_that_was_away_catches_up_with_what_was_issued_and_withdrawn(case: str, bind: BindNetwork) -> None:
    bind.heed()
    wanted = [Wanted("op1", "control", HOST), Wanted("op1", "distribution", "dl.evil-emial.example.net")]
    first, _ = disposal.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + MINUTE)
    deliver(1)
    bind.settle()
    second = {"second": Server("second", "127.0.0.1", bind.ports[1])}
    everywhere(second, [first.target], "gone")
    bind._end(1)
    life.withdraw(viewer=viewer("cncert"), orders=[first.number], reason="误报", now=NOW + 2 * MINUTE)
    deliver(2)
    assert not queries.waiting_deliveries(viewer("cncert")).exists()
    bind._start(1, heeds=True)
    bind.settle()
    everywhere(second, [first.target], "still_there")
    everywhere(second, [wanted[1].target], "gone")


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
        assert not queries.waiting_deliveries(viewer("cncert")).exists()
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

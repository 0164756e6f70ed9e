"""A case with an order, and a DNS server of our own on loopback that answers as a test says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from pytest_django import Settings
from tests.hub.world import LAW, NOW, World, viewer
from tests.probe.servers import serving

from cleannet.hub.disposal import actions, feedback, probes, verification
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.feedback import Done
from cleannet.hub.disposal.queries import Feedback, Order
from cleannet.hub.incidents.first import First
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions as parties

HOST = "c2.evil-emial.example.com"


@dataclass
class Answering:
    """Answer every query as `say` decides: an address, NXDOMAIN, NODATA, SERVFAIL or nothing at all."""

    port: int = 0
    say: Callable[[str], str] = field(default=lambda name: "192.0.2.80")
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def resolver(settings: Settings) -> Iterator[Answering]:
    answering = Answering()

    def reply(query: dns.message.Message) -> dns.message.Message | None:
        name, kind = query.question[0].name.to_text(), query.question[0].rdtype
        answering.asked.append(name)
        said = answering.say(name)
        if said == "silence":
            return None
        answer = dns.message.make_response(query, recursion_available=True)
        answer.flags |= dns.flags.AA
        if said in ("NXDOMAIN", "SERVFAIL", "REFUSED"):
            answer.set_rcode(dns.rcode.from_text(said))
        elif said != "NODATA" and (":" in said) == (kind == dns.rdatatype.AAAA):
            answer.answer.append(dns.rrset.from_text(name, 5, "IN", kind, said))
        return answer

    with serving(reply) as answering.port:
        settings.CLEANNET_DNS_RESOLVERS = f"甲=127.0.0.1:{answering.port}"
        settings.CLEANNET_DNS_SECONDS = 1
        yield answering


@pytest.fixture
def case(db: None) -> str:
    """Return a case of grade III, reported by CNCERT, which may notify."""
    world = World().populate()
    (number,) = world.tally("op1", 10_001, NOW).cases
    parties.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=Actor("miit", "miit", "p"), now=NOW)
    return number


@pytest.fixture
def order(case: str) -> Order:
    (made,) = actions.issue(
        viewer=viewer("cncert"), case=case, wanted=[Wanted("op1", "control", HOST)], now=NOW + timedelta(minutes=1)
    )
    return made


def fed(
    order: Order,
    done: bool = True,
    reason: str = "",
    told: int | None = 5,
    first: First | None = None,
    now: datetime = NOW + timedelta(minutes=3),
) -> Feedback:
    """Let op1 feed back on an order."""
    return feedback.feed_back(
        viewer=viewer("op1"),
        notice=order.notice,
        items=[Done(order.number, done, reason)],
        users_told=told,
        disposed_at=NOW + timedelta(minutes=2),
        now=now,
        first=first,
    )


def met(case: str) -> set[str]:
    """Return the rules of a case's duties that were met."""
    return {duty.rule for duty in ledger.duties(viewer("cncert"), case=case) if duty.met_by_id}


def look(case: str, at: datetime) -> int:
    """Ask for a look at a case and let the lane look; return how many names it looked at."""
    verification.look(viewer=viewer("cncert"), case=case, now=at)
    looked = 0
    while probes.probe(now=at, lease=timedelta(seconds=30)):
        looked += 1
    return looked

"""A process of its own that enters acts and lets time pass, for tests that kill it or run several at once.

Usage: worker.py enter NAME COUNT | write NAME SECONDS | order COUNT | deliver WITHDRAWN | look | probe | count
       worker.py tallies FOLDER | submit FOLDER PARTY SECONDS
"""

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).parents[3]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cleannet.hub.settings")
django.setup()

from tests.hub.world import LAW as LAW_ID  # noqa: E402 - Django must be set up before models are imported
from tests.hub.world import PROGRAM, World, viewer  # noqa: E402

from cleannet.core.allow import AllowLists  # noqa: E402 - as above
from cleannet.core.clock import shipped_calendar  # noqa: E402
from cleannet.core.entry import Participants  # noqa: E402
from cleannet.core.policy_file import shipped  # noqa: E402
from cleannet.core.terms import Grade  # noqa: E402
from cleannet.hub.disposal import actions as disposal  # noqa: E402
from cleannet.hub.disposal import feedback, life, verification  # noqa: E402 - as above
from cleannet.hub.disposal.models import Arrival, Delivery, Order, Probe, Sighting  # noqa: E402 - as above
from cleannet.hub.incidents import actions as incidents  # noqa: E402 - as above
from cleannet.hub.jobs import lanes, tick  # noqa: E402
from cleannet.hub.ledger import actions  # noqa: E402
from cleannet.hub.ledger.models import Duty, Entry, Reminder, Seal, Unsealed  # noqa: E402
from cleannet.hub.parties import actions as parties  # noqa: E402
from cleannet.hub.programs import actions as programs  # noqa: E402

LAW = shipped()["mobile_malware_2011"]
WHO = Participants({"miit": {"miit"}, "cncert": {"cncert"}, "operator": {"cmcc"}, "bureau:relevant": {"gd"}})


def enter(kind: str, case: str, **rest: object) -> None:
    now = datetime.now(UTC)
    long_ago = now - timedelta(hours=3)
    actions.enter(  # type: ignore[arg-type]  # the rest is whatever the act needs
        kind=kind,
        actor=actions.Actor(party="cmcc", role="operator"),
        happened_at=long_ago,
        now=now,
        participants=WHO,
        calendar=shipped_calendar(),
        policies=[LAW],
        refs={"case": case},
        grades={LAW.id: Grade.I},
        found_at=long_ago,
        key=f"{kind}:{case}",
        **rest,
    )


def come_round(*names: str) -> None:
    if tick.once([lane for lane in lanes.LANES if lane.name in names]):
        raise SystemExit("a lane failed")


def seal_and_remind() -> None:
    come_round("seal", "reminders")


def order(count: int) -> None:
    """Order one operator to block `count` names."""
    now = datetime.now(UTC)
    world = World().populate(known=["cncert"])
    parties.delegate(policy=LAW_ID, rule="10.3.notice", delegate="cncert", actor=actions.Actor("miit", "miit"), now=now)
    hosts = [f"c{number}.evil-emial.example.org" for number in range(count)]
    for host in hosts:
        programs.add_indicator(program=PROGRAM, text=host, role="control", source="t", allow=AllowLists(), now=now)
    (case,) = world.tally("op1", 10_001, now).cases
    wanted = [disposal.Wanted("op1", "control", host) for host in hosts]
    disposal.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=now)


def tallies(folder: Path) -> None:
    """Register everybody and write a tally of each operator, not sent yet."""
    world = World().populate(known=["cncert"])
    for party in ("op1", "op2"):
        (folder / party).write_bytes(world.message(party, 6_000, datetime.now(UTC)))


def submit(folder: Path, party: str, seconds: float) -> None:
    """Send a written tally; once it has opened a case, say so and stay in the transaction for a while."""

    def linger(entry: Entry) -> None:
        if entry.kind == "incident.opened":
            print("opened", flush=True)
            time.sleep(seconds)

    with actions.alongside(linger):
        receipt = incidents.receive_tally(
            data=(folder / party).read_bytes(), viewer=viewer(party), now=datetime.now(UTC)
        )
    print(receipt.cases[0], flush=True)


def look() -> None:
    """Let the operator feed back on every name, and ask for a look at each."""
    now = datetime.now(UTC)
    orders = list(Order.objects.all())
    done = [feedback.Done(order.number, True) for order in orders]
    feedback.feed_back(
        viewer=viewer("op1"), notice=orders[0].notice, items=done, users_told=1, disposed_at=now, now=now
    )
    verification.look(viewer=viewer("cncert"), case=orders[0].case, now=now)


def deliver(withdrawn: int) -> None:
    """Bring orders to the network and withdraw one after the other, until so many are withdrawn and nothing waits."""
    while any(rows.objects.filter(done_at=None).exists() for rows in (Delivery, Arrival)) or withdraw(withdrawn):
        withdraw(withdrawn)
        come_round("deliveries", "arrivals", "seal")


def withdraw(most: int) -> bool:
    """Withdraw the next order, unless so many are withdrawn already."""
    if Order.objects.filter(status="withdrawn").count() >= most:
        return False
    first = Order.objects.filter(leaves=None).order_by("number")[:1]
    life.withdraw(viewer=viewer("cncert"), orders=[one.number for one in first], reason="storm", now=datetime.now(UTC))
    return True


def main() -> None:
    what, *rest = sys.argv[1:]
    print("ready", flush=True)
    if what == "enter":
        for number in range(int(rest[1])):
            case = f"{rest[0]}-{number}"
            enter("incident.graded", case)
            if number % 2:
                enter("incident.reported", case, recipients=["miit", "gd", "cncert"])
            seal_and_remind()
        while Reminder.objects.filter(done_at=None, ready_at__lte=datetime.now(UTC)).exists():
            seal_and_remind()
            time.sleep(0.1)
    elif what == "write":
        until = time.monotonic() + float(rest[1])
        number = 0
        while time.monotonic() < until:
            enter("incident.graded", f"{rest[0]}-{number}")
            number += 1
        print(number, flush=True)
    elif what == "order":
        order(int(rest[0]))
    elif what == "tallies":
        tallies(Path(rest[0]))
    elif what == "submit":
        submit(Path(rest[0]), rest[1], float(rest[2]))
    elif what == "deliver":
        deliver(int(rest[0]))
    elif what == "look":
        look()
    elif what == "probe":
        while Probe.objects.filter(done_at=None).exists():
            come_round("probes")
            time.sleep(0.05)
    else:
        graded = Entry.objects.filter(kind="incident.graded")
        print(
            json.dumps(
                {
                    "entries": Entry.objects.count(),
                    "waiting": Delivery.objects.filter(done_at=None).count(),
                    "standing": list(Order.objects.filter(leaves=None).values_list("target", flat=True)),
                    "removed": [entry.facts["target"] for entry in Entry.objects.filter(kind="order.removed")],
                    "delivered": [entry.facts["target"] for entry in Entry.objects.filter(kind="order.delivered")],
                    "seen": [f"{one.order.target} {one.vantage}" for one in Sighting.objects.select_related("order")],
                    "acts": Entry.objects.filter(party="cmcc").count(),
                    "graded": graded.count(),
                    "seals": Seal.objects.count(),
                    "unsealed": Unsealed.objects.count(),
                    "duties": Duty.objects.filter(expects="incident.reported").count(),
                    "met": Duty.objects.filter(expects="incident.reported").exclude(met_by=None).count(),
                    "due": Duty.objects.exclude(due=None).count(),
                    "reminders": Reminder.objects.count(),
                    "reminded": Reminder.objects.filter(duty__expects="incident.reported")
                    .exclude(done_at=None)
                    .count(),
                }
            )
        )


main()

"""The stage of the demonstration: its people, edges and network, its clock, and the acts of which the story is made.

The ledger holds the story's times: every act is given its moment, and between the acts the lanes of tick run with the
story's clock.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from cleannet.cli.demo_cast import Cast
from cleannet.cli.demo_edge import Edge
from cleannet.cli.demo_network import Network, Parent
from cleannet.edge.counting import Counted
from cleannet.hub.disposal import actions as disposal
from cleannet.hub.disposal import batches, feedback, verification
from cleannet.hub.disposal import queries as orders
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.batches import Batch
from cleannet.hub.disposal.feedback import Done
from cleannet.hub.disposal.queries import Order
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents import reports
from cleannet.hub.jobs.lanes import LANES
from cleannet.hub.ledger import sealing
from cleannet.hub.programs import actions as programs

_ROUND = timedelta(minutes=30)
# What a person types into a report where the record does not know it.
_BY_HAND = {"phone": "010-00000000", "mail": "duty@example.org", "distribution_servers": "未发现"}
Say = Callable[[str], None]


class StoryFailed(Exception):
    """Say what came out otherwise than the story has it."""


class Stage:
    """Hold everybody and everything, and the moment; `say` is told what goes on."""

    def __init__(
        self,
        *,
        cast: Cast,
        edges: Sequence[Edge],
        network: Network,
        parent: Parent,
        url: str,
        begin: datetime,
        say: Say,
    ) -> None:
        self.cast, self.network, self.parent, self.url, self.say = cast, network, parent, url, say
        self.edges = {edge.operator.party: edge for edge in edges}
        self.begin = self.now = begin
        self.counted: dict[str, Counted] = {}

    def at(self, hours: float, minutes: float = 0) -> None:
        """Let time pass until so long after the beginning."""
        moment = self.begin + timedelta(hours=hours, minutes=minutes)
        while self.now + _ROUND < moment:
            self.pass_time(self.now + _ROUND)
        self.pass_time(moment)

    def pass_time(self, moment: datetime) -> None:
        """Let every lane of tick come round until it finds nothing more, with the story's clock."""
        if moment < self.now:
            raise StoryFailed(f"the story goes back from {self.now} to {moment}")
        self.now = moment
        for lane in LANES:
            while lane.work(moment):
                pass

    def publish(self) -> None:
        programs.publish(now=self.now)
        for edge in self.edges.values():
            edge.pull(self.url, self.now)

    def count_dns(self) -> None:
        hour = (self.now - self.begin) / timedelta(hours=1)
        self.say(f"hour {hour:g}: both operators count")
        for edge in self.edges.values():
            self.send(edge, edge.count(edge.logs.dns_until(hour), self.now))

    def count_bills(self, after: float, until: float) -> None:
        self.say(f"hour {until:g}: 甲 counts its billing rows")
        edge = self.edges["op-a"]
        self.send(edge, edge.count(edge.logs.bills_between(after, until), self.now))

    def send(self, edge: Edge, counted: Counted) -> None:
        """Hand the spooled tallies to what the API calls, with the story's clock, and keep the receipts."""
        self.counted[edge.operator.party] = counted
        viewer = self.cast.viewers[edge.operator.party]
        for sequence, message in list(edge.state.waiting()):
            receipt = incidents.receive_tally(data=message, viewer=viewer, now=self.now)
            sealing.seal(now=self.now)
            head = sealing.last_head()
            if head is None:
                raise StoryFailed("a tally was taken in and nothing of it is sealed")
            answer = {"edge": edge.id, "sequence": receipt.sequence, "cases": list(receipt.cases), "again": False}
            edge.state.receipted(sequence, json.dumps({**answer, "head": bytes(head.envelope).decode()}).encode())

    def report(self, username: str, program: str) -> None:
        viewer, case = self.cast.viewers[username], self.case(program)
        known = reports.draft_report(viewer=viewer, case=case, now=self.now).values
        typed = {key: text for key, text in _BY_HAND.items() if not known.get(key)}
        reports.report(viewer=viewer, case=case, now=self.now, changes=typed)

    def issue(self, case: str, wanted: Sequence[Wanted]) -> list[Order]:
        self.say("a notice with its orders")
        return self._confirmed(
            batches.draft(viewer=self.cast.viewers["cncert"], case=case, wanted=wanted, now=self.now)
        )

    def issue_again(self, case: str) -> list[Order]:
        """Let two people of CNCERT issue again what failed."""
        return self._confirmed(batches.draft_again(viewer=self.cast.viewers["cncert"], case=case, now=self.now))

    def _confirmed(self, batch: Batch) -> list[Order]:
        made = batches.confirm(viewer=self.cast.viewers["cncert-2"], batch=batch.number, now=self.now)
        self.at((self.now - self.begin) / timedelta(hours=1), 1)
        late = orders.waiting_deliveries(self.cast.viewers["cncert"]).first()
        if late:
            raise StoryFailed(f"the network did not take {late.key}: {late.failure}")
        return made

    def acknowledge(self, issued: Iterable[Order], hour: float) -> None:
        for place, order in enumerate(issued):
            self.at(hour, 3 * place)
            disposal.acknowledge(viewer=self.cast.viewers[order.party], order=order.number, now=self.now)

    def feed_back(
        self, issued: Sequence[Order], party: str, hour: float, minute: float, told: int | None = None
    ) -> str:
        self.at(hour, minute)
        own = [order for order in issued if order.party == party]
        made = feedback.feed_back(
            viewer=self.cast.viewers[party],
            notice=own[0].notice,
            items=[Done(order.number, True) for order in own],
            users_told=told,
            disposed_at=self.now - timedelta(minutes=12),
            now=self.now,
        )
        return str(made.number)

    def verify(self, case: str, given: Mapping[str, str], at: tuple[float, float]) -> None:
        """Look, and answer each feedback; `given` says with which verdict."""
        self.say("looking whether the names still answer")
        self.at(*at)
        self.network.settle()
        verification.look(viewer=self.cast.viewers["cncert"], case=case, now=self.now)
        for number, verdict in given.items():
            self.pass_time(self.now + timedelta(minutes=2))
            found = verification.verify(viewer=self.cast.viewers["cncert-2"], feedback=number, now=self.now)
            self.expect(f"the verdict on {number}", set(found.values()), {verdict})

    def case(self, program: str) -> str:
        found = cases.cases(self.cast.viewers["cncert"]).filter(program=program)
        return str(found[0].number)

    def grade(self, username: str, program: str) -> str:
        viewer = self.cast.viewers[username]
        case = cases.case(viewer, self.case(program))
        own = [one for one in cases.standing_grades(viewer, case) if one.grader == viewer.party]
        return str(own[0].grade) if own else ""

    def expect(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            raise StoryFailed(f"{what}: {found} instead of {wanted}")

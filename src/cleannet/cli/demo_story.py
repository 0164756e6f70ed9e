"""The story of the demonstration: what everybody does at which hour, each act by the hub's own actions.

The ledger holds the story's times: every act is given its moment, and between the acts the lanes of tick run with the
story's clock. Only the edges speak HTTP with a real server, which asks its own clock: they pull every release that way,
and the last tallies, which come at the story's end, that is now. Earlier tallies are handed to the function the API
itself calls.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cleannet.cli import demo_data as data
from cleannet.cli.demo_cast import Cast, add_backup, add_programs
from cleannet.cli.demo_edge import Counted, Edge
from cleannet.cli.demo_network import Network
from cleannet.core.refusal import Refusal
from cleannet.hub.disposal import actions as disposal
from cleannet.hub.disposal import feedback
from cleannet.hub.disposal import queries as orders
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.feedback import Done
from cleannet.hub.disposal.queries import Order
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents import reports
from cleannet.hub.jobs.lanes import LANES
from cleannet.hub.ledger import sealing
from cleannet.hub.parties import actions as parties
from cleannet.hub.programs import actions as programs
from cleannet.hub.watch import actions as watch

HOURS = 36
_ROUND = timedelta(minutes=30)
_OPERATORS = ("op-a", "op-b")
Say = Callable[[str], None]


class StoryFailed(Exception):
    """Say what came out otherwise than the story has it."""


class Story:
    """Play the story to its end; `say` is told what goes on."""

    def __init__(
        self, *, cast: Cast, edges: Sequence[Edge], network: Network, url: str, begin: datetime, say: Say
    ) -> None:
        self._cast, self._network, self._url, self._say = cast, network, url, say
        self._edges = {edge.operator.party: edge for edge in edges}
        self.begin = self.now = begin
        self.end = begin + timedelta(hours=HOURS)
        self.counted: dict[str, Counted] = {}
        self.held: dict[str, str] = {}
        self.refused: Refusal | None = None

    def play(self, hub_key: Path) -> None:
        """Play everything up to now; `hub_key` is the file of the hub's public key, which the edges pin.

        Raises StoryFailed where anything came out otherwise than the story has it.
        """
        self._set_up(hub_key)
        self._big_begins()
        self._takedown_that_fails_first()
        self._late_report()
        self._big_grows()
        self._paid()
        self._until_now()

    def edge_explains(self, name: str) -> list[str]:
        """Return what the first operator's edge says of a name at the end."""
        return self._edges[_OPERATORS[0]].explain(name, self.now)

    def _set_up(self, hub_key: Path) -> None:
        self._say("registering the parties, publishing the watchlist")
        self._cast.enter(self.now)
        self._at(0, 5)
        self.held = dict(add_programs(self.now))
        for party, edge in self._edges.items():
            token = parties.make_token(party=party, label=edge.id, held=("read", "submit"), now=self.now)
            public = edge.enrol(hub_key, token)
            watch.enrol(edge=edge.id, party=party, province=data.PROVINCE, public_key=public, now=self.now)
        self._at(0, 10)
        self._publish()

    def _big_begins(self) -> None:
        self._at(2)
        self._count_dns()
        self._at(5)
        self._count_dns()
        self._expect("the grade of 甲 after five hours", self._grade("op-a", data.BIG), "III")
        self._at(6, 10)
        self._report("op-a", data.BIG)
        self._at(6, 25)
        self._report("cncert", data.BIG)

    def _takedown_that_fails_first(self) -> None:
        self._at(6, 35)
        case = self._case(data.BIG)
        try:
            disposal.issue(
                viewer=self._cast.viewers["cncert"],
                case=case,
                wanted=[Wanted("op-a", "control", data.ORDINARY)],
                now=self.now,
            )
        except Refusal as refusal:
            self.refused = refusal
        self._expect(
            "an order against an allow-listed name", self.refused and self.refused.code, "order.held_by_allow_list"
        )
        self._at(6, 40)
        wanted = [Wanted(party, "control", data.CONTROL) for party in _OPERATORS]
        issued = self._issue(case, [*wanted, Wanted("registrar", "distribution", data.DISTRIBUTION)])
        self._acknowledge(issued, 6.8)
        given = [
            self._feed_back(issued, "op-a", 8, 0, 9_600),
            self._feed_back(issued, "op-b", 8, 40, 3_800),
            self._feed_back(issued, "registrar", 9, 30),
        ]
        self._verify(case, given, (9, 40), "still_there")
        self._at(10)
        self._network.heed()
        self._at(10, 10)
        again = disposal.issue_again(viewer=self._cast.viewers["cncert"], case=case, now=self.now)
        self._at(10, 30)
        self._count_dns()
        self._acknowledge(again, 10.7)
        given = [self._feed_back(again, party, 11, 30 + at, told) for at, (party, told) in enumerate(_TOLD_AGAIN)]
        self._verify(case, given, (11, 45), "gone")

    def _late_report(self) -> None:
        self._at(13)
        add_backup(self.now)
        self._publish()
        self._at(15, 7)
        self._report("op-b", data.BIG)
        self._at(16)
        self._count_dns()

    def _big_grows(self) -> None:
        self._at(20)
        self._count_bills(0, 20)
        self._at(22)
        self._count_dns()
        self._expect("CNCERT's grade after 22 hours", self._grade("cncert", data.BIG), "II")
        self._at(22, 50)
        self._report("cncert", data.BIG)
        self._at(23, 10)
        case = self._case(data.BIG)
        issued = self._issue(case, [Wanted(party, "control", data.BACKUP) for party in (*_OPERATORS, "registrar")])
        self._acknowledge(issued, 23.4)
        given = [
            self._feed_back(issued, "op-a", 24, 10, 27_000),
            self._feed_back(issued, "op-b", 24, 40, 21_500),
            self._feed_back(issued, "registrar", 24, 55),
        ]
        self._verify(case, given, (25, 0), "gone")

    def _paid(self) -> None:
        self._at(26)
        self._count_bills(20, 26)
        self._expect("the grade by fee loss", self._grade("op-a", data.PAID), "III")
        self._at(26, 45)
        self._report("op-a", data.PAID)
        self._at(27, 10)
        self._report("cncert", data.PAID)
        self._at(27, 30)
        case = self._case(data.PAID)
        issued = self._issue(case, [Wanted("op-a", "control", data.PAY)])
        self._acknowledge(issued, 27.7)
        self._verify(case, [self._feed_back(issued, "op-a", 28, 30, 2_900)], (28, 40), "gone")
        self._at(29, 30)
        disposal.close(viewer=self._cast.viewers["cncert"], case=case, now=self.now)

    def _until_now(self) -> None:
        self._at(34)
        self._count_dns()
        self._at(HOURS)
        self._say("the edges report over HTTP")
        for edge in self._edges.values():
            moment = datetime.now(UTC)
            self.counted[edge.operator.party] = edge.count(edge.logs.dns_until(HOURS), moment)
            edge.report(self._url, moment)
        self.now = datetime.now(UTC)
        self._pass_time(self.now)
        for party, program, grade in _AT_THE_END:
            self._expect(f"the grade of {program} as {party} has it", self._grade(party, program), grade)
        for edge in self._edges.values():
            self._expect(f"the audit of {edge.id}", edge.audit(self._url), [])

    def _at(self, hours: float, minutes: float = 0) -> None:
        """Let time pass until so long after the beginning."""
        moment = self.begin + timedelta(hours=hours, minutes=minutes)
        while self.now + _ROUND < moment:
            self._pass_time(self.now + _ROUND)
        self._pass_time(moment)

    def _pass_time(self, moment: datetime) -> None:
        """Let every lane of tick come round until it finds nothing more, with the story's clock."""
        if moment < self.now:
            raise StoryFailed(f"the story goes back from {self.now} to {moment}")
        self.now = moment
        for lane in LANES:
            while lane.work(moment):
                pass

    def _publish(self) -> None:
        programs.publish(now=self.now)
        for edge in self._edges.values():
            edge.pull(self._url, self.now)

    def _count_dns(self) -> None:
        hour = (self.now - self.begin) / timedelta(hours=1)
        self._say(f"hour {hour:g}: both operators count")
        for edge in self._edges.values():
            self._send(edge, edge.count(edge.logs.dns_until(hour), self.now))

    def _count_bills(self, after: float, until: float) -> None:
        self._say(f"hour {until:g}: 甲 counts its billing rows")
        edge = self._edges["op-a"]
        self._send(edge, edge.count(edge.logs.bills_between(after, until), self.now))

    def _send(self, edge: Edge, counted: Counted) -> None:
        """Hand the spooled tallies to what the API calls, with the story's clock, and keep the receipts."""
        self.counted[edge.operator.party] = counted
        viewer = self._cast.viewers[edge.operator.party]
        for sequence, message in list(edge.state.waiting()):
            receipt = incidents.receive_tally(data=message, viewer=viewer, now=self.now)
            sealing.seal(now=self.now)
            head = sealing.last_head()
            if head is None:
                raise StoryFailed("a tally was taken in and nothing of it is sealed")
            answer = {"edge": edge.id, "sequence": receipt.sequence, "cases": list(receipt.cases), "again": False}
            edge.state.receipted(sequence, json.dumps({**answer, "head": bytes(head.envelope).decode()}).encode())

    def _report(self, username: str, program: str) -> None:
        reports.report(viewer=self._cast.viewers[username], case=self._case(program), now=self.now)

    def _issue(self, case: str, wanted: Sequence[Wanted]) -> list[Order]:
        self._say("a notice with its orders")
        made = disposal.issue(viewer=self._cast.viewers["cncert"], case=case, wanted=wanted, now=self.now)
        self._at((self.now - self.begin) / timedelta(hours=1), 1)
        late = [row for row in orders.deliveries(self._cast.viewers["cncert"], case=case) if row.done_at is None]
        if late:
            raise StoryFailed(f"the network did not take {late[0].key}: {late[0].failure}")
        return made

    def _acknowledge(self, issued: Iterable[Order], hour: float) -> None:
        for place, order in enumerate(issued):
            self._at(hour, 3 * place)
            disposal.acknowledge(viewer=self._cast.viewers[order.party], order=order.number, now=self.now)

    def _feed_back(
        self, issued: Sequence[Order], party: str, hour: float, minute: float, told: int | None = None
    ) -> str:
        self._at(hour, minute)
        own = [order for order in issued if order.party == party]
        made = feedback.feed_back(
            viewer=self._cast.viewers[party],
            notice=own[0].notice,
            items=[Done(order.number, True) for order in own],
            users_told=told,
            disposed_at=self.now - timedelta(minutes=12),
            now=self.now,
        )
        return str(made.number)

    def _verify(self, case: str, given: Iterable[str], at: tuple[float, float], verdict: str) -> None:
        self._say("looking whether the names still answer")
        self._at(*at)
        self._network.settle()
        feedback.look(viewer=self._cast.viewers["cncert"], case=case, now=self.now)
        for number in given:
            self._pass_time(self.now + timedelta(minutes=2))
            found = feedback.verify(viewer=self._cast.viewers["cncert-2"], feedback=number, now=self.now)
            self._expect(f"the verdict on {number}", set(found.values()), {verdict})

    def _case(self, program: str) -> str:
        found = cases.cases(self._cast.viewers["cncert"]).filter(program=program)
        return str(found[0].number)

    def _grade(self, username: str, program: str) -> str:
        viewer = self._cast.viewers[username]
        case = cases.case(viewer, self._case(program))
        own = [one for one in cases.standing_grades(viewer, case) if one.grader == viewer.party]
        return str(own[0].grade) if own else ""

    def _expect(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            raise StoryFailed(f"{what}: {found} instead of {wanted}")


_TOLD_AGAIN = (("op-a", 10_500), ("op-b", 8_900), ("registrar", None))
_AT_THE_END = (
    ("op-a", data.BIG, "II"),
    ("op-b", data.BIG, "III"),
    ("cncert", data.BIG, "I"),
    ("cncert", data.PAID, "III"),
    ("cncert", data.SMALL, "IV"),
)

"""The story of the demonstration: what everybody does at which hour, each act by the hub's own actions.

Only the edges speak HTTP with a real server, which asks its own clock: they pull every release that way, and send the
last tallies, which come at the story's end, that is now. Earlier tallies are handed to the function the API itself
calls.
"""

from datetime import UTC, datetime
from pathlib import Path

from cleannet.cli import demo_data as data
from cleannet.cli.demo_cast import add_backup, add_programs
from cleannet.cli.demo_stage import Stage
from cleannet.core.refusal import Refusal
from cleannet.hub.disposal import actions as disposal
from cleannet.hub.disposal import batches
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.parties import actions as parties
from cleannet.hub.watch import actions as watch

HOURS = 36
_OPERATORS = ("op-a", "op-b")


class Story:
    """Play the story on a stage to its end; `refused` is what the hub said to the order it must not take."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
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

    def _set_up(self, hub_key: Path) -> None:
        self._stage.say("registering the parties, publishing the watchlist")
        self._stage.cast.enter(self._stage.now)
        self._stage.at(0, 5)
        self._stage.expect("what the allow-list holds", set(add_programs(self._stage.now)), {data.ORDINARY})
        for party, edge in self._stage.edges.items():
            token = parties.make_token(party=party, label=edge.id, held=("read", "submit"), now=self._stage.now)
            public = edge.enrol(hub_key, token)
            watch.enrol(edge=edge.id, party=party, province=data.PROVINCE, public_key=public, now=self._stage.now)
        self._stage.at(0, 10)
        self._stage.publish()

    def _big_begins(self) -> None:
        self._stage.at(2)
        self._stage.count_dns()
        self._stage.at(5)
        self._stage.count_dns()
        self._stage.expect("the grade of 甲 after five hours", self._stage.grade("op-a", data.BIG), "III")
        self._stage.at(6, 10)
        self._stage.report("op-a", data.BIG)
        self._stage.at(6, 25)
        self._stage.report("cncert", data.BIG)

    def _takedown_that_fails_first(self) -> None:
        self._stage.at(6, 35)
        case = self._stage.case(data.BIG)
        try:
            batches.draft(
                viewer=self._stage.cast.viewers["cncert"],
                case=case,
                wanted=[Wanted("op-a", "control", data.ORDINARY)],
                now=self._stage.now,
            )
        except Refusal as refusal:
            self.refused = refusal
        self._stage.expect(
            "an order against an allow-listed name", self.refused and self.refused.code, "order.held_by_allow_list"
        )
        self._stage.at(6, 40)
        wanted = [Wanted(party, "control", data.CONTROL) for party in _OPERATORS]
        wanted += [Wanted(party, "distribution", data.DISTRIBUTION) for party in (*_OPERATORS, "registrar")]
        issued = self._stage.issue(case, wanted)
        self._stage.acknowledge(issued, 6.8)
        given = {
            self._stage.feed_back(issued, "op-a", 8, 0, 9_600): "gone",
            self._stage.feed_back(issued, "op-b", 8, 40, 3_800): "still_there",
            self._stage.feed_back(issued, "registrar", 9, 30): "still_there",
        }
        self._stage.verify(case, given, (9, 40))
        self._stage.at(10)
        self._stage.network.heed()
        self._stage.parent.take_away(data.DISTRIBUTION)
        self._stage.at(10, 10)
        again = self._stage.issue_again(case)
        self._stage.at(10, 30)
        self._stage.count_dns()
        self._stage.acknowledge(again, 10.7)
        given = {
            self._stage.feed_back(again, party, 11, 30 + at, told): "gone"
            for at, (party, told) in enumerate(_TOLD_AGAIN)
        }
        self._stage.verify(case, given, (11, 45))

    def _late_report(self) -> None:
        self._stage.at(13)
        add_backup(self._stage.now)
        self._stage.publish()
        self._stage.at(15, 7)
        self._stage.report("op-b", data.BIG)
        self._stage.at(16)
        self._stage.count_dns()

    def _big_grows(self) -> None:
        self._stage.at(20)
        self._stage.count_bills(0, 20)
        self._stage.at(22)
        self._stage.count_dns()
        self._stage.expect("CNCERT's grade after 22 hours", self._stage.grade("cncert", data.BIG), "II")
        self._stage.at(22, 50)
        self._stage.report("cncert", data.BIG)
        self._stage.at(23, 10)
        case = self._stage.case(data.BIG)
        issued = self._stage.issue(
            case, [Wanted(party, "control", data.BACKUP) for party in (*_OPERATORS, "registrar")]
        )
        self._stage.acknowledge(issued, 23.4)
        self._stage.parent.take_away(data.BACKUP)
        given = {
            self._stage.feed_back(issued, "op-a", 24, 10, 27_000): "gone",
            self._stage.feed_back(issued, "op-b", 24, 40, 21_500): "gone",
            self._stage.feed_back(issued, "registrar", 24, 55): "gone",
        }
        self._stage.verify(case, given, (25, 0))

    def _paid(self) -> None:
        self._stage.at(26)
        self._stage.count_bills(20, 26)
        self._stage.expect("the grade by fee loss", self._stage.grade("op-a", data.PAID), "III")
        self._stage.at(26, 45)
        self._stage.report("op-a", data.PAID)
        self._stage.at(27, 10)
        self._stage.report("cncert", data.PAID)
        self._stage.at(27, 30)
        case = self._stage.case(data.PAID)
        issued = self._stage.issue(case, [Wanted("op-a", "control", data.PAY)])
        self._stage.acknowledge(issued, 27.7)
        self._stage.verify(case, {self._stage.feed_back(issued, "op-a", 28, 30, 2_900): "gone"}, (28, 40))
        self._stage.at(29, 30)
        disposal.close(viewer=self._stage.cast.viewers["cncert"], case=case, now=self._stage.now)

    def _until_now(self) -> None:
        self._stage.at(34)
        self._stage.count_dns()
        self._stage.at(HOURS)
        self._stage.say("the edges report over HTTP")
        for edge in self._stage.edges.values():
            moment = datetime.now(UTC)
            self._stage.counted[edge.operator.party] = edge.count(edge.logs.dns_until(HOURS), moment)
            edge.report(self._stage.url, moment)
        self._stage.now = datetime.now(UTC)
        self._stage.pass_time(self._stage.now)
        for party, program, grade in _AT_THE_END:
            self._stage.expect(f"the grade of {program} as {party} has it", self._stage.grade(party, program), grade)
        for edge in self._stage.edges.values():
            self._stage.expect(f"the audit of {edge.id}", edge.audit(self._stage.url), [])


_TOLD_AGAIN = (("op-b", 8_900), ("registrar", None))
_AT_THE_END = (
    ("op-a", data.BIG, "II"),
    ("op-b", data.BIG, "III"),
    ("cncert", data.BIG, "I"),
    ("cncert", data.PAID, "III"),
    ("cncert", data.SMALL, "IV"),
)

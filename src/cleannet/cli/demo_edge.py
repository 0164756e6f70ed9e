"""One operator's edge in the demonstration: its folder, its runs over its own logs, and its spool.

Everything is done by the functions behind `cleannet edge`; only the clock is the story's, and the growing log keeps one
batch name, so that each count of it replaces the one before.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cleannet.cli import demo_data
from cleannet.cli.demo_data import Logs, Operator
from cleannet.core.indicator import parse
from cleannet.core.policy import Policy
from cleannet.core.policy_file import shipped
from cleannet.core.tally import from_micros
from cleannet.edge import deadlines, mapping, subscribers
from cleannet.edge.detect import Run, detect
from cleannet.edge.hub import Hub
from cleannet.edge.page import explanation_lines, run_lines
from cleannet.edge.state import State, read_hub_keys, write_whole
from cleannet.edge.watchlists import Allowed, Watchlist, load_allow_lists, load_watchlists
from cleannet.formats.messages import CoveredSource

LAW = "mobile_malware_2011"
GROWING = "dns.csv"
TALLY = "T.json"


@dataclass(frozen=True, slots=True)
class Counted:
    """Hold one run: what was found, what was looked for, and the lines the edge prints about it."""

    run: Run
    lines: tuple[str, ...]


class Edge:
    """Keep one operator's folder: logs, mappings, lists, key, token and the edge's state."""

    def __init__(self, folder: Path, operator: Operator, begin: datetime) -> None:
        self.operator, self.folder = operator, folder
        self.id = f"edge-{operator.party}"
        self.state = State(folder / "state")
        for name in ("logs", "allow", "lists"):
            (folder / name).mkdir(parents=True)
        self.logs = Logs(operator, folder / "logs", begin)
        (folder / "dns.toml").write_text(demo_data.DNS_MAPPING, encoding="utf-8")
        (folder / "bill.toml").write_text(demo_data.BILL_MAPPING, encoding="utf-8")
        (folder / "allow" / "ordinary.txt").write_text(demo_data.ALLOW_LIST, encoding="utf-8")
        (folder / "lists" / "partner.txt").write_text(demo_data.OTHERS_LIST, encoding="utf-8")
        subscribers.write_key(folder / "key")

    def enrol(self, hub_keys: Path, token: str) -> str:
        """Make the edge's identity, pin the hub's key, keep the token and return the public key for the hub."""
        self.state.enrol(self.id, self.operator.party, demo_data.PROVINCE, read_hub_keys(hub_keys))
        write_whole(self.folder / "token", f"{token}\n".encode())
        self.token = token
        return self.state.public_key()

    def pull(self, url: str, moment: datetime) -> int | None:
        """Take the newest release from the hub over HTTP, believed as of `moment`."""
        with Hub(url, self.token) as hub:
            return hub.pull(self.state, moment)

    def count(self, log: Path, moment: datetime) -> Counted:
        """Match one log, count, write T.json (T-….json for bills) and spool the signed tally; `moment` is aware."""
        law = shipped()[LAW]
        watchlist, allowed = self._lists(moment)
        mappings = [mapping.load(self.folder / name) for name in ("dns.toml", "bill.toml")]
        key = subscribers.read_key(self.folder / "key")
        growing = log.name == GROWING
        found = detect([log], watchlist, begun_at=moment, mappings=mappings, key=key)
        run = found.result(
            allowed,
            found_at=moment,
            thresholds=law.thresholds(deadlines.INFECTED),
            policy={"id": law.id, "digest": law.digest},
            batch=f"{self.id} {GROWING}" if growing else "",
        )
        text = json.dumps(run.document, ensure_ascii=False, indent=1) + "\n"
        write_whole(self.folder / (TALLY if growing else f"T-{log.stem}.json"), text.encode())
        self.state.put(run.document, moment)
        self.state.cover(tuple(_covered(run)))
        return Counted(run, tuple(_lines(run, law, watchlist, allowed)))

    def report(self, url: str, moment: datetime) -> int:
        """Send what is spooled and a heartbeat over HTTP; return how many tallies were receipted."""
        with Hub(url, self.token) as hub:
            sent = hub.report(self.state)
            hub.heartbeat(self.state, moment)
        return sent

    def audit(self, url: str) -> list[str]:
        """Ask the hub over HTTP to prove that its ledger still contains every head it ever receipted."""
        with Hub(url, self.token) as hub:
            return hub.audit(self.state)

    def explain(self, name: str, moment: datetime) -> list[str]:
        """Return why a name is matched or held, as `cleannet edge explain` prints it."""
        watchlist, allowed = self._lists(moment)
        pattern = parse(name)
        found = watchlist.index().find(pattern.host, "", pattern.port, pattern.target)
        return list(explanation_lines(pattern.text, found, allowed.lists.decide(pattern, moment)))

    def _lists(self, moment: datetime) -> tuple[Watchlist, Allowed]:
        allowed = load_allow_lists([self.folder / "allow"])
        paths = [self.state.folder / "release", self.folder / "lists"]
        keys, newest = self.state.hub_keys(), self.state.release_number()
        return load_watchlists(paths, allowed.lists, moment, keys, newest), allowed


def _covered(run: Run) -> Iterator[CoveredSource]:
    for source in run.sources:
        yield CoveredSource(
            Path(source.file).name, source.rows, None if source.last is None else from_micros(source.last)
        )


def _lines(run: Run, law: Policy, watchlist: Watchlist, allowed: Allowed) -> Iterator[str]:
    owed = deadlines.owed(run.tally, law, run.tally.found_at)
    yield from run_lines(run, watchlist, allowed, owed)

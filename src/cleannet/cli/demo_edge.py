"""One operator's edge in the demonstration: its folder, its runs over its own logs, and its spool.

Everything is done by the functions behind `cleannet edge`; only the clock is the story's, and the growing log keeps one
batch name, so that each count of it replaces the one before.
"""

import json
from datetime import datetime
from pathlib import Path

from cleannet.cli import demo_data
from cleannet.cli.demo_data import Logs, Operator
from cleannet.core.policy_file import shipped
from cleannet.edge import counting, mapping, subscribers
from cleannet.edge.counting import Counted, Lists
from cleannet.edge.hub import Hub
from cleannet.edge.page import explanation_lines
from cleannet.edge.state import State, read_hub_keys, write_whole

LAW = "mobile_malware_2011"
GROWING = "dns.csv"
TALLY = "T.json"


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
        growing = log.name == GROWING
        counted = counting.count(
            [log],
            self._lists(moment),
            shipped()[LAW],
            clock=lambda: moment,
            mappings=[mapping.load(self.folder / name) for name in ("dns.toml", "bill.toml")],
            key=subscribers.read_key(self.folder / "key"),
            batch=f"{self.id} {GROWING}" if growing else "",
        )
        text = json.dumps(counted.run.document, ensure_ascii=False, indent=1) + "\n"
        write_whole(self.folder / (TALLY if growing else f"T-{log.stem}.json"), text.encode())
        counting.spool(self.state, counted.run, moment)
        return counted

    def report(self, url: str, moment: datetime) -> int:
        """Send what is spooled and a heartbeat over HTTP; return how many tallies were receipted."""
        with Hub(url, self.token) as hub:
            sent = hub.send(self.state).tallies
            hub.heartbeat(self.state, moment)
        return sent

    def audit(self, url: str) -> list[str]:
        """Ask the hub over HTTP to prove that its ledger still contains every head it ever receipted."""
        with Hub(url, self.token) as hub:
            return hub.audit(self.state)

    def explain(self, name: str, moment: datetime) -> list[str]:
        """Return why a name is matched or held, as `cleannet edge explain` prints it."""
        told = counting.explain(name, self._lists(moment), moment)
        return list(explanation_lines(told.name, told.found, told.decision))

    def _lists(self, moment: datetime) -> Lists:
        return counting.load(self.state, [self.state.release, self.folder / "lists"], [self.folder / "allow"], moment)

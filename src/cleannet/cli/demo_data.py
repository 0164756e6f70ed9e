"""Make the logs of the demonstration's two operators: the same rows for the same beginning, growing as time passes.

Every phone number is made up and begins with 1640 or 1690. No operator has these ranges as far as the public numbering
plan tells, so that no row can be a real customer's. Names are below example.com, .net and .org (RFC 2606).
"""

import csv
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from cleannet.core.clock import BEIJING

PROVINCE = "32"
BIG, PAID, SMALL = "a.remote.lanyu.b", "a.payment.duanhua.a", "a.rogue.xuanfu.a"
CONTROL, BACKUP = "c2.lanyu.example.com", "c2.lanyu-bak.example.net"
DISTRIBUTION, ORDINARY = "dl.lanyu.example.org", "api.map.example.net"
PAY, SMALL_CONTROL = "pay.duanhua.example.com", "ad.xuanfu.example.org"
ALLOWED = "map.example.net"

# When the big program begins to use its second control server, in hours since the beginning.
SWITCHED = 12.5
_RECALL = 22.0
_FEE = "128.00"
_SEED = 545
_HARMLESS = tuple(f"{word}.example.{end}" for word in ("www", "mail", "news", "video") for end in ("com", "org"))
_HEADERS = {
    "dns": ("time", "msisdn", "name", "province"),
    "bill": ("time", "msisdn", "name", "province", "fee", "cdr", "kind"),
}

DNS_MAPPING = """schema = 1
files = ["dns*.csv"]
time_zone = "Asia/Shanghai"

[columns]
time = "time"
number = "msisdn"
host = "name"
province = "province"
"""
BILL_MAPPING = """schema = 1
files = ["bill*.csv"]
time_zone = "Asia/Shanghai"

[columns]
time = "time"
number = "msisdn"
host = "name"
province = "province"
fee = "fee"
record = "cdr"
billing = "kind"

[fee]
unit = "yuan"
billing = ["premium"]
refund = ["refund"]
"""
ALLOW_LIST = f"""# kind: ordinary
# A map that many programs use, malicious ones among them.
{ALLOWED}
"""
OTHERS_LIST = f"""# program: {BIG}
# role: control
# What a partner's sandbox saw a sample talk to, the map included.
{ORDINARY}
"""


@dataclass(frozen=True, slots=True)
class Operator:
    """Describe one operator's traffic: how many subscribers each program has reached after how many hours."""

    party: str
    prefix: str
    big: Mapping[float, int]
    small: int
    exposed: int
    paying: int = 0


OPERATORS = (
    Operator(
        "op-a",
        "1640",
        {0: 0, 2: 3_000, 5: 10_800, 10.5: 13_000, 16: 24_000, 22: 31_000, 34: 46_000, 35.9: 58_200},
        small=420,
        exposed=2_400,
        paying=2_900,
    ),
    Operator(
        "op-b",
        "1690",
        {0: 0, 2: 2_000, 5: 4_000, 10.5: 10_600, 16: 18_000, 22: 24_000, 34: 35_000, 35.9: 44_600},
        small=260,
        exposed=1_700,
    ),
)


@dataclass(frozen=True, slots=True, order=True)
class _Row:
    """Hold one row; `hour` since the beginning decides in which file and in which order it is written."""

    hour: float
    fields: tuple[str, ...]


@dataclass
class Logs:
    """Write one operator's logs into `folder`, from `begin` (aware) on; what was written stays as it is."""

    operator: Operator
    folder: Path
    begin: datetime
    _dns: list[_Row] = field(default_factory=list)
    _bills: list[_Row] = field(default_factory=list)
    _written: int = 0

    def __post_init__(self) -> None:
        chance = random.Random(f"{_SEED} {self.operator.party}")
        self._dns = sorted(_dns_rows(self.operator, chance))
        self._bills = sorted(_bill_rows(self.operator, chance))

    def dns_until(self, hour: float) -> Path:
        """Let the log of asked names grow until an hour and return it."""
        path = self.folder / "dns.csv"
        upto = self._written
        while upto < len(self._dns) and self._dns[upto].hour <= hour:
            upto += 1
        self._write(path, "dns", self._dns[self._written : upto], anew=self._written == 0)
        self._written = upto
        return path

    def bills_between(self, after: float, until: float) -> Path:
        """Write the billing rows of some hours as a file of its own and return it."""
        path = self.folder / f"bill-{after:02.0f}-{until:02.0f}.csv"
        self._write(path, "bill", [row for row in self._bills if after < row.hour <= until], anew=True)
        return path

    def _write(self, path: Path, kind: str, rows: Sequence[_Row], *, anew: bool) -> None:
        with path.open("w" if anew else "a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            if anew:
                writer.writerow(_HEADERS[kind])
            for row in rows:
                moment = self.begin + timedelta(hours=row.hour)
                writer.writerow((moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S.%f"), *row.fields))


def number(operator: Operator, index: int) -> str:
    """Return the operator's subscriber of this index; two indices below ten million give two numbers."""
    return f"{operator.prefix}{(index * 7919 + 1_234_567) % 10_000_000:07}"


def _dns_rows(operator: Operator, chance: random.Random) -> Iterator[_Row]:
    for index, hour in enumerate(_first_contacts(operator.big)):
        yield _asked(operator, index, hour, chance, CONTROL if hour < SWITCHED else BACKUP)
        if hour < SWITCHED:
            # Seen again within 24 hours, so that whoever was infected early still counts at the end.
            yield _asked(operator, index, hour + _RECALL, chance, BACKUP)
    for index in range(operator.small):
        yield _asked(operator, index * 3, chance.uniform(0.2, 30), chance, SMALL_CONTROL)
    for index in range(operator.exposed):
        yield _asked(operator, index * 5, chance.uniform(0.2, 9), chance, DISTRIBUTION)
        yield _asked(operator, index * 2, chance.uniform(0.2, 35.9), chance, ORDINARY)
    for _ in range(6_000):
        yield _asked(operator, chance.randrange(900_000), chance.uniform(0, 35.9), chance, chance.choice(_HARMLESS))
    yield _Row(1.0, (number(operator, 1), CONTROL))
    yield _Row(1.5, ("", CONTROL, PROVINCE))


def _first_contacts(milestones: Mapping[float, int]) -> Iterator[float]:
    """Yield the hour of each subscriber's first contact, spread evenly between the milestones."""
    for (start, before), (end, after) in pairwise(milestones.items()):
        for step in range(after - before):
            yield start + (end - start) * (step + 0.5) / (after - before)


def _asked(operator: Operator, index: int, hour: float, chance: random.Random, name: str) -> _Row:
    written = chance.choice(("", "", "", "86", "+86")) + number(operator, index)
    below = chance.choice(("", "", "", "a1.", "Edge."))
    return _Row(hour, (written, below + name, PROVINCE))


def _bill_rows(operator: Operator, chance: random.Random) -> Iterator[_Row]:
    for turn in range(3 if operator.paying else 0):
        for index in range(operator.paying):
            hour = chance.uniform(0.5, 19.9) if turn < 2 or index % 4 == 0 else chance.uniform(20.1, 25.9)
            record = f"{operator.party}-{turn}-{index:05}"
            row = (number(operator, index * 11), PAY, PROVINCE, _FEE, record, "premium")
            yield _Row(hour, row)
            if index % 500 == 0:
                yield _Row(hour, row)
            if index % 700 == 1:
                yield _Row(hour + 0.01, (*row[:4], f"{record}-r", "refund"))
            if index % 10 == 0:
                yield _Row(hour, (row[0], "monthly.example.com", PROVINCE, "18.00", f"{record}-m", "monthly"))

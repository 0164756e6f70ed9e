"""The edge on lists and logs that nobody here made: what is understood, held, matched and left alone."""

import gzip
import ipaddress
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cleannet.core.indicator import DOMAIN, ENDPOINT, IP, parse
from cleannet.edge.detect import detect
from cleannet.edge.findings import digest
from cleannet.edge.matching import Watched
from cleannet.edge.spans import subscribers
from cleannet.edge.tallies import Run
from cleannet.edge.watchlists import Allowed, Watchlist, load_allow_lists, load_watchlists

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
START = datetime(2026, 11, 22, tzinfo=UTC)
DNS = "#separator \\x09\n#path\tdns\n#fields\tts\tid.orig_h\tquery\n"
HTTP = "#separator \\x09\n#path\thttp\n#fields\tts\tid.orig_h\tid.resp_h\tid.resp_p\thost\turi\n"
INNOCENT = "203.0.113.250"


@pytest.fixture(scope="module")
def allowed(shared_data: Path) -> Allowed:
    return load_allow_lists([shared_data / "allow" / "misp_warninglists", shared_data / "allow" / "dnsmasq_china"])


@pytest.fixture(scope="module")
def watchlist(shared_data: Path, allowed: Allowed) -> Watchlist:
    lists = shared_data / "indicators"
    paths = [lists / "maltrail_android", lists / "stalkerware" / "ioc.yaml", *sorted((lists / "mvt").rglob("*.stix2"))]
    return load_watchlists(paths, allowed.lists, NOW, {})


def totals(watchlist: Watchlist, form: str) -> tuple[int, int]:
    files = [file for file in watchlist.files if file.format == form]
    return sum(file.understood for file in files), sum(file.not_understood for file in files)


def test_what_is_understood_and_what_is_not(watchlist: Watchlist) -> None:
    assert totals(watchlist, "maltrail") == (164_476, 32)
    assert totals(watchlist, "stalkerware") == (1_661, 1_095)
    assert totals(watchlist, "stix") == (1_210, 231)
    assert dict(watchlist.reasons) == {"expression": 10, "not_network": 1_325, "too_wide": 23}
    assert all(left.line and left.reason for left in watchlist.shown)


def test_the_traps_are_held_and_shared_hosts_are_not(watchlist: Watchlist) -> None:
    decisions = {entry.indicator.pattern.text: entry.decision for entry in watchlist.watched}
    for name, reason, listed in (
        ("alog.umeng.com", "ordinary_below", "umeng.com"),
        ("appjiagu.com", "ordinary", "appjiagu.com"),
        ("b.appjiagu.com", "ordinary_below", "appjiagu.com"),
        ("android.bugly.qq.com", "popular", "android.bugly.qq.com"),
    ):
        decision = decisions[name]
        assert (decision.verdict, decision.reason, decision.listed) == ("hold", reason, listed)
        assert decision.list
        assert decision.line
    for name in ("1ca43.appspot.com", "mg-spyzie.oss-us-west-1.aliyuncs.com", "bhblack.duckdns.org"):
        assert (decisions[name].verdict, decisions[name].reason) == ("match", "shared_below")
    by_reason: dict[str, int] = {}
    for entry in watchlist.watched:
        by_reason[entry.decision.reason] = by_reason.get(entry.decision.reason, 0) + 1
    assert by_reason["shared_below"] > 2_153
    assert by_reason["popular_below"] > 150
    assert 0 < watchlist.held < 300


def test_being_much_visited_is_never_a_reason_to_ignore(watchlist: Watchlist, allowed: Allowed) -> None:
    for entry in watchlist.watched:
        if entry.decision.holds:
            assert entry.decision.reason != "popular_below"
    decision = allowed.lists.decide(parse("http://mediafire.com/file/x/evil.apk"), NOW)
    assert (decision.verdict, decision.reach, decision.reason) == ("match", "url", "url")
    assert allowed.lists.decide(parse("mediafire.com"), NOW).reason in ("popular", "shared")


def test_ordinary_traffic_matches_nothing(shared_data: Path, watchlist: Watchlist, allowed: Allowed) -> None:
    logs = shared_data / "logs"
    paths = [logs / "zeek_tsv" / "dns.log.gz", logs / "zeek_json" / "dns.json.gz"]
    paths += sorted((logs / "zeek_http").glob("*.http.log"))
    run = detect(paths, watchlist, begun_at=NOW).result(allowed, found_at=NOW)
    assert run.document["programs"] == []
    assert run.document["held"] == []
    assert run.document["rows"] == {"read": 124_405, "broken": 0, "late": 0, "unmapped": 28}
    assert [(source.format, source.rows) for source in run.sources] == [
        ("zeek dns tsv", 53_615),
        ("zeek dns json", 53_615),
        ("zeek http tsv", 9_090),
        ("zeek http tsv", 5_627),
        ("zeek http tsv", 2_458),
    ]


class Planted:
    """Make log rows out of the real lists, each from an address of its own, and note what is expected of each."""

    def __init__(self) -> None:
        self.dns: list[str] = []
        self.http: list[str] = []
        self.expected: dict[str, set[str]] = {}
        self.rows = 0
        self._addresses = (str(ipaddress.ip_address("10.0.0.0") + number) for number in range(1 << 20))

    def _note(self, programs: set[str]) -> tuple[str, str]:
        self.rows += 1
        address = next(self._addresses)
        for program in programs:
            self.expected.setdefault(program, set()).add(address)
        return f"{(START + timedelta(seconds=self.rows)).timestamp():.6f}", address

    def ask(self, name: str, programs: set[str]) -> None:
        stamp, address = self._note(programs)
        self.dns.append(f"{stamp}\t{address}\t{name}\n")

    def fetch(self, host: str, to: str, port: int, uri: str, programs: set[str]) -> None:
        stamp, address = self._note(programs)
        self.http.append(f"{stamp}\t{address}\t{to}\t{port}\t{host or '-'}\t{uri}\n")


def counting(watchlist: Watchlist, kind: str, chance: random.Random, number: int) -> list[Watched]:
    found = [
        entry
        for entry in watchlist.watched
        if entry.indicator.pattern.kind == kind and entry.indicator.pattern.apex and not entry.decision.holds
    ]
    return chance.sample(found, number)


def programs_at(watchlist: Watchlist) -> dict[str, set[str]]:
    """Return, for each listed name, the programs of the indicators that count."""
    programs: dict[str, set[str]] = {}
    for entry in watchlist.watched:
        if entry.indicator.pattern.kind == DOMAIN and not entry.decision.holds:
            programs.setdefault(entry.indicator.pattern.host, set()).add(entry.indicator.program)
    return programs


def resources(watchlist: Watchlist) -> defaultdict[tuple[str, int], set[str]]:
    """Return the programs that count at each host and port; port 0: the address on every port, -1: its whole site."""
    programs: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for entry in watchlist.watched:
        pattern = entry.indicator.pattern
        port = {ENDPOINT: pattern.port, IP: 0}.get(pattern.kind, -1 if pattern.target == "/" else None)
        if port is not None and not entry.decision.holds:
            programs[pattern.host, port].add(entry.indicator.program)
    return programs


def expected_for(name: str, programs: dict[str, set[str]]) -> set[str]:
    """Say, from the definition alone, whose indicators cover a name: itself or any name above it is listed."""
    labels = name.split(".")
    return {p for at in range(len(labels)) for p in programs.get(".".join(labels[at:]), ())}


def look_alikes(name: str) -> Iterator[str]:
    first, _, rest = name.partition(".")
    yield f"{name}.cn"
    yield f"not{name}"
    yield f"{first}x.{rest}"
    yield f"x-{first}.{rest}"
    yield rest
    yield f"other-of-{len(first)}.{rest}"
    yield name.replace(".", "-") + ".net"


def planted(watchlist: Watchlist) -> Planted:
    chance, plan, programs = random.Random(20261122), Planted(), programs_at(watchlist)
    shared = [entry for entry in counting(watchlist, DOMAIN, chance, 60_000) if entry.decision.reason != "not_listed"]
    for entry in counting(watchlist, DOMAIN, chance, 250) + shared[:100]:
        name = entry.indicator.pattern.host
        mine = expected_for(name, programs)
        assert entry.indicator.program in mine
        for written in (name, f"a.b.{name}", name.upper(), f"{name}.", f"Www.{name.title()}."):
            plan.ask(written, mine)
        for other in look_alikes(name):
            plan.ask(other, expected_for(other, programs))
    for entry in (one for one in watchlist.watched if one.decision.holds):
        if entry.indicator.pattern.kind == DOMAIN:
            plan.ask(entry.indicator.pattern.host, expected_for(entry.indicator.pattern.host, programs))
    of = resources(watchlist)
    for entry in counting(watchlist, ENDPOINT, chance, 100):
        host, port = entry.indicator.pattern.host, entry.indicator.pattern.port
        plan.fetch("fine.example", host, port, "/", of[host, port] | of[host, 0])
        plan.fetch("fine.example", host, port ^ 1, "/", of[host, port ^ 1] | of[host, 0])
    sites = sorted({e.indicator.pattern.host for e in watchlist.watched if e.indicator.pattern.target == "/"})
    for host in chance.sample(sites, 100):
        plan.fetch(host, INNOCENT, 80, "/zzz", of[host, 80] | of[host, 0] | of[host, -1])
        plan.fetch("fine.example", host, 80, "/zzz", of[host, 80] | of[host, 0])
    return plan


def counted(run: Run) -> set[str]:
    return {program.program for program in run.tally.programs}


def test_every_planted_row_is_decided_rightly(tmp_path: Path, watchlist: Watchlist, allowed: Allowed) -> None:
    plan = planted(watchlist)
    assert plan.rows > 4_000
    dns, http, lines = tmp_path / "dns.log.gz", tmp_path / "http.log", tmp_path / "dns.json"
    half = len(plan.dns) // 2
    dns.write_bytes(gzip.compress((DNS + "".join(plan.dns[:half])).encode()))
    http.write_text(HTTP + "".join(plan.http))
    with lines.open("w") as file:
        for row in plan.dns[half:]:
            stamp, address, name = row.rstrip("\n").split("\t")
            file.write(json.dumps({"_path": "dns", "ts": stamp, "id.orig_h": address, "query": name}) + "\n")
    detection = detect([dns, http, lines], watchlist, begun_at=NOW)
    # The tally holds counts only; which rows were counted is seen here alone.
    contacts = detection.findings.contacts
    seen: dict[str, set[bytes]] = {}
    for number, counter in enumerate(contacts.counters):
        seen.setdefault(counter.program, set()).update(subscribers(contacts.spans(), [number]))
    assert seen == {name: set(map(digest, addresses)) for name, addresses in plan.expected.items()}
    run = detection.result(allowed, found_at=NOW)
    assert run.document["rows"]["read"] == plan.rows
    assert run.document["rows"]["broken"] == 0
    assert {held["indicator"] for held in run.document["held"]} >= {"alog.umeng.com", "appjiagu.com"}
    assert counted(run) == set(plan.expected)

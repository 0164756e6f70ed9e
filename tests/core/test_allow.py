from datetime import UTC, datetime, timedelta
from pathlib import Path

import publicsuffixlist
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.core import allow
from cleannet.core.allow import AllowLists, Decision, Listed, Waiver
from cleannet.core.indicator import host_of, parse, public_suffixes, registry_suffixes

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
LISTS = AllowLists(
    [
        Listed("statistics.example", "ordinary", "in use", 3),
        Listed("cloud.example", "ordinary", "in use", 4),
        Listed("store.cloud.example", "shared", "hosting", 1),
        Listed("owner.dyn.example", "ordinary", "in use", 5),
        Listed("dyn.example", "shared", "dynamic", 2),
        Listed("files.example", "popular", "top", 7),
        Listed("much.visited.example", "popular", "top", 8),
        Listed("dns.resolver.example", "resolver", "resolvers", 1),
        Listed("com.cn", "ordinary", "in use", 6),
        Listed("cn", "popular", "top", 9),
        Listed("198.51.100.0/24", "cdn", "delivery", 1),
        Listed("203.0.113.0/25", "cloud", "clouds", 1),
        Listed("203.0.113.200", "sinkhole", "sinkholes", 1),
        Listed("203.0.113.201", "parked", "parking", 1),
        Listed("203.0.113.202", "resolver", "resolvers", 2),
        Listed("203.0.113.203", "ordinary", "in use", 10),
        Listed("2001:db8::/48", "cdn", "delivery", 2),
    ]
)


@pytest.mark.parametrize(
    ("written", "verdict", "reach", "reason", "listed"),
    [
        ("evil.net", "match", "name", "not_listed", ""),
        ("statistics.example", "hold", "url", "ordinary", "statistics.example"),
        ("log.statistics.example", "hold", "url", "ordinary_below", "statistics.example"),
        ("notstatistics.example", "match", "name", "not_listed", ""),
        ("statistics.example:8080", "hold", "url", "ordinary", "statistics.example"),
        ("http://statistics.example/", "hold", "url", "ordinary", "statistics.example"),
        ("http://log.statistics.example", "hold", "url", "ordinary_below", "statistics.example"),
        ("http://statistics.example/evil.apk", "match", "url", "url", "statistics.example"),
        ("http://evil.net/a", "match", "url", "not_listed", ""),
        ("bucket.store.cloud.example", "match", "name", "shared_below", "store.cloud.example"),
        ("a.bucket.store.cloud.example", "match", "name", "shared_below", "store.cloud.example"),
        ("store.cloud.example", "hold", "url", "shared", "store.cloud.example"),
        ("api.cloud.example", "hold", "url", "ordinary_below", "cloud.example"),
        ("evil.dyn.example", "match", "name", "shared_below", "dyn.example"),
        ("x.owner.dyn.example", "hold", "url", "ordinary_below", "owner.dyn.example"),
        ("*.dyn.example", "hold", "url", "shared", "dyn.example"),
        ("evil.appspot.com", "match", "name", "shared_below", "appspot.com"),
        ("bucket.oss-cn-north.aliyuncs.com", "match", "name", "shared_below", "aliyuncs.com"),
        ("files.example", "hold", "url", "popular", "files.example"),
        ("http://files.example/download/evil.apk", "match", "url", "url", "files.example"),
        ("evil.files.example", "match", "name", "popular_below", "files.example"),
        ("visited.example", "hold", "url", "covers", "much.visited.example"),
        ("dns.resolver.example", "hold", "url", "resolver", "dns.resolver.example"),
        ("evil.com.cn", "match", "name", "not_listed", ""),
        ("evil.cn", "match", "name", "not_listed", ""),
        ("hidden.onion", "hold", "nothing", "special", "onion"),
        ("http://printer.local/a", "hold", "nothing", "special", "local"),
        ("198.51.100.7", "hold", "url", "cdn", "198.51.100.0/24"),
        ("198.51.100.7:443", "hold", "url", "cdn", "198.51.100.0/24"),
        ("http://198.51.100.7/", "hold", "url", "cdn", "198.51.100.0/24"),
        ("http://198.51.100.7/a", "match", "url", "url", "198.51.100.0/24"),
        ("198.51.0.0/16", "hold", "url", "covers", "198.51.100.0/24"),
        ("198.51.100.128/25", "hold", "url", "covers", "198.51.100.0/24"),
        ("[2001:db8::1]:80", "hold", "url", "cdn", "2001:db8::/48"),
        ("2001:db8:1::1", "match", "address", "not_listed", ""),
        ("203.0.113.5", "match", "address", "cloud", "203.0.113.0/25"),
        ("203.0.113.200", "match", "nothing", "sinkhole", "203.0.113.200"),
        ("203.0.113.201", "hold", "url", "parked", "203.0.113.201"),
        ("203.0.113.202", "hold", "url", "resolver", "203.0.113.202"),
        ("203.0.113.203", "hold", "url", "ordinary", "203.0.113.203"),
        ("203.0.113.204", "match", "address", "not_listed", ""),
        ("/evil.apk", "match", "nothing", "path", ""),
    ],
)
def test_decide(written: str, verdict: str, reach: str, reason: str, listed: str) -> None:
    decision = LISTS.decide(parse(written), NOW)
    assert (decision.verdict, decision.reach, decision.reason, decision.listed) == (verdict, reach, reason, listed)
    assert bool(decision.list) == bool(listed)
    assert decision.holds is (verdict == "hold")
    assert decision.term.zh
    assert decision.term.en


def test_a_decision_names_list_and_line() -> None:
    assert LISTS.decide(parse("log.statistics.example"), NOW) == Decision(
        "hold", "url", "ordinary_below", "statistics.example", "in use", 3
    )


def test_without_lists_the_standards_and_the_public_suffixes_rule() -> None:
    bare = AllowLists()
    assert bare.decide(parse("statistics.example"), NOW).reason == "not_listed"
    assert bare.decide(parse("evil.appspot.com"), NOW).reason == "shared_below"
    assert bare.decide(parse("hidden.onion"), NOW).reason == "special"


@pytest.mark.parametrize(("late", "reason"), [(-1, "waived"), (0, "ordinary_below"), (1, "ordinary_below")])
def test_a_waiver_ends_at_its_expiry(late: int, reason: str) -> None:
    waiver = Waiver("log.statistics.example", "A. Approver", NOW, "seen in samples", "exceptions", 2)
    lists = AllowLists([Listed("statistics.example", "ordinary", "in use", 3)], [waiver])
    decision = lists.decide(parse("Log.Statistics.example."), NOW + timedelta(microseconds=late))
    assert decision.reason == reason
    if reason == "waived":
        assert decision == Decision("match", "url", "waived", "statistics.example", "exceptions", 2)
    assert lists.decide(parse("other.statistics.example"), NOW - timedelta(1)).holds


def test_a_waiver_changes_nothing_that_matches() -> None:
    lists = AllowLists([], [Waiver("evil.net", "A. Approver", NOW + timedelta(1), "")])
    assert lists.decide(parse("evil.net"), NOW).reason == "not_listed"


LABEL = st.sampled_from(["a", "b", "c"])
NAMES = st.lists(LABEL, min_size=1, max_size=3).map(lambda labels: ".".join([*labels, "example"]))


@given(st.dictionaries(NAMES, st.sampled_from(["ordinary", "popular", "shared"]), max_size=6), NAMES)
def test_the_nearest_owner_above_decides(kinds: dict[str, str], name: str) -> None:
    lists = AllowLists(Listed(text, kind, "list") for text, kind in kinds.items())
    decision = lists.decide(parse(name), NOW)
    above = name.split(".")
    owners = [kinds[suffix] for at in range(1, len(above)) if (suffix := ".".join(above[at:])) in kinds]
    owner = next((kind for kind in owners if kind != "popular"), "popular" if owners else None)
    if name in kinds:
        assert (decision.verdict, decision.reason) == ("hold", kinds[name])
    elif any(text.endswith(f".{name}") for text in kinds):
        assert (decision.verdict, decision.reason) == ("hold", "covers")
    else:
        expected = {
            None: ("match", "not_listed"),
            "shared": ("match", "shared_below"),
            "popular": ("match", "popular_below"),
            "ordinary": ("hold", "ordinary_below"),
        }
        assert (decision.verdict, decision.reason) == expected[owner]


def test_every_kind_of_list_is_a_reason_or_said_below() -> None:
    assert set(allow.LIST_KINDS) <= set(allow.REASONS)


def test_whose_a_suffix_is_holds_for_every_name_below_it() -> None:
    rules = Path(publicsuffixlist.__file__).with_name("public_suffix_list.dat").read_text("utf-8").splitlines()
    suffixes = [host_of(rule.lstrip("!*.")) for rule in rules[::5] if rule and not rule.startswith("//")]
    decide = AllowLists().decide
    kinds = set()
    for name in (f"{below}{suffix}" for suffix in suffixes for below in ("a.", "a.b.")):
        public, registrys = (suffixes().publicsuffix(name) for suffixes in (public_suffixes, registry_suffixes))
        if name != public:
            found = decide(parse(name), NOW)
            is_private = found.list == allow.SUFFIX_LIST and found.listed == public
            assert found.reason not in ("shared_below", "not_listed") or is_private == (public != registrys), name
            kinds.add(is_private)
    assert kinds == {True, False}

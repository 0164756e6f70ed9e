from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cleannet.core.allow import AllowLists
from cleannet.core.indicator import CIDR, DOMAIN, IP, Indicator, parse
from cleannet.edge import kernel
from cleannet.edge.hashing import Texts
from cleannet.edge.matching import Index, Watched
from cleannet.edge.ranges import ASK, NONE
from cleannet.edge.table import Table, texts_of

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ALONE = (DOMAIN, IP, CIDR)
LISTED = (
    "evil.example", "*.only.example", "a.evil.example", "b.com.cn", "x.y.z.deep.example", "192.0.2.7", "192.0.2.8:443",
    "198.51.100.0/24", "198.51.100.128/25", "198.51.100.130", "198.51.100.255", "203.0.113.0/31", "2001:db8::/48",
    "2001:db8::5", "2001:db8:0:8000::/49", "named.example:8080", "http://host.example/a/", "http://sub.evil.example/p",
    "http://192.0.2.9/", "恶意.example", "/panel/login.php",
)  # fmt: skip


def watched(*written: str) -> list[Watched]:
    patterns = [parse(text) for text in written]
    return [
        Watched(Indicator(pattern, "P", "control", "infected", "list", line), AllowLists().decide(pattern, NOW))
        for line, pattern in enumerate(patterns, 1)
    ]


ENTRIES = watched(*LISTED)
TABLE, INDEX = Table(ENTRIES), Index(ENTRIES)


def found(table: Table, hosts: list[str]) -> list[set[str] | None]:
    """Return per host the indicators that it meets by itself; None where the kernel asks."""
    answers = kernel.match(texts_of(hosts), table.names, table.ranges)
    return [
        None
        if answer == ASK
        else {
            entry.indicator.pattern.text
            for entry in (table.sets[answer] if answer != NONE else ())
            if entry.indicator.pattern.kind in ALONE
        }
        for answer in answers
    ]


def agree(table: Table, index: Index, hosts: list[str]) -> None:
    for host, answer in zip(hosts, found(table, hosts), strict=True):
        if answer is not None:
            assert answer == {entry.indicator.pattern.text for entry in index.find(host)}, host


# What any way of matching has to find: a host as a log wrote it, and the indicators that it meets by itself.
CORPUS: list[tuple[str, set[str]]] = [
    ("evil.example", {"evil.example"}),
    ("EVIL.Example.", {"evil.example"}),
    ("x.evil.example", {"evil.example"}),
    ("a.evil.example", {"a.evil.example", "evil.example"}),
    ("b.a.evil.example", {"a.evil.example", "evil.example"}),
    ("b.sub.evil.example", {"evil.example"}),
    (".evil.example", {"evil.example"}),
    ("notevil.example", set()),
    ("evil.example.net", set()),
    ("example", set()),
    ("only.example", set()),
    ("x.only.example", {"*.only.example"}),
    ("com.cn", set()),
    ("b.com.cn", {"b.com.cn"}),
    ("z.deep.example", set()),
    ("host.example", set()),
    ("192.0.2.7", {"192.0.2.7"}),
    ("192.0.2.7.", {"192.0.2.7"}),
    ("192.0.2.8", set()),
    ("192.0.2.07", set()),
    ("192.0.2", set()),
    ("192.0.2.7.1", set()),
    ("192.0.2.999", set()),
    ("198.51.99.255", set()),
    ("198.51.100.0", {"198.51.100.0/24"}),
    ("198.51.100.130", {"198.51.100.0/24", "198.51.100.128/25", "198.51.100.130"}),
    ("198.51.100.131", {"198.51.100.0/24", "198.51.100.128/25"}),
    ("198.51.100.255", {"198.51.100.0/24", "198.51.100.128/25", "198.51.100.255"}),
    ("198.51.101.0", set()),
    ("203.0.113.1", {"203.0.113.0/31"}),
    ("203.0.113.2", set()),
    ("2001:DB8::1", {"2001:db8::/48"}),
    ("2001:db8::5", {"2001:db8::/48", "2001:db8::5"}),
    ("2001:0db8:0000:8000:0:0:0:1", {"2001:db8::/48", "2001:db8:0:8000::/49"}),
    ("2001:db8:1::", set()),
    ("::", set()),
    ("", set()),
    ("*", set()),
    (".", set()),
    ("恶意.example", None),
    ("evil.example..", None),
    ("evil.example:80", None),
    ("evil.example ", None),
    ("\tevil.example", None),
    ("\x1fx.evil.example", None),
    ("\ufeffevil.example", None),
    (" 192.0.2.7", None),
    ("\u00a0192.0.2.7", None),
    ("１92.0.2.7", None),
    ("192。0.2.7", None),
    ("[evil.example]:https", None),
    ("[192.0.2.7]:http", None),
    ("[::ffff:192.0.2.7]:www.good.net", None),
    ("::ffff:192.0.2.7%eth", None),
    ("[2001:db8::1]", None),
    ("::ffff:192.0.2.7", None),
    ("::ffff:c000:207", None),
    ("2001:db8::1%eth0", None),
    ("1:2", None),
    ("x" * 254, None),
]


@pytest.mark.parametrize(("host", "texts"), CORPUS)
def test_what_a_host_meets(host: str, texts: set[str] | None) -> None:
    assert found(TABLE, [host]) == [texts]


PIECES = st.sampled_from(
    "evil example EVIL only com cn b a host sub named 192 0 2 7 198 51 100 130 255 256 07 2001 db8 5 8000 ffff "
    ". .. : :: [ ] - _ * / % @ é 。 \x00 \t \x1f \xa0 \ufeff \u3000 http good net １ 恶意 xn--5bu4m".split(" ")
)


@given(st.lists(st.lists(PIECES, max_size=12).map("".join), max_size=5))
@example(["evil.example:1.foo.bar"])
def test_what_is_answered_is_what_the_slow_way_finds(hosts: list[str]) -> None:
    agree(TABLE, INDEX, hosts)


NETWORKS = st.builds(
    lambda base, length: f"9.9.{base >> 8}.{base & 255 & -(1 << (32 - length))}/{length}",
    st.integers(0, 1023),
    st.integers(24, 32),
)


@given(st.lists(NETWORKS, max_size=12), st.lists(st.integers(0, 1023), max_size=20))
def test_nested_networks_are_all_found(networks: list[str], asked: list[int]) -> None:
    entries = watched(*networks)
    agree(Table(entries), Index(entries), [f"9.9.{number >> 8}.{number & 255}" for number in asked])


NAMES = st.lists(st.sampled_from(["a", "b", "ab", "com", "net"]), min_size=1, max_size=5).map(".".join)


@given(st.lists(NAMES, max_size=12), st.lists(NAMES, max_size=12))
def test_names_below_names_are_all_found(names: list[str], asked: list[str]) -> None:
    entries = watched(*(f"{name}.example.net" for name in names), *(f"*.{name}.example.net" for name in names[::2]))
    agree(Table(entries), Index(entries), [f"{name}.example.net" for name in asked])


def test_many_names_do_not_hide_one_another() -> None:
    entries = watched(*(f"n{number}.example.net" for number in range(3000)))
    asked = [f"{sub}n{number}.example.net" for number in range(0, 6000, 7) for sub in ("", "x.")]
    agree(Table(entries), Index(entries), asked)


def test_a_part_of_longer_arrays_is_matched() -> None:
    texts = texts_of(["evil.example", "", "x.only.example", "example"])
    part = Texts(texts.data, texts.starts[1:3], texts.ends[1:3])
    assert [answer != NONE for answer in kernel.match(part, TABLE.names, TABLE.ranges)] == [False, True]


def test_what_was_compiled_is_kept(tmp_path: Path) -> None:
    kernel.match(texts_of(["a"]), TABLE.names, TABLE.ranges)
    assert kernel.is_compiled()

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.core import space

LABEL = st.from_regex(r"[a-z0-9_]([a-z0-9_-]{0,4}[a-z0-9_])?", fullmatch=True)
NAME = st.lists(LABEL, min_size=1, max_size=4).map(".".join).filter(lambda name: space.network(name) is None)
NETWORK = st.one_of(st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str)).flatmap(
    lambda address: st.integers(0, 128 if ":" in address else 32).map(
        lambda length: space.text(space.network(f"{address}/{length}"))  # type: ignore[arg-type]  # one it is
    )
)


def holds(outer: str, inner: str) -> bool:
    first, end = space.below(outer)
    return first <= space.key(inner) < end


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ("example.com", "example.com", True),
        ("example.com", "a.b.example.com", True),
        ("example.com", "a-example.com", False),
        ("example.com", "example.com.cn", False),
        ("example.com", "com", False),
        ("example-a.com", "example.com", False),
        ("192.0.2.0/24", "192.0.2.0", True),
        ("192.0.2.0/24", "192.0.2.255", True),
        ("192.0.2.0/24", "192.0.2.128/25", True),
        ("192.0.2.0/24", "192.0.3.0", False),
        ("192.0.2.0/24", "192.0.0.0/16", False),
        ("10.0.0.0/24", "10.0.0.0/16", False),
        ("2001:db8::/32", "2001:db8:ffff::1", True),
        ("2001:db8::/32", "2001:db9::", False),
        ("0.0.0.0/0", "::", False),
    ],
)
def test_what_lies_at_or_below_a_host(outer: str, inner: str, expected: bool) -> None:
    assert holds(outer, inner) == expected


@given(st.one_of(NAME, NETWORK), st.one_of(NAME, NETWORK))
def test_a_range_of_keys_holds_exactly_what_has_the_host_above_it(outer: str, inner: str) -> None:
    assert holds(outer, inner) == (outer in space.above(inner))


def test_what_is_above_comes_nearest_first() -> None:
    assert space.above("a.b.cn") == ["a.b.cn", "b.cn", "cn"]
    assert space.above("192.0.2.1")[:3] == ["192.0.2.1", "192.0.2.0/31", "192.0.2.0/30"]
    assert space.above("192.0.2.0/24")[-1] == "0.0.0.0/0"


@pytest.mark.parametrize(
    ("host", "expected"),
    [("www.hospital.example", True), ("example", False), ("198.51.100.7", True), ("198.51.101.7", False)],
)
def test_names_and_networks_hold_what_lies_below_them(host: str, expected: bool) -> None:
    assert space.holds(["Hospital.example.", "198.51.100.0/24"], host) is expected

import ipaddress

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.edge.test_kernel import TABLE

from cleannet.edge.ranges import AN_ADDRESS, NAME, NO_ADDRESS, NONE, WITH_COLON, colons, find_ipv4, find_ipv6, read_ipv4


def read(text: str) -> tuple[int, int]:
    data = np.frombuffer(b"x" + text.encode() + b"x", np.uint8)
    written, address = read_ipv4(data, 1, len(data) - 1)
    return int(written), int(address)


@given(st.lists(st.sampled_from("0 1 9 25 255 256 00 07 . .. 192 2".split()), max_size=9).map("".join))
@example("192.0.2.7")
@example("0.0.0.0")
def test_an_address_is_what_the_library_takes_for_one(text: str) -> None:
    try:
        expected = AN_ADDRESS, int(ipaddress.IPv4Address(text))
    except ValueError:
        expected = NO_ADDRESS, 0
    assert read(text) == expected


@pytest.mark.parametrize(("text", "written"), [("1.2.3.a", NAME), ("1.2.3.4:80", WITH_COLON), ("a1:1", WITH_COLON)])
def test_what_is_no_address(text: str, written: int) -> None:
    assert read(text)[0] == written


@given(st.integers(0, 2**32 - 1) | st.integers(0xC6336400 - 5, 0xC6336400 + 260))
def test_ipv4_is_found_as_it_is_listed(address: int) -> None:
    found = find_ipv4(address, TABLE.ranges)
    assert (found != NONE) == _is_listed(ipaddress.IPv4Address(address))


@given(
    st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address)
    | st.integers(0x20010DB8 << 96, (0x20010DB8 << 96) + 2**90).map(ipaddress.IPv6Address)
)
def test_ipv6_is_found_as_it_is_listed(address: ipaddress.IPv6Address) -> None:
    for text in (str(address), address.exploded, str(address).upper()):
        data = np.frombuffer(text.encode(), np.uint8)
        found = find_ipv6(data, 0, len(data), TABLE.ranges)
        if address.ipv4_mapped is None:
            assert (found >= 0) == _is_listed(address), text
        assert int(colons(data, 0, len(data))) == text.count(":")


def _is_listed(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return any(
        address in ipaddress.ip_network(entry.indicator.pattern.host)
        for found in TABLE.sets
        for entry in found
        if entry.indicator.pattern.host.replace("/", "").replace(":", "").replace(".", "").isalnum()
        and entry.indicator.pattern.host[0].isdecimal()
    )

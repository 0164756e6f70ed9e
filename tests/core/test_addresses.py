import ipaddress

import pytest

from cleannet.core.addresses import address_or_none, is_public_address, unasked, unfit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("fe80::1%eth0", "None"),
        ("::ffff:192.0.2.7%eth0", "None"),
        ("192.0.2", "None"),
        ("evil.example", "None"),
        ("", "None"),
    ],
)
def test_an_address_is_read_as_people_write_it(text: str, expected: str) -> None:
    assert str(address_or_none(text)) == expected


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("10.1.2.3", "private"),
        ("127.0.0.1", "itself"),
        ("::1", "another host"),
        ("fe80::/64", "link-local"),
        ("8.0.0.0/5", "private"),
        ("198.51.100.1", ""),
        ("2001:db8::/32", ""),
    ],
)
def test_what_is_nobodys_to_name_says_why(text: str, word: str) -> None:
    said = unfit(ipaddress.ip_network(text))
    assert word in said
    assert bool(said) is bool(word)


@pytest.mark.parametrize(
    "text",
    [
        *("10.0.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "127.255.255.254", "0.0.0.0", "255.255.255.255"),
        *("169.254.169.254", "100.100.100.200", "100.64.0.1", "192.0.0.192", "224.0.0.1", "239.255.255.255"),
        *("198.18.0.1", "192.0.2.1", "::", "::1", "fd00:ec2::254", "fe80::1", "ff02::1", "2001:db8::1"),
        *("2002:7f00:1::1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2001::1", "::7f00:1"),
        *("fec0::1", "::ffff:8.8.8.8", "3fff::1", "5f00::1", "192.88.99.1", "168.63.129.16"),
        *("2606:4700::5efe:808:808", "2606:4700::200:5efe:808:808"),
    ],
)
def test_what_lies_inside_or_is_for_special_use_is_not_asked(text: str) -> None:
    assert unasked(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "2606:4700::1"])
def test_a_public_address_may_be_asked(text: str) -> None:
    assert unasked(ipaddress.ip_address(text)) == ""


@pytest.mark.parametrize(
    ("text", "public"),
    [("198.41.0.4", True), ("2001:500:2f::f", True), ("::ffff:127.0.0.1", False), ("fe80::1%eth0", False), ("", False)],
)
def test_a_strangers_text_is_public_only_as_an_address_that_may_be_asked(text: str, public: bool) -> None:
    assert is_public_address(text) is public

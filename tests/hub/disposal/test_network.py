import pytest
from pytest_django import Settings

from cleannet.hub.disposal import network


@pytest.mark.parametrize(
    ("text", "address", "port"), [("192.0.2.1:53", "192.0.2.1", 53), ("[2001:db8::1]:5353", "2001:db8::1", 5353)]
)
def test_a_server_is_an_address_and_a_port(text: str, address: str, port: int) -> None:
    found = network.server("r", text)
    assert (found.address, found.port) == (address, port)


@pytest.mark.parametrize("text", ["", "192.0.2.1", ":53", "192.0.2.1:0", "192.0.2.1:x", "192.0.2.1:70000"])
def test_what_is_no_server_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is no server"):
        network.server("r", text)


def test_the_settings_name_primary_and_resolvers(settings: Settings) -> None:
    settings.CLEANNET_DNS_PRIMARY = ""
    settings.CLEANNET_DNS_RESOLVERS = ""
    assert network.primary() is None
    assert list(network.look("evil.example", timeout=1)) == []
    settings.CLEANNET_DNS_PRIMARY = "127.0.0.1:5300"
    settings.CLEANNET_DNS_RESOLVERS = "甲=127.0.0.1:53, 乙=127.0.0.2:53"
    found = network.primary()
    assert found is not None
    assert found.server.port == 5300
    assert [one.name for one in network.resolvers()] == ["甲", "乙"]

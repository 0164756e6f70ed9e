import pytest

from cleannet.probe.target import Place, read


@pytest.mark.parametrize(
    ("reach", "text", "host", "port", "urls"),
    [
        ("name", "evil.example", "evil.example", 0, ["http://evil.example/", "https://evil.example/"]),
        ("address", "198.51.100.7", "198.51.100.7", 0, ["http://198.51.100.7/", "https://198.51.100.7/"]),
        ("address", "198.51.100.7:443", "198.51.100.7", 443, ["https://198.51.100.7/"]),
        ("address", "[2001:db8::7]:8080", "2001:db8::7", 8080, None),
        ("url", "a.example:80/x?y=1", "a.example", 80, ["http://a.example/x?y=1"]),
        ("url", "a.example/x", "a.example", 0, ["http://a.example/x", "https://a.example/x"]),
    ],
)
def test_an_order_names_host_port_and_urls(reach: str, text: str, host: str, port: int, urls: list[str] | None) -> None:
    target = read(reach, text)
    assert (target.host, target.port, target.why_not) == (host, port, "")
    if urls is None:
        urls = [f"{scheme}://[{host}]:{port}/" for scheme in ("http", "https")]
    assert [place.text for place in target.places()] == urls


@pytest.mark.parametrize("text", ["198.51.100.0/24", "10.0.0.1", "127.0.0.1:80", "com", ""])
def test_what_cannot_be_connected_to_says_why(text: str) -> None:
    assert read("address", text).why_not


def test_a_place_writes_its_port_where_it_is_not_the_schemes_own() -> None:
    assert Place("https", "a.example", 8443, "/x").text == "https://a.example:8443/x"

import pytest

from cleannet.probe.answer import Answer, named, server, unknown, written


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("r", "192.0.2.1:53", ("r", "192.0.2.1", 53, "")),
        ("op1/甲", "[2001:db8::1]:5353", ("甲", "2001:db8::1", 5353, "op1")),
    ],
)
def test_a_server_is_an_address_and_a_port(name: str, text: str, expected: tuple[str, str, int, str]) -> None:
    found = server(name, text)
    assert (found.name, found.address, found.port, found.party) == expected


@pytest.mark.parametrize("text", ["", "192.0.2.1", ":53", "192.0.2.1:0", "192.0.2.1:x", "192.0.2.1:70000"])
def test_what_is_no_server_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is no server"):
        server("r", text)


@pytest.mark.parametrize(
    ("name", "expected"), [("甲", ("", "甲")), ("op1/甲", ("op1", "甲")), ("/甲", ("", "")), ("op1/", ("op1", ""))]
)
def test_a_name_may_say_whose_it_is(name: str, expected: tuple[str, str]) -> None:
    assert named(name) == expected


def test_what_says_nothing_says_why() -> None:
    assert unknown("http", "甲", "it hung", way=["a"]) == Answer(
        "http", "甲", "unknown", {"why": "it hung", "way": ["a"]}
    )


def test_evidence_is_written_as_every_database_takes_it() -> None:
    said = {"a\x00": ["b\ud800", ("c", 1, None)], "d": {"e": True}}
    assert written(said) == {"a\ufffd": ["b?", ["c", 1, None]], "d": {"e": True}}

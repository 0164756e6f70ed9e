import pytest

from cleannet.core.refusal import Refusal
from cleannet.hub.web import typed


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-11-22 10:05", "2026-11-22T10:05:00+08:00"),
        (" 2026/11/22 10:05:09 ", "2026-11-22T10:05:09+08:00"),
        ("2026-11-22T02:05:00+00:00", "2026-11-22T02:05:00+00:00"),
    ],
)
def test_a_time_is_read_as_beijing_time(text: str, iso: str) -> None:
    assert typed.moment(text).isoformat() == iso


@pytest.mark.parametrize("text", ["", "soon", "22.11.2026", "2026-13-01 10:00", "0001-01-01T00:00", "9999-12-31 23:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match=r"web\.bad_time"):
        typed.moment(text)


@pytest.mark.parametrize(("text", "number"), [("", None), (" ", None), ("0", 0), ("9,000", 9000)])
def test_a_number_of_people_may_be_left_empty(text: str, number: int | None) -> None:
    assert typed.number(text) == number


@pytest.mark.parametrize("text", ["-1", "1.5", "many", "１２", "9999999999"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match=r"web\.bad_number"):
        typed.number(text)


def test_only_what_was_offered_can_be_chosen() -> None:
    assert typed.chosen("a", {"a": "A"}) == "a"
    with pytest.raises(Refusal, match=r"web\.bad_choice"):
        typed.chosen("b", {"a": "A"})

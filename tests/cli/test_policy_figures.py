import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.cli.policy_figures import figures, shown
from cleannet.core.policy_file import shipped

LAW = shipped()["mobile_malware_2011"]
KNOWN = {fact for law in shipped().values() for fact in law.facts()}


@given(st.integers(0, 10**15), st.integers(0, 10**12 - 1))
def test_money_is_read_to_the_fen(infected: int, fen: int) -> None:
    assert figures(LAW, KNOWN, infected, f"{fen // 100}.{fen % 100:02}", []) == {
        "infected_24h": infected,
        "loss_fen": fen,
    }


@pytest.mark.parametrize(
    ("loss", "fen"), [("0", 0), ("1.5", 150), ("1.50", 150), ("1.500", 150), ("1e3", 100_000), ("0.00", 0)]
)
def test_ways_to_write_an_amount(loss: str, fen: int) -> None:
    assert figures(LAW, KNOWN, None, loss, []) == {"loss_fen": fen}


@pytest.mark.parametrize(
    "loss",
    ["", "much", "-1", "1.005", "nan", "sNaN", "Infinity", "-inf", "1e15", "1e4000000", "1e-3", "0." + "0" * 60 + "1"],
)
def test_what_is_no_amount_is_refused(loss: str) -> None:
    with pytest.raises(ValueError, match="is not an amount in yuan"):
        figures(LAW, KNOWN, None, loss, [])


@pytest.mark.parametrize(
    ("infected", "loss", "facts", "said"),
    [
        (-1, None, [], "cannot be below 0"),
        (None, None, ["people_leaked"], "NAME=N"),
        (None, None, ["people_leaked=x"], "whole number"),
        (None, None, ["people_leaked=" + "9" * 5000], "at most 15 digits"),
        (None, None, ["infected_23h=1"], "grades on infected_24h, loss_yuan"),
        (None, None, ["loss_fen=1"], "grades on infected_24h, loss_yuan"),
        (None, None, ["people_leaked=1", "people_leaked=1"], "“people_leaked” is given twice"),
        (1, None, ["infected_24h=1"], "“infected_24h” is given twice"),
        (None, "1", ["loss_yuan=1"], "“loss_yuan” is given twice"),
    ],
)
def test_wrong_figures_are_told(infected: int | None, loss: str | None, facts: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=r"^(--|“)") as refused:
        figures(LAW, KNOWN, infected, loss, facts)
    assert said in str(refused.value)


def test_facts_of_another_law_are_read_too() -> None:
    assert figures(LAW, KNOWN, None, None, ["people_leaked=7", "direct_loss_yuan=0.01"]) == {
        "people_leaked": 7,
        "direct_loss_fen": 1,
    }


def test_money_is_named_in_yuan() -> None:
    assert [shown(fact) for fact in ("loss_fen", "infected_24h")] == ["loss_yuan", "infected_24h"]

"""The figures of `cleannet policy grade`, read from its options."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation

from cleannet.core.policy import Policy

_MOST_DIGITS = 15


def figures(
    law: Policy, known: Iterable[str], infected: int | None, loss: str | None, facts: Iterable[str]
) -> Mapping[str, int]:
    """Return the figures by fact, money in fen; `known` are the facts of every law there is.

    Raises ValueError for a figure that is none, a fact no law grades on, and a fact given twice.
    """
    found: dict[str, int] = {}
    for name, figure in _given({*known, *law.facts()}, law, infected, loss, facts):
        if name in found:
            raise ValueError(f"“{shown(name)}” is given twice; give each figure once.")
        found[name] = figure
    return found


def shown(fact: str) -> str:
    """Return the name a person gives a fact by: money is in yuan at the edges, in fen inside."""
    return fact.removesuffix("_fen") + "_yuan" if fact.endswith("_fen") else fact


def _given(
    known: Iterable[str], law: Policy, infected: int | None, loss: str | None, facts: Iterable[str]
) -> Iterator[tuple[str, int]]:
    named = {shown(fact): fact for fact in known}
    if infected is not None:
        if infected < 0:
            raise ValueError("--infected counts numbers; it cannot be below 0.")
        yield "infected_24h", infected
    if loss is not None:
        yield "loss_fen", _fen(loss, "--loss")
    for item in facts:
        name, equals, value = item.partition("=")
        if not equals:
            raise ValueError(f"--fact “{item}” is not NAME=N with a whole number.")
        if name not in named:
            graded_on = ", ".join(sorted(shown(fact) for fact in law.facts())) or "nothing"
            raise ValueError(f"--fact “{name}” is no fact of any law; {law.id} grades on {graded_on}.")
        if name.endswith("_yuan"):
            yield named[name], _fen(value, f"--fact {name}")
        elif value.isdecimal() and len(value) <= _MOST_DIGITS:
            yield named[name], int(value)
        else:
            raise ValueError(f"--fact “{item}” is not NAME=N with a whole number of at most {_MOST_DIGITS} digits.")


def _fen(text: str, option: str) -> int:
    try:
        yuan = Decimal(text)
        # A rounded Decimal of this size is exact, so only what has no third decimal equals it.
        if not yuan.is_finite() or yuan < 0 or yuan.adjusted() >= _MOST_DIGITS or yuan != round(yuan, 2):
            raise InvalidOperation
    except InvalidOperation:
        raise ValueError(
            f"{option} “{text}” is not an amount in yuan, not below 0, below 10^{_MOST_DIGITS}, "
            "with at most two decimals."
        ) from None
    return int(round(yuan, 2) * 100)

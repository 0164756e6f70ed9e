"""Every row of every shipped law has its case, and no row can be changed without its case saying so."""

import tomllib
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from typing import Any

import pytest

from cleannet.core import owed
from cleannet.core.clock import Limit, shipped_calendar
from cleannet.core.entry import SCOPES
from cleannet.core.policy import DutyRule, Policy, shipped_files
from cleannet.core.policy_file import shipped
from cleannet.core.terms import MEDIA, RECIPIENTS, ROLES, Grade

TEXTS = ("none", "30min", "1h", "2h", "4h", "3d", "30d", "3wd", "5wd", "30wd", "month_end")
LIMITS = [Limit.parse(text) for text in TEXTS]
ANYONE = (*ROLES, *RECIPIENTS)
OWES = ("actor", "each_addressee", "each_reporter", *(f"role:{role}" for role in ROLES))
# Fields no case can see, and why.
UNSEEN = {
    "id": "the case names the row by it",
    "text": "words for a reader; tests/cli hold the page",
    "grade_of": "a word for the reader; core.duty_rows holds it against when and by",
    "unverified": "a flag for the reader, joined with the law's own; tests/core hold it",
    "note": "words for a reader",
}
# Mutants that come to the same, and why.
SAME = {("9.2.identification", "cc", ("reporter",)): "whoever is written to needs no copy"}


@cache
def cases(law: str) -> dict[str, owed.OwedCase]:
    data = tomllib.loads(shipped_files(cases=True)[f"{law}.cases.toml"])
    read = [owed.read(item, data["moments"]) for item in data["owed"]]
    assert len({case.rule for case in read}) == len(read)
    return {case.rule: case for case in read}


ROWS = [(law, rule) for law in shipped().values() for rule in law.duties]


@pytest.mark.parametrize("law", list(shipped()))
def test_every_row_has_its_case(law: str) -> None:
    assert cases(law).keys() == {rule.id for rule in shipped()[law].duties}


def wrong(law: Policy, rule: DutyRule) -> bool:
    case = cases(law.id)[rule.id]
    return next(owed.wrong(replace(law, duties=(rule,)), case, shipped_calendar()), "") != ""


def mutants(rule: DutyRule) -> Iterator[tuple[str, Any]]:
    """Yield each field of a row with another value it could have."""
    yield "article", "零"
    yield "when", "blob.erased"
    yield from (("start", start) for start in owed.MOMENTS if rule.start not in (start, "month"))
    if rule.start == "month":
        yield from (("start", start) for start in owed.MOMENTS if start != "happened_at")
    yield from (("limit", limit) for limit in LIMITS if limit != rule.limit)
    yield from (("owes", owes) for owes in OWES if owes != rule.owes)
    yield from (("expects", kind) for kind in ("paper.issued", "paper.supplied") if kind != rule.expects)
    yield from (("form", form) for form in ("", "annex1", "annex9") if form != rule.form)
    yield from (("delegate", role) for role in ("", *ROLES) if role != rule.delegate)
    yield "if_missing", not rule.if_missing
    for field, known in (("to", ANYONE), ("cc", ANYONE), ("needs", ("reporter", "expert"))):
        yield from ((field, tuple(left)) for left in changed(getattr(rule, field), known))
    for field, known in (("first_notice", ("phone", "mail")), ("through", ("paper", "system", "sheet"))):
        yield from ((field, tuple(left)) for left in changed(getattr(rule, field), known))
    for field, known in (("by", ROLES), ("grades", Grade), ("medium", MEDIA)):
        yield from ((field, frozenset(left)) for left in changed(getattr(rule, field), known))
    if rule.owes == "each_addressee":
        # No other row looks among whom it is.
        yield from (("among", frozenset(left)) for left in changed(rule.among, ROLES))
    # Whoever owes is always part of what makes a duty one, written “party” or “addressee”.
    scopes = [part for part in rule.per if part in SCOPES]
    yield from (("per", tuple(left) or ("party",)) for left in changed(scopes, SCOPES))


def changed(values: Any, known: Any) -> Iterator[list[Any]]:
    """Yield the values with each one left out, and with each other one added."""
    given = list(values)
    for value in given:
        yield [other for other in given if other != value]
    for value in known:
        if value not in given:
            yield [*given, value]


@pytest.mark.parametrize(("law", "rule"), ROWS, ids=[f"{law.id}:{rule.id}" for law, rule in ROWS])
def test_no_field_of_a_row_can_change_unseen(law: Policy, rule: DutyRule) -> None:
    assert not wrong(law, rule)
    survived = {
        (rule.id, field, value) for field, value in mutants(rule) if not wrong(law, replace(rule, **{field: value}))
    }
    assert survived == {same for same in SAME if same[0] == rule.id}


def test_every_field_is_changed_or_says_why_not() -> None:
    tried = {field for _, rule in ROWS for field, _ in mutants(rule)}
    assert {field.name for field in fields(DutyRule)} - tried == set(UNSEEN)

"""Read the `[[duty]]` rows of a policy file, and refuse what no row can mean."""

from collections.abc import Collection, Iterable, Iterator

from cleannet.core import terms
from cleannet.core.entry import SCOPES
from cleannet.core.policy import DutyRule
from cleannet.core.terms import Grade
from cleannet.core.toml_table import Table

STARTS = ("found_at", "received_at", "happened_at", "changed_at", "month")
PER = (*SCOPES, "party", "addressee")
GRADE_OF = ("own", "cncert", "notice")
# What follows a notice carries the notice's grade.
_NOTICED = frozenset(
    {"notice.issued", "notice.received", "disposal.fed_back", "feedback.received", "disposal.verified"}
)
_NAMES = frozenset({*terms.ROLES, *terms.RECIPIENTS})
_FIRST = ("phone", "mail")


def duty_rows(tables: Iterable[Table], forms: Collection[str] | None) -> Iterator[DutyRule]:
    """Yield the rule of each table, noting in the table what is wrong; `forms` are those of the file, None where the
    law below may have more.
    """
    seen: set[str] = set()
    for table in tables:
        rule = _rule(table)
        _check(table, rule)
        if forms is not None and rule.form not in ("", *forms):
            table.wrong("form", f"the form “{rule.form}” is not in this file")
        if rule.id in seen:
            table.wrong("id", "this id stands twice in the file")
        seen.add(rule.id)
        table.done()
        yield rule


def _rule(table: Table) -> DutyRule:
    return DutyRule(
        id=table.text("id"),
        article=table.text("article"),
        text=table.bilingual("text"),
        when=table.one_of("when", terms.ENTRY_KINDS),
        by=frozenset(table.several("by", terms.ROLES, [])),
        owes=table.text("owes"),
        expects=table.one_of("expects", terms.ENTRY_KINDS),
        start=table.one_of("start", STARTS),
        limit=table.limit("limit"),
        per=tuple(table.text("per").split("+")),
        grades=frozenset(Grade(grade) for grade in table.several("grade", terms.GRADES, [])),
        grade_of=table.one_of("grade_of", GRADE_OF, ""),
        to=table.several("to", _NAMES, []),
        cc=table.several("cc", _NAMES, []),
        form=table.text("form", ""),
        first_notice=table.several("first_notice", _FIRST, []),
        through=table.several("through", terms.MEDIA.keys() - _FIRST, []),
        medium=frozenset(table.several("medium", terms.MEDIA, [])),
        among=frozenset(table.several("among", terms.ROLES, [])),
        needs=table.several("needs", _NAMES, []),
        if_missing=table.take("if_missing", bool, False),
        delegate=table.one_of("delegate", terms.ROLES, ""),
        unverified=table.take("unverified", bool, False),
        note=table.text("note", ""),
    )


def _check(table: Table, rule: DutyRule) -> None:
    if rule.owes not in ("actor", "each_addressee", "each_reporter") and (
        not rule.owes.startswith("role:") or rule.owes.removeprefix("role:") not in _NAMES
    ):
        table.wrong("owes", f"“{rule.owes}” is nobody: write actor, each_addressee, each_reporter or role:ROLE")
    for part in rule.per:
        if part not in PER:
            table.wrong("per", f"“{part}” makes nothing one; known are {', '.join(PER)}, joined by +")
    kind = terms.ENTRY_KINDS.get(rule.when)
    if kind and not kind.by and rule.by:
        table.wrong("by", f"“{rule.when}” is made by the calendar; leave “by” out")
    if kind and kind.by and not rule.by:
        table.wrong("", "the field “by” is missing: which role makes the entry")
    if kind and not rule.by <= kind.by:
        table.wrong("by", f"“{rule.when}” is never made by {', '.join(sorted(rule.by - kind.by))}")
    if kind and (rule.start == "month") != (not kind.by):
        table.wrong("start", "“month” is the start of what the calendar makes, and of nothing else")
    if bool(rule.grades) != bool(rule.grade_of):
        table.wrong("grade", "“grade” and “grade_of” go together: whose grade decides")
    elif rule.grade_of and rule.grade_of != _grade_of(rule):
        table.wrong("grade_of", f"“{rule.when}” by these carries the grade “{_grade_of(rule)}”; say so")
    if rule.unverified and not rule.note:
        table.wrong("unverified", "what is unverified says why in “note”")


def _grade_of(rule: DutyRule) -> str:
    """Return whose grade the entry carries: that of the notice it follows, else that of who makes it."""
    if rule.when in _NOTICED:
        return "notice"
    return "cncert" if rule.by == {"cncert"} else "own"

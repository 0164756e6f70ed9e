"""Read a policy file: TOML in, a checked `Policy` out, or all its errors at once, each with its line."""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from cleannet.core import terms
from cleannet.core.duty_rows import duty_rows
from cleannet.core.policy import (
    Change,
    Field,
    Form,
    GradeRule,
    Policy,
    Retention,
    Text,
    Threshold,
    shipped_files,
)
from cleannet.core.terms import Grade
from cleannet.core.toml_table import Problem, Table, lines

UNITS = ("name", "full_name", "family")
PLACES = ("above", "table", "column")
RETAINED = ("samples", "tallies", "papers", "orders", "evidence", "complaints")
_FACT = re.compile(r"[a-z][a-z0-9_]*")


class PolicyError(Exception):
    """Say everything that is wrong with one policy file."""

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        self.name = name
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(f"{name}:{problem.line}: {problem.message}" for problem in self.problems))


def load(path: Path) -> Policy:
    """Read a policy file from disk; raise PolicyError, or OSError when it cannot be read."""
    try:
        return parse(path.read_text(encoding="utf-8"), path.name)
    except UnicodeDecodeError as wrong:
        raise PolicyError(path.name, [Problem(1, f"is not UTF-8 text (byte {wrong.start}); save it so")]) from wrong


@cache
def shipped() -> Mapping[str, Policy]:
    """Return the laws that come with the product, by id."""
    return {policy.id: policy for policy in (parse(text, name) for name, text in shipped_files().items())}


def parse(text: str, name: str) -> Policy:
    """Read the text of the policy file `name`; raise PolicyError with all its errors."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        found = re.search(r"line (\d+)", str(wrong))
        raise PolicyError(name, [Problem(int(found[1]) if found else 1, f"is not TOML: {wrong}")]) from wrong
    return _Reader(data, text, name).policy()


class _Reader:
    def __init__(self, data: Mapping[str, Any], text: str, name: str) -> None:
        self.data, self.text, self.name = data, text, name
        self.problems: list[Problem] = []
        self.lines = dict(lines(text))

    def table(self, data: Mapping[str, Any], path: str, where: str) -> Table:
        def line(key: str) -> int:
            return self.lines.get(f"{path}/{key}") or self.lines.get(f"{path}/") or 1

        return Table(data, where, line, self.problems)

    def policy(self) -> Policy:
        top = self.table(self.data, "", "the file")
        stem = self.name.removesuffix(".toml")
        version = top.take("format", int)
        if version not in (1, None):
            top.wrong("format", f"format {version} is not known to this version, which reads 1")
        identity = top.text("id")
        if identity and identity != stem:
            top.wrong("id", f"the id “{identity}” must be the file's own name, “{stem}”")
        since, until = self.span(top)
        overlays = top.text("overlays", "")
        forms = {form.id: form for form in self.forms(top)}
        tables = [
            self.table(data, f"duty[{index}]", f"[[duty]] {data.get('id', index + 1)}")
            for index, data in enumerate(top.tables("duty"))
        ]
        duties = tuple(duty_rows(tables, None if overlays else forms))
        unit, grading = self.grading(top)
        policy = Policy(
            id=identity,
            title=top.bilingual("title"),
            document=top.text("document"),
            since=since,
            until=until,
            repealed_by=top.text("repealed_by", ""),
            unverified=top.take("unverified", bool, False),
            note=top.text("note", ""),
            unit=unit,
            grading=grading,
            duties=duties,
            retention=tuple(self.retention(top)),
            forms=forms,
            overlays=overlays,
            province=top.text("province", ""),
            special_period=top.take("special_period", bool, False),
            retroactive=top.take("retroactive", bool, False),
            changes=tuple(self.changes(top)),
            digest=hashlib.sha256(self.text.encode()).hexdigest(),
            text=self.text,
        )
        if policy.changes and not overlays:
            top.wrong("change", "only an overlay changes duties; name the law below in “overlays”")
        for key in ("special_period", "retroactive", "province"):
            if getattr(policy, key) and not overlays:
                top.wrong(key, f"only an overlay has “{key}”; name the law below in “overlays”")
        if policy.unverified and not policy.note:
            top.wrong("unverified", "what is unverified says why in “note”")
        top.done()
        if self.problems:
            raise PolicyError(self.name, self.problems)
        return policy

    def span(self, top: Table) -> tuple[date, date | None]:
        span = top.take("in_force", dict) or {}
        since, until = span.get("from"), span.get("to")
        if span and type(since) is not date:
            top.wrong("in_force", "“in_force” needs a day in “from”, as 2012-01-01")
        if until is not None and (type(until) is not date or (type(since) is date and until < since)):
            top.wrong("in_force", "“to” must be a day not before “from”")
        for extra in set(span) - {"from", "to"}:
            top.wrong("in_force", f"“in_force” has an unknown field “{extra}”")
        return (since if type(since) is date else date.max), (until if type(until) is date else None)

    def grading(self, top: Table) -> tuple[str, tuple[GradeRule, ...]]:
        head = self.table(top.take("grading", dict, {}), "grading", "[grading]")
        unit = head.one_of("unit", UNITS, "name")
        head.text("article", "")
        head.take("unverified", bool, False)
        head.text("note", "")
        head.done()
        rules: list[tuple[Table, GradeRule]] = []
        for index, data in enumerate(top.tables("grade")):
            table = self.table(data, f"grade[{index}]", f"[[grade]] {data.get('grade', index + 1)}")
            grade = table.one_of("grade", terms.GRADES)
            rule = GradeRule(
                table.text("article"),
                Grade(grade) if grade in terms.GRADES else Grade.IV,
                tuple(self.thresholds(table)),
                table.bilingual("text"),
            )
            table.done()
            rules.append((table, rule))
        self.order(top, rules)
        return unit, tuple(rule for _, rule in rules)

    def thresholds(self, table: Table) -> Iterator[Threshold]:
        for key, strictly in (("over", True), ("at_least", False)):
            for fact, figure in table.take(key, dict, {}).items():
                if not _FACT.fullmatch(fact) or type(figure) is not int or figure < 0:
                    table.wrong(key, f"“{fact} = {figure!r}” must give a whole number, not below 0, for a fact")
                elif fact.endswith("_yuan"):
                    yield Threshold(fact.removesuffix("_yuan") + "_fen", strictly, figure * 100)
                else:
                    yield Threshold(fact, strictly, figure)

    def order(self, top: Table, rules: list[tuple[Table, GradeRule]]) -> None:
        """Refuse gradings that are not monotone: the graver grade first, and its figures never below the next one's."""
        written = [rule.grade for _, rule in rules]
        if written != sorted(set(written), key=lambda grade: -grade.gravity):
            top.wrong("grade", "write each grade once, the gravest first")
        if rules and rules[-1][1].thresholds:
            rules[-1][0].wrong("", "the last grade takes what is left: it has no figures")
        lowest: dict[str, Threshold] = {}
        for table, rule in rules:
            for threshold in rule.thresholds:
                above = lowest.get(threshold.fact)
                if above and threshold.figure >= above.figure:
                    key = "over" if threshold.strictly else "at_least"
                    table.wrong(key, f"{threshold.fact} is not below the figure of the graver grade")
                lowest[threshold.fact] = threshold

    def retention(self, top: Table) -> Iterator[Retention]:
        for index, data in enumerate(top.tables("retention")):
            table = self.table(data, f"retention[{index}]", "[[retention]]")
            limit = table.limit("limit")
            if limit.unit != "d":
                table.wrong("limit", "retention is given in natural days, as 60d")
            yield Retention(
                table.text("article"),
                limit.count,
                table.several("of", RETAINED),
                frozenset(table.several("by", terms.ROLES)),
                table.bilingual("text"),
                table.take("unverified", bool, False),
            )
            table.text("note", "")
            table.done()

    def forms(self, top: Table) -> Iterator[Form]:
        for index, data in enumerate(top.tables("form")):
            table = self.table(data, f"form[{index}]", f"[[form]] {data.get('id', index + 1)}")
            fields: list[Field] = []
            for place, item in enumerate(table.tables("field")):
                row = self.table(item, f"form[{index}].field[{place}]", f"{table.where} field {item.get('key')}")
                fields.append(
                    Field(
                        row.text("key"),
                        Text(row.text("zh"), row.text("en")),
                        row.one_of("place", PLACES),
                        row.take("row", int, place),
                        row.one_of("filled_by", terms.ROLES, ""),
                    )
                )
                row.done()
            if len({field.key for field in fields}) != len(fields):
                table.wrong("id", "a field stands twice")
            yield Form(table.text("id"), table.text("article"), table.bilingual("title"), tuple(fields))
            table.done()

    def changes(self, top: Table) -> Iterator[Change]:
        names = set(terms.ROLES) | set(terms.RECIPIENTS)
        for index, data in enumerate(top.tables("change")):
            table = self.table(data, f"change[{index}]", f"[[change]] {data.get('duty', index + 1)}")
            yield Change(
                table.text("duty"),
                table.text("article"),
                table.limit("limit") if "limit" in data else None,
                table.several("to", names) if "to" in data else None,
                table.several("cc", names) if "cc" in data else None,
            )
            table.known |= {"limit", "to", "cc"}
            table.done()

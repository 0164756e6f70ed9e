"""机制: the law as data. Load and check a policy file, overlay it, and say which rules apply when.

A policy is one document: how it grades, what it obliges whom to do by when, how long records are kept, and its forms.
Every row names its article. `cleannet.core.policy_file` reads the TOML; the meaning of each word is fixed there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from importlib.resources import files

from cleannet.core.clock import BEIJING, Limit
from cleannet.core.terms import Grade

CASES = ".cases.toml"


@dataclass(frozen=True, slots=True)
class Text:
    """Hold one text in the law's language and in English."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Threshold:
    """Grade by one figure: strictly more (`over`, 超过) or at least (以上) `figure` of `fact`; money in fen."""

    fact: str
    strictly: bool
    figure: int

    def passed_by(self, figure: int) -> bool:
        return figure > self.figure if self.strictly else figure >= self.figure


@dataclass(frozen=True, slots=True)
class GradeRule:
    """Give `grade` when any threshold is passed; a rule without thresholds takes what is left."""

    article: str
    grade: Grade
    thresholds: tuple[Threshold, ...]
    text: Text


@dataclass(frozen=True, slots=True)
class DutyRule:
    """Say: when an entry of this kind is made by that role, that party owes that entry within so long.

    `grades`, `medium`, `needs` (somebody fills these names) and `if_missing` (the form went out with empty fields) are
    further conditions of the entry. `through` are the media by which the act counts, none: any in writing;
    `first_notice` those that may come before the writing.
    """

    id: str
    article: str
    text: Text
    when: str
    by: frozenset[str]
    owes: str
    expects: str
    start: str
    limit: Limit
    per: tuple[str, ...]
    grades: frozenset[Grade] = frozenset()
    grade_of: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    form: str = ""
    first_notice: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    medium: frozenset[str] = frozenset()
    among: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()
    if_missing: bool = False
    delegate: str = ""
    unverified: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Retention:
    """Keep what `of` names at least `days` natural days from the last act on the case."""

    article: str
    days: int
    of: tuple[str, ...]
    by: frozenset[str]
    text: Text
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """Name one printed field of a form: above the table, in it, or a column of it; the same `row` joins neighbours."""

    key: str
    text: Text
    place: str
    row: int
    filled_by: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """Hold an annex: its title and fields in printed order."""

    id: str
    article: str
    title: Text
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Change limit or recipients of one duty of the law below, for as long as the overlay is in force."""

    duty: str
    article: str
    limit: Limit | None
    to: tuple[str, ...] | None
    cc: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Policy:
    """Hold one law, or an overlay on one; `digest` is the SHA-256 of `text`, the file's own bytes."""

    id: str
    title: Text
    document: str
    since: date
    until: date | None
    repealed_by: str
    unverified: bool
    note: str
    unit: str
    grading: tuple[GradeRule, ...]
    duties: tuple[DutyRule, ...]
    retention: tuple[Retention, ...]
    forms: Mapping[str, Form]
    overlays: str
    province: str
    special_period: bool
    retroactive: bool
    changes: tuple[Change, ...]
    digest: str
    text: str

    def in_force(self, moment: datetime) -> bool:
        """Return whether the law applies at an aware moment, by the day in Beijing."""
        day = moment.astimezone(BEIJING).date()
        return self.since <= day and (self.until is None or day <= self.until)

    def facts(self) -> frozenset[str]:
        """Return the facts this law grades on."""
        return frozenset(threshold.fact for rule in self.grading for threshold in rule.thresholds)

    def thresholds(self, fact: str) -> tuple[int, ...]:
        """Return the figures of one fact, least first: what a counter has to watch for."""
        return tuple(
            sorted(threshold.figure for rule in self.grading for threshold in rule.thresholds if threshold.fact == fact)
        )


def applying(overlays: Iterable[Policy], policy: Policy, start: datetime, province: str) -> tuple[Policy, ...]:
    """Return the overlays of `policy` in force at the start of a duty, weakest first; a running duty keeps its own.

    The narrower province wins over the whole country, then the later file. 545号 十六, 二十.
    """
    return tuple(
        sorted(
            (
                overlay
                for overlay in overlays
                if overlay.overlays == policy.id and overlay.province in ("", province) and overlay.in_force(start)
            ),
            key=lambda overlay: (bool(overlay.province), overlay.since, overlay.id),
        )
    )


def changed(rule: DutyRule, overlays: Sequence[Policy]) -> tuple[DutyRule, Policy | None]:
    """Return the rule as the overlays (weakest first) leave it, and the last one that changed it."""
    by: Policy | None = None
    for overlay in overlays:
        for change in overlay.changes:
            if change.duty == rule.id:
                by = overlay
                rule = replace(
                    rule,
                    article=change.article,
                    limit=rule.limit if change.limit is None else change.limit,
                    to=rule.to if change.to is None else change.to,
                    cc=rule.cc if change.cc is None else change.cc,
                )
    return rule, by


def shipped_files(cases: bool = False) -> Mapping[str, str]:
    """Return the text of every policy file that comes with the product, or of the files of cases, by file name."""
    return {
        file.name: file.read_text(encoding="utf-8")
        for file in sorted(files("cleannet.policies").iterdir(), key=lambda found: found.name)
        if file.name.endswith(".toml") and file.name.endswith(CASES) == cases
    }

"""One case per row of a law: which entry opens the duty, what is owed then, and which act meets it.

An `[[owed]]` case says only what the article says. From that one datum the runner tries, too, whom and what the row
does not mean: other roles, grades and media, and every act that is nearly the one owed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from cleannet.core.clock import Calendar, moment
from cleannet.core.duty import Duty, arising
from cleannet.core.ending import meets
from cleannet.core.entry import ANYBODY, ANYTHING, Delegation, Facts, Participants
from cleannet.core.policy import Policy
from cleannet.core.replay import LATE, MET, OPEN, state
from cleannet.core.terms import CALENDAR, ENTRY_KINDS, GRADES, MEDIA, ROLES, Grade

MOMENTS = ("happened_at", "found_at", "received_at", "changed_at")
_FIRST = ("phone", "mail")
_MAKER, _OTHER = "maker", "other"
_SECOND, _LONG = timedelta(seconds=1), timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedCase:
    """Hold what one row comes to.

    `by` are all roles whose entry opens the duty (none: the calendar), `grades` and `medium` all it opens at (none: at
    any). `owes` are all who owe it then, where it is not whoever made the entry. `any_role`: whoever has a role of `by`
    owes, in whatever role it made the entry. `about` is what entry and act must be about. `through` are the media by
    which the act counts (none: any that writes).
    """

    rule: str
    article: str
    when: str
    moments: Mapping[str, datetime]
    start: datetime
    expects: str
    about: tuple[str, ...]
    due: datetime | None = None
    by: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    medium: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    if_missing: bool = False
    owes: tuple[str, ...] = ()
    any_role: bool = False
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    form: str = ""
    first_notice: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    delegate: str = ""


def read(data: Mapping[str, Any], moments: Mapping[str, Any]) -> OwedCase:
    """Read one case; `moments` are those of entries that give none of their own.

    Raises TypeError for a field that is missing or unknown, and ValueError for a moment that is none.
    """
    given: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
    own = {name: moment(given.pop(name, moments.get(name, ""))) for name in MOMENTS}
    given["start"] = moment(given.get("start", ""))
    given["due"] = moment(given["due"]) if "due" in given else None
    return OwedCase(moments=own, **given)


def wrong(policy: Policy, case: OwedCase, calendar: Calendar) -> Iterator[str]:
    """Yield what the law comes to otherwise than the case says; nothing where it comes to the same."""
    rule = next((rule for rule in policy.duties if rule.id == case.rule), None)
    if rule is None:
        yield f"there is no rule {case.rule}"
        return
    tried = _Tried(replace(policy, duties=(rule,)), case, calendar)
    others = list(tried.who_owes())
    yield from others
    if not others:
        yield from tried.what_is_owed()
        yield from tried.what_it_is_about()


@dataclass(frozen=True, slots=True)
class _Tried:
    """Try one case on a law that has its row only."""

    law: Policy
    case: OwedCase
    calendar: Calendar

    def entry(self, **changes: Any) -> Facts:
        grade = changes.pop("grade", self.case.grades[0] if self.case.grades else "")
        given: dict[str, Any] = {
            "kind": self.case.when,
            "role": self.case.by[0] if self.case.by else CALENDAR.key,
            "party": _MAKER,
            "refs": {kind: kind for kind in self.case.about},
            "grades": {self.law.id: Grade(grade)} if grade else {},
            "recipients": () if self.case.when.endswith(".received") else tuple(ROLES),
            "medium": self.case.medium[0] if self.case.medium else "system",
            "missing": ("remarks",) if self.case.if_missing else (),
            **self.case.moments,
        }
        return Facts(**{**given, **changes})

    def duties(self, participants: Participants = ANYBODY, **changes: Any) -> tuple[Duty, ...]:
        return arising(self.law, self.entry(**changes), participants, self.calendar)

    def owing(self, participants: Participants = ANYBODY, **changes: Any) -> list[str]:
        """Return who owes the duty after such an entry, or why the entry is refused."""
        try:
            return sorted(duty.owes for duty in self.duties(participants, **changes))
        except ValueError as refused:
            return [f"refused: {refused}"]

    def who_owes(self) -> Iterator[str]:
        case = self.case
        owes = sorted(case.owes or (_MAKER,))
        roles = case.by or (CALENDAR.key,)
        tries: list[tuple[dict[str, Any], bool]] = [({"role": role}, role in roles) for role in (*ROLES, *roles)]
        if not case.by:
            tries = [({}, True)]
        tries += [({"grade": grade}, not case.grades or grade in case.grades) for grade in ("", *GRADES)]
        tries += [({"medium": medium}, not case.medium or medium in case.medium) for medium in MEDIA]
        tries += [({"missing": ("remarks",)}, True), ({"missing": ()}, not case.if_missing)]
        for changes, owed in tries:
            found = self.owing(**changes)
            if found != (owes if owed else []):
                yield f"after {changes or case.when} {found} owe it"
        for name in case.needs:
            if found := self.owing(Participants({**ANYBODY.roles, name: ()})):
                yield f"without {name} {found} owe it"
        for role in case.by:
            both = Participants({**ANYBODY.roles, role: (role, _MAKER)})
            found = self.owing(both, role=next(name for name in (*ROLES, "") if name not in case.by))
            if found != (owes if case.any_role else []):
                yield f"who is {role} beside the role it acts in: {found} owe it"

    def what_is_owed(self) -> Iterator[str]:
        case = self.case
        wanted = {
            name: getattr(case, name)
            for name in {field.name for field in fields(Duty)} & {field.name for field in fields(case)}
            if name != "owes"
        }
        for role in case.by or (CALENDAR.key,):
            for grade in case.grades or ("",):
                for duty in self.duties(role=role, grade=grade):
                    own = {"grade": grade, "role": duty.owes if case.owes else role, "provisional": False}
                    for name, value in (wanted | own).items():
                        if getattr(duty, name) != value:
                            yield f"{name} is {getattr(duty, name)}, not {value}"
                    yield from self.what_meets(duty)
        known = {*case.owes, *case.needs}
        unrouted = tuple(name for name in (*case.to, *case.cc) if name not in known)
        found = {duty.owes: duty.unrouted for duty in self.duties(Participants({name: (name,) for name in known}))}
        if found != dict.fromkeys(case.owes or (_MAKER,), unrouted):
            yield f"with nobody known but {sorted(known)}, unrouted are {found}, not {unrouted}"

    def what_it_is_about(self) -> Iterator[str]:
        for refs in ({kind: kind for kind in self.case.about}, ANYTHING):
            for duty in self.duties(refs=refs):
                wanted = {kind: kind for kind in refs if kind in (*self.case.about, "case")}
                if duty.scope != wanted:
                    yield f"it is about {dict(duty.scope)}, not {wanted}"
        for left_out in self.case.about:
            found = self.owing(refs={kind: kind for kind in self.case.about if kind != left_out})
            if not all(said.startswith("refused") for said in found):
                yield f"an entry that does not say which {left_out} opens it"

    def what_meets(self, duty: Duty) -> Iterator[str]:
        for said, act, delegations, wanted in _acts(self.law.id, self.case, duty):
            met = act.happened_at if meets(act, duty, delegations) else None
            found = OPEN if met is None else state(duty.due, met, None, met)
            if found != wanted:
                yield f"{said}: {found}, not {wanted}"


def _acts(law: str, case: OwedCase, duty: Duty) -> Iterator[tuple[str, Facts, tuple[Delegation, ...], str]]:
    """Yield acts that are, or nearly are, the one owed, and what each makes of the duty: met, late, or open still."""
    recipients = tuple(name for name in (*case.to, *case.cc) if name != duty.owes) or (_OTHER,)
    act = Facts(
        kind=case.expects,
        role=duty.role,
        party=duty.owes,
        happened_at=case.due or case.start + _LONG,
        refs={kind: kind for kind in case.about},
        grades={law: Grade(duty.grade)} if duty.grade else {},
        recipients=recipients,
        medium=case.through[0] if case.through else "system",
        form=case.form,
    )

    def but(**changes: Any) -> Facts:
        return replace(act, **changes)

    yield "the act", act, (), MET
    yield "at its start", but(happened_at=case.start), (), MET
    yield "before its start", but(happened_at=case.start - _SECOND), (), OPEN
    if case.due:
        yield "a second late", but(happened_at=case.due + _SECOND), (), LATE
    yield "another act", but(kind=next(kind for kind in ENTRY_KINDS if kind != case.expects)), (), OPEN
    yield "another party's", but(party=_OTHER), (), OPEN
    yield "for another party", but(on_behalf_of=_OTHER), (), OPEN
    for name in recipients if case.to or case.cc else ():
        yield f"not to {name}", but(recipients=tuple(other for other in recipients if other != name)), (), OPEN
    for kind in case.about:
        yield f"about another {kind}", but(refs={**act.refs, kind: _OTHER}), (), OPEN
        yield f"about no {kind}", but(refs={other: other for other in case.about if other != kind}), (), OPEN
    for grade in Grade:
        enough = not duty.grade or grade.gravity >= Grade(duty.grade).gravity
        yield f"graded {grade.value}", but(grades={law: grade}), (), MET if enough else OPEN
    yield "without a grade", but(grades={}), (), OPEN if duty.grade else MET
    yield "on another form", but(form=_OTHER), (), OPEN if case.form else MET
    for medium in MEDIA.keys() - _FIRST:
        counts = not case.through or medium in case.through
        yield f"as {medium}", but(medium=medium), (), MET if counts else OPEN
    for medium in _FIRST:
        first = but(medium=medium, urgent=True, confirmed_by=recipients)
        yield f"first by {medium}", first, (), MET if medium in case.first_notice else OPEN
        yield f"by {medium}, not urgent", replace(first, urgent=False), (), OPEN
        for name in recipients:
            confirmed = tuple(other for other in recipients if other != name)
            yield f"by {medium}, {name} silent", replace(first, confirmed_by=confirmed), (), OPEN
    yield from _delegated(law, case, duty, act)


def _delegated(
    law: str, case: OwedCase, duty: Duty, act: Facts
) -> Iterator[tuple[str, Facts, tuple[Delegation, ...], str]]:
    counts = MET if case.delegate else OPEN
    for role in (case.delegate,) if case.delegate else ROLES:
        acting = replace(act, role=role, party=_OTHER, on_behalf_of=duty.owes)
        standing = Delegation(law, case.rule, duty.owes, _OTHER)
        yield f"by {role}, no delegation", acting, (), OPEN
        yield f"by {role}, delegated", acting, (standing,), counts
        if "case" in case.about:
            yield f"by {role}, delegated for the case", acting, (replace(standing, case="case"),), counts
        yield f"by {role}, delegated for another case", acting, (replace(standing, case=_OTHER),), OPEN
        yield f"by {role}, delegated for another rule", acting, (replace(standing, rule=_OTHER),), OPEN
        yield "by one it cannot be delegated to", replace(acting, role=_OTHER), (standing,), OPEN

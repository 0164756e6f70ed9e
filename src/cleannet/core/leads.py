"""迟报、漏报、瞒报、谎报: what the record points to (545号 十九). A person decides, after the answer.

What an entry's facts must say for it: `figures` (what was counted, seen or is stated, by fact), `program` (of a case
that opens, and with `operator` and `began_at` of what CNCERT itself saw), `items` (what a feedback says of each order)
and `verdicts` (of each order).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

from cleannet.core.clock import BEIJING, moment, month_of
from cleannet.core.policy import DutyRule, Policy, Text
from cleannet.core.replay import LAPSED, LATE, VOID_LATE, state
from cleannet.core.terms import FACTS, Grade

_GRADED, _REPORTED, _ANNULLED = "incident.graded", "incident.reported", "incident.annulled"
_OBSERVED, _OPENED, _CLOSED, _REOPENED = (f"incident.{what}" for what in ("observed", "opened", "closed", "reopened"))
_FED_BACK, _VERIFIED = "disposal.fed_back", "disposal.verified"


class Act(Protocol):
    """Say what a lead needs of an entry; a ledger row satisfies it as it is."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def party(self) -> str: ...
    @property
    def refs(self) -> Mapping[str, str]: ...
    @property
    def grades(self) -> Mapping[str, Grade]: ...
    @property
    def happened_at(self) -> datetime: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


class Owed(Protocol):
    """Say what a lead needs of a duty and of what opened and ended it; a ledger row satisfies it as it is."""

    @property
    def key(self) -> str: ...
    @property
    def policy(self) -> str: ...
    @property
    def article(self) -> str: ...
    @property
    def owes(self) -> str: ...
    @property
    def expects(self) -> str: ...
    @property
    def start(self) -> datetime: ...
    @property
    def due(self) -> datetime | None: ...
    @property
    def scope(self) -> Mapping[str, str]: ...
    @property
    def opened_by(self) -> Act: ...
    @property
    def met_by(self) -> Act | None: ...
    @property
    def void_by(self) -> Act | None: ...


@dataclass(frozen=True, slots=True)
class Lead:
    """Point to one breach: `kind` is a key of terms.LEADS, `evidence` the ids of entries and keys of duties.

    `article` is the one breached, "" where no row of the law names it. `said` gives the moments or figures. `at` is
    the aware moment it counts from; `about` names the duty, report, feedback or program that makes it one.
    """

    kind: str
    party: str
    policy: str
    article: str
    case: str
    evidence: tuple[str, ...]
    said: Text
    at: datetime
    about: str

    @property
    def number(self) -> str:
        """Return its name: the month it counts from in Beijing (YYYY-MM), and a digest of what makes it one."""
        parts = "\n".join((self.kind, self.party, self.policy, self.about))
        return f"{month_of(self.at)}-{sha256(parts.encode()).hexdigest()[:12]}"


def leads(laws: Sequence[Policy], duties: Iterable[Owed], entries: Iterable[Act], now: datetime) -> tuple[Lead, ...]:
    """Return what duties and entries point to at the aware moment `now`; pass all entries of every case in question.

    Late: an act after `due`, or none yet. Possible concealment instead: no report at all on what the party's own
    figures passed. Omitted: CNCERT saw more than a threshold at an operator that sent neither report nor count.
    Possible falsity: a report stating less than the party had counted by then, or a feedback “done” that verification
    found still there.
    """
    acts = sorted(entries, key=lambda act: (act.happened_at, act.id))
    return (
        *_late_or_concealed(duties, acts, now),
        *_omitted(laws, acts),
        *_understated(laws, acts),
        *_undone(laws, acts),
    )


def _late_or_concealed(duties: Iterable[Owed], acts: Sequence[Act], now: datetime) -> Iterator[Lead]:
    for duty in duties:
        met, void = duty.met_by, duty.void_by
        standing = state(duty.due, met.happened_at if met else None, void.happened_at if void else None, now)
        if not duty.owes or duty.due is None or standing not in (LATE, LAPSED, VOID_LATE):
            continue
        due = _moment(duty.due)
        kind, said = "late", Text(f"时限{due}，未作出", f"Due {due}, not done")
        if met:
            done = _moment(met.happened_at)
            said = Text(f"时限{due}，于{done}作出", f"Due {due}, done {done}")
        elif standing == LAPSED and _is_concealed(duty, acts):
            kind = "concealed"
            said = Text(f"自行统计已达级，时限{due}，未报送", f"Its own figures passed; due {due}, not reported")
        evidence = (duty.key, duty.opened_by.id, *(end.id for end in (met, void) if end))
        case = duty.scope.get("case", "")
        yield Lead(kind, duty.owes, duty.policy, duty.article, case, evidence, said, duty.start, duty.key)


def _is_concealed(duty: Owed, acts: Sequence[Act]) -> bool:
    """Return whether nothing was reported on what the party itself counted and graded."""
    opened = duty.opened_by
    own = opened.kind == _GRADED and opened.party == duty.owes and bool(opened.facts.get("figures"))
    return (
        own
        and duty.expects == _REPORTED
        and not any(
            act.kind == _REPORTED
            and act.party == duty.owes
            and act.refs.get("case") == duty.scope.get("case")
            and act.happened_at >= opened.happened_at
            for act in acts
        )
    )


def _omitted(laws: Sequence[Policy], acts: Sequence[Act]) -> Iterator[Lead]:
    """Yield one lead a month for an operator and program where CNCERT saw what the operator never told of.

    The grades of such an entry are those whose threshold its figure passes.
    """
    seen: dict[tuple[str, str, str], list[Act]] = {}
    for act in acts:
        if act.kind == _OBSERVED and not _is_told(act, acts):
            seen.setdefault((act.facts["operator"], act.facts["program"], month_of(act.happened_at)), []).append(act)
    for (party, program, _month), unreported in seen.items():
        for law in laws:
            passing = [act for act in unreported if law.id in act.grades]
            if not passing:
                continue
            most = max(passing, key=lambda act: act.grades[law.id].gravity)
            figures = [_figure(fact, figure) for fact, figure in sorted(most.facts["figures"].items())]
            when = f"{_moment(moment(most.facts['began_at']))} – {_moment(most.happened_at)}"
            said = Text(
                f"CNCERT监测到{program}：{'、'.join(one.zh for one in figures)}（{when}），该单位未报送也未上报统计",
                f"CNCERT saw {program} there: {', '.join(one.en for one in figures)} ({when}); it neither reported nor "
                "counted it",
            )
            owed = (rule for rule in _asking(law, _REPORTED, most.grades[law.id]) if rule.when == _GRADED)
            article = next((rule.article for rule in owed if "operator" in rule.by), "")
            evidence = tuple(act.id for act in passing)
            case = most.refs.get("case", "")
            yield Lead("omitted", party, law.id, article, case, evidence, said, passing[0].happened_at, program)


def _is_told(seen: Act, acts: Sequence[Act]) -> bool:
    """Return whether the operator counted or reported the incident that CNCERT saw, or it was none.

    It is a case of the program that was not over when what was seen began; an annulled one was no incident.
    """
    program = seen.facts["program"]
    cases = {act.refs.get("case") for act in acts if act.kind == _OPENED and act.facts.get("program") == program}
    over: dict[str | None, Act] = {}
    for act in acts:
        if act.kind in (_CLOSED, _ANNULLED):
            over[act.refs.get("case")] = act
        elif act.kind == _REOPENED:
            over.pop(act.refs.get("case"), None)
    began = moment(seen.facts["began_at"])
    same = {case for case in cases if case not in over or over[case].happened_at >= began}
    return any(over[case].kind == _ANNULLED for case in same & over.keys()) or any(
        act.kind in (_GRADED, _REPORTED) and act.party == seen.facts["operator"] and act.refs.get("case") in same
        for act in acts
    )


def _understated(laws: Sequence[Policy], acts: Sequence[Act]) -> Iterator[Lead]:
    """Yield reports that state less than their party had counted: a maximum and a sum never fall.

    More than was counted is no contradiction: not every count is a new grade, and only grades are entries.
    """
    counted: dict[tuple[str, str], dict[str, tuple[int, str]]] = {}
    for act in acts:
        case, figures = act.refs.get("case", ""), act.facts.get("figures", {})
        own = counted.setdefault((case, act.party), {})
        if act.kind == _GRADED:
            own.update({fact: (figure, act.id) for fact, figure in figures.items()})
        if act.kind != _REPORTED:
            continue
        less = sorted(fact for fact in figures if fact in own and figures[fact] < own[fact][0])
        if not less:
            continue
        pairs = [(_figure(fact, figures[fact]), _figure(fact, own[fact][0])) for fact in less]
        said = Text(
            "；".join(f"报送{stated.zh}，自行统计{graded.zh}" for stated, graded in pairs),
            "; ".join(f"stated {stated.en}, counted {graded.en}" for stated, graded in pairs),
        )
        evidence = (act.id, *sorted({own[fact][1] for fact in less}))
        for law, grade in _graded(laws, act):
            article = _article(law, act, grade)
            yield Lead("false", act.party, law.id, article, case, evidence, said, act.happened_at, act.id)


def _undone(laws: Sequence[Policy], acts: Sequence[Act]) -> Iterator[Lead]:
    fed_back = {act.refs["feedback"]: act for act in acts if act.kind == _FED_BACK and "feedback" in act.refs}
    for act in acts:
        told = fed_back.get(act.refs.get("feedback", ""))
        if act.kind != _VERIFIED or told is None:
            continue
        verdicts = act.facts.get("verdicts", {})
        done = {item["order"] for item in told.facts.get("items", ()) if item["done"]}
        there = ", ".join(sorted(order for order in done if verdicts.get(order) == "still_there"))
        if not there:
            continue
        # One lead a feedback, however often it was verified.
        del fed_back[act.refs["feedback"]]
        said = Text(f"反馈已处置，验证仍存在：{there}", f"Fed back as done, verified as still there: {there}")
        for law, grade in _graded(laws, told):
            article, case, evidence = _article(law, told, grade), told.refs.get("case", ""), (told.id, act.id)
            yield Lead("false", told.party, law.id, article, case, evidence, said, told.happened_at, told.id)


def _graded(laws: Sequence[Policy], act: Act) -> list[tuple[Policy, Grade]]:
    return [(law, act.grades[law.id]) for law in laws if law.id in act.grades]


def _article(law: Policy, act: Act, grade: Grade) -> str:
    """Return the article that asks for such an act of such a party at this grade."""
    return next((rule.article for rule in _asking(law, act.kind, grade) if act.role in rule.by), "")


def _asking(law: Policy, kind: str, grade: Grade) -> Iterator[DutyRule]:
    return (rule for rule in law.duties if rule.expects == kind and grade in rule.grades)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def _figure(fact: str, figure: int) -> Text:
    """Return a fact with its figure in words; money in yuan, as everywhere at the edges."""
    name = FACTS[fact]
    if fact.endswith("_fen"):
        yuan = f"{figure // 100:,}.{figure % 100:02}"
        return Text(f"{name.zh}{yuan}元", f"{name.en} {yuan} yuan")
    return Text(f"{name.zh}{figure:,}", f"{name.en} {figure:,}")
